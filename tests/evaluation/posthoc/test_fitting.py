import json
from pathlib import Path

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.by_name import load_benchmark
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


def pools(found, side):
    """The texts of each language of what was chosen."""
    drawn = getattr(found, side)
    return [
        [text for text, code in zip(drawn.texts, drawn.language, strict=True) if code == number]
        for number in range(len(found.languages))
    ]


def groups(found, side="passages"):
    drawn = getattr(found, side)
    return [set(drawn.group[drawn.language == number].tolist()) for number in range(len(found.languages))]


def test_as_many_texts_in_every_language_and_the_same_content(benchmark, write):
    found = choose([write("a", ["de", "en", "hi"])], benchmark, texts=10)
    assert (found.languages, found.dropped) == (("de", "en", "hi"), 0)
    for side in ("queries", "passages"):
        chosen = pools(found, side)
        assert [len(set(pool)) for pool in chosen] == [10, 10, 10]
        assert all(
            text.endswith(f" {code}") for code, pool in zip(found.languages, chosen, strict=True) for text in pool
        )
        first, *others = groups(found, side)
        assert all(other == first for other in others)
    # A passage's translations have its number in their names here.
    numbers = [{text.split()[0] for text in pool} for pool in pools(found, "passages")]
    assert numbers[0] == numbers[1] == numbers[2]


def test_groups_in_many_languages_and_in_rare_ones_come_first(benchmark, write):
    sets = [write("alone", ["en"]), write("two", ["de", "en"], rows=20), write("all", ["de", "en", "hi"], rows=5)]
    found = choose(sets, benchmark, texts=10)

    de, en, hi = groups(found)
    assert (len(de), len(en), len(hi)) == (10, 10, 5)
    assert hi < de == en


def test_a_text_counts_once_in_its_language(benchmark, write):
    found = choose([write("a", ["de", "en", "hi"], passage="the same")], benchmark)
    assert found.passages.texts == ["the same"] * 3
    assert len(found.queries.texts) == 90


def test_the_choice_does_not_depend_on_the_order(benchmark, write, tmp_path):
    file = write("a", ["de", "en", "hi"])
    lines = Path(file).read_text("utf-8").splitlines()
    turned = tmp_path / "turned.jsonl"
    turned.write_text("\n".join(reversed(lines)), "utf-8")
    first, second = (choose([name], benchmark, texts=10) for name in (file, str(turned)))
    assert first.queries.texts == second.queries.texts
    assert first.passages.texts == second.passages.texts


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
    assert not {text.strip() for text in found.queries.texts + found.passages.texts} & set(benchmark.queries)


def test_what_the_benchmark_holds_goes_with_its_translations(benchmark, pairs, tmp_path):
    file = tmp_path / "translated.jsonl"
    records = [
        {"group": group, "language": code, "query": f"{group} {code}?", "passage": text}
        for group, code, text in [("x", "de", pairs[3]["query"]), ("x", "hi", "its translation"), ("y", "hi", "other")]
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    found = choose([str(file)], benchmark)
    assert (found.dropped, found.passages.texts) == (1, ["other"])


def test_a_code_that_says_more_is_the_same_language(benchmark, write):
    found = choose([write("a", ["de-AT", "en-GB", "hi"])], benchmark)
    assert all(pools(found, "queries"))
    exact = choose([write("b", ["de-AT", "de", "en", "hi"])], benchmark)
    assert not any(text.endswith("de-AT") for text in exact.queries.texts)


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
    assert not set(found.queries.texts) & set(benchmark.queries)


def test_pages_of_dev_are_no_text_to_fit_on(benchmark, write, monkeypatch):
    file = write("a", ["de", "en", "hi"])
    monkeypatch.setattr("equilingua.evaluation.posthoc.fitting.held_out", lambda _: [f"a{row}" for row in range(28)])
    assert sorted(choose([file], benchmark).passages.texts) == sorted(
        f"p{n} {c}" for n in (28, 29) for c in ("de", "en", "hi")
    )


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
