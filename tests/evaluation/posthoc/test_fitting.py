import json
from pathlib import Path

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.catalogue import load_benchmark
from equilingua.evaluation.posthoc.fitting import check_sets, fitting_text, hashes_of


@pytest.fixture
def benchmark(pairs_file):
    return load_benchmark(pairs_file)


@pytest.fixture
def write(tmp_path):
    def write(name, languages, rows=30, **changes):
        file = tmp_path / f"{name}.jsonl"
        records = [
            {"group": f"{name}{row}", "language": code, "query": f"{name} q{row} {code}", "passage": f"p{row} {code}"}
            | changes
            for code in languages
            for row in range(rows)
        ]
        file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        return str(file)

    return write


def choose(sets, benchmark, texts=2000):
    measured = {" ".join(text.split()) for text in [*benchmark.queries, *benchmark.candidates]}
    return fitting_text(sets, benchmark.languages, measured, texts)


def test_as_many_texts_in_every_language(benchmark, write):
    found = choose([write("a", ["de", "en", "hi"])], benchmark, texts=10)
    assert (found.languages, found.dropped) == (("de", "en", "hi"), 0)
    for side in (found.queries, found.passages):
        assert [len(set(pool)) for pool in side] == [10, 10, 10]
        assert all(text.endswith(f" {code}") for code, pool in zip(found.languages, side, strict=True) for text in pool)


def test_the_choice_depends_on_the_texts_alone(benchmark, write, tmp_path):
    file = write("a", ["de", "en", "hi"])
    lines = Path(file).read_text("utf-8").splitlines()
    turned = tmp_path / "turned.jsonl"
    turned.write_text("\n".join(reversed(lines)), "utf-8")
    first, second = (choose([name], benchmark, texts=10) for name in (file, str(turned)))
    assert first.queries == second.queries
    assert first.passages == second.passages


def test_texts_of_the_benchmark_are_dropped_and_counted(benchmark, pairs, write, tmp_path):
    leaky = tmp_path / "leaky.jsonl"
    leak = pairs[3]
    records = [
        # A question in the passage's place, and with other white space, is the same text still.
        {"group": "x", "language": "de", "query": "something else", "passage": f"  {leak['query']}  "},
        {"group": "y", "language": "de", "query": leak["query"], "passage": "another passage"},
    ]
    leaky.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    found = choose([str(leaky), write("a", ["de", "en", "hi"])], benchmark)
    assert found.dropped == 2
    assert not {text.strip() for pool in found.queries + found.passages for text in pool} & set(benchmark.queries)


def test_a_code_that_says_more_is_the_same_language(benchmark, write):
    found = choose([write("a", ["de-AT", "en-GB", "hi"])], benchmark)
    assert all(map(len, found.queries))
    exact = choose([write("b", ["de-AT", "de", "en", "hi"])], benchmark)
    assert not any(text.endswith("de-AT") for pool in exact.queries for text in pool)


def test_nothing_in_any_language(benchmark, write):
    with pytest.raises(DataError, match="has no text in de, en, hi that what is measured does not hold itself"):
        choose([write("a", ["fr"])], benchmark)


def test_the_benchmark_itself_leaves_nothing(benchmark, pairs_file):
    with pytest.raises(DataError, match=r"has no text in de, en, hi that what is measured does not hold itself"):
        choose([str(pairs_file)], benchmark)


def test_without_a_benchmark_it_is_every_language_of_the_sets(write):
    assert fitting_text([write("a", ["de", "fr"]), write("b", ["hi"])], None, set()).languages == ("de", "fr", "hi")


def test_hashes_are_of_distinct_texts_white_space_aside():
    assert len(hashes_of(["a b", " a  b ", "a", "b"])) == 3
    assert (np.diff(hashes_of(map(str, range(100))).astype(np.float64)) > 0).all()


def test_of_a_set_with_splits_it_is_the_training_split():
    benchmark = load_benchmark("starter", ["de", "en"])
    assert check_sets(["starter"], ["starter"]) == ("starter",)
    found = choose(["starter"], benchmark)
    assert found.dropped == 0
    assert not {text for pool in found.queries for text in pool} & set(benchmark.queries)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xquad-r", "--fit-on xquad-r: is a benchmark"),
        ("mkqa", "--fit-on mkqa: is a benchmark"),
        ("tico-19", "--fit-on tico-19: is what is measured"),
        ("udrh", "unknown set 'udrh': did you mean 'udhr'"),
    ],
)
def test_names_that_cannot_be_fitted_on(name, message):
    with pytest.raises(UsageError, match=message):
        check_sets([name], ["tico-19"])


def test_the_measured_file_by_another_path(pairs_file, monkeypatch):
    monkeypatch.chdir(pairs_file.parent)
    for name in (str(pairs_file), f"./{pairs_file.name}", f"{pairs_file.name}?language=de", f"jsonl:{pairs_file}"):
        with pytest.raises(UsageError, match="is what is measured"):
            check_sets([name], [str(pairs_file)])
    with pytest.raises(UsageError, match="no text to fit on is named"):
        check_sets([], [str(pairs_file)])
