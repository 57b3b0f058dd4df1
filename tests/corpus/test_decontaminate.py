import json
from pathlib import Path

import numpy as np
import pytest

from equilingua.corpus.evaluation_sets import EvaluationSet, Item, load_evaluation_set
from equilingua.corpus.leaks import overlap
from equilingua.corpus.leaks.find import SIDES, check, find, without
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus

from .leaks import UNSPACED, WAYS, Planter, pair, questions_and_passages

TEXTS = {
    "en": "A beehive keeps its brood at an even temperature of about 35 degrees.",
    "de": "Ein Bienenstock hält seine Brut gleichmäßig auf ungefähr 35 Grad.",
    "zh-Hans": "蜂巢把幼虫的温度均匀地保持在大约三十五度。",
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def benchmark_file(tmp_path):
    file = tmp_path / "benchmark.jsonl"
    records = [
        {"group": f"g-{code}", "language": code, "query": f"{code}: what of number {n}?", "passage": text}
        for n, (code, text) in enumerate(TEXTS.items())
    ]
    file.write_text("\n".join(json.dumps(record) for record in records))
    return str(file)


CLEAN = (
    "Tides are raised by the moon, and to a lesser degree by the sun.",
    "Bread rises because yeast gives off gas as it feeds.",
    "Glaciers move under their own weight, a few metres in most years.",
    "A chess clock was first used at the London tournament of 1883.",
    "Cork is stripped from the same oak every nine years or so.",
    "The loudest part of thunder comes from the nearest bend of the lightning.",
)


def clean_pairs(count=None):
    return [Pair(f"clean-{n}", "en", f"Heading {n}", text, "s") for n, text in enumerate(CLEAN[:count])]


def evaluation_set(*texts, name="bench"):
    return EvaluationSet(name, tuple(Item("sentence", f"s{n}", "en", text) for n, text in enumerate(texts)))


def test_a_finding_says_what_is_like_what():
    corpus = ParallelCorpus.from_pairs([*clean_pairs(2), Pair("g", "fr", "Titre", f"«{TEXTS['en']}»", "s")])

    (finding,) = find(corpus, [evaluation_set("something else", TEXTS["en"])])["bench"]
    assert (finding.row, finding.group, finding.language, finding.side) == (2, "g", "fr", "passage")
    assert (finding.item, finding.item_id, finding.item_role, finding.item_language) == (1, "s1", "sentence", "en")
    assert (finding.kind, finding.similarity) == ("normalised", 1.0)


def test_every_side_and_every_row_of_a_repeated_text():
    text = TEXTS["de"]
    pairs = [
        *clean_pairs(1),
        Pair("a", "de", text, "one passage", "s"),
        Pair("b", "de", "a question", text, "s"),
        Pair("c", "de", "another", "one passage", "s", negatives=("unlike", text)),
    ]

    findings = find(ParallelCorpus.from_pairs(pairs), [evaluation_set(text)])["bench"]
    assert [(finding.row, finding.side) for finding in findings] == [(1, "query"), (2, "passage"), (3, "negative")]


def test_each_set_has_its_own_findings():
    corpus = ParallelCorpus.from_pairs([Pair("a", "en", TEXTS["en"], TEXTS["de"], "s")])

    sets = [
        evaluation_set(TEXTS["en"], name="one"),
        evaluation_set("x", TEXTS["de"], name="two"),
        evaluation_set(name="none"),
    ]
    found = find(corpus, sets)
    assert {name: [(f.side, f.item) for f in each] for name, each in found.items()} == {
        "one": [("query", 0)],
        "two": [("passage", 1)],
        "none": [],
    }


def test_a_check_is_done_once(benchmark_file, monkeypatch):
    corpus = ParallelCorpus.from_pairs([*clean_pairs(), Pair("a", "zh-Hans", "问题", TEXTS["zh-Hans"], "s")])
    told = []

    first = check(corpus, [benchmark_file], lambda *news: told.append(news))
    assert [finding.group for finding in first[benchmark_file]] == ["a"]
    assert sum(more for _, more, _ in told) == told[0][2] == 14
    monkeypatch.setattr(overlap, "Index", None)
    assert check(corpus, [benchmark_file]) == first


def test_other_pairs_or_another_benchmark_are_checked_anew(benchmark_file):
    corpus = ParallelCorpus.from_pairs(clean_pairs())
    assert check(corpus, [benchmark_file]) == {benchmark_file: ()}

    leaked = ParallelCorpus.from_pairs([*clean_pairs(5), Pair("clean-5", "en", "x", TEXTS["en"], "s")])
    assert len(check(leaked, [benchmark_file])[benchmark_file]) == 1
    with Path(benchmark_file).open("a") as file:
        file.write("\n" + json.dumps({"group": "h", "language": "en", "query": "?", "passage": CLEAN[3]}))
    assert [finding.row for finding in check(corpus, [benchmark_file])[benchmark_file]] == [3]


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"findings": [{"row": 1}]}', '{"findings": ["x"]}'])
def test_a_damaged_cache_is_not_believed(benchmark_file, cache, content):
    corpus = ParallelCorpus.from_pairs([Pair("a", "en", "x", TEXTS["en"], "s")])
    first = check(corpus, [benchmark_file])
    (file,) = cache.rglob("*.json")
    file.write_text(content)

    assert check(corpus, [benchmark_file]) == first


def test_a_cache_that_cannot_be_written_costs_time_only(benchmark_file, cache, caplog):
    cache.write_text("a file where the folder should be")

    assert check(ParallelCorpus.from_pairs(clean_pairs()), [benchmark_file]) == {benchmark_file: ()}
    assert "not written" in caplog.text


def test_a_group_goes_in_all_its_languages():
    pairs = [Pair(group, code, f"{group} {code}", "p", "s") for group in ("a", "b") for code in ("en", "de")]
    corpus = ParallelCorpus.from_pairs(pairs)

    assert without(corpus, ["a", "of another corpus"]).groups == ["b"]
    assert len(without(corpus, ["a"])) == 2
    assert without(corpus, []) is corpus


@pytest.mark.parametrize("way", WAYS)
def test_planted_leaks_of_the_starter_corpus_are_found(way):
    leaks = questions_and_passages("starter")[::7]
    planter = Planter(load_evaluation_set("starter").items)
    # Of a question in three words or fewer, one changed word is a third and more.
    leaks = [(q, p) for q, p in leaks if q.language in UNSPACED or len(q.text.split()) >= 4]
    pairs = [
        pair(n, q.language, planter.change(q.text, q.language, way), planter.change(p.text, p.language, way))
        for n, (q, p) in enumerate(leaks)
    ]

    found = find(ParallelCorpus.from_pairs(pairs), [load_evaluation_set("starter")])["starter"]
    assert len(pairs) >= 50
    assert {"th", "zh-Hans", "ar", "hi"} <= {each.language for each in pairs}
    assert {finding.row for finding in found if finding.side == "passage"} == set(range(len(pairs)))
    assert {finding.row for finding in found if finding.side == "query"} == set(range(len(pairs)))


def test_the_starter_corpus_does_not_leak_its_test_split():
    train = ParallelCorpus.concat([load_corpus("starter", split=split) for split in ("train", "validation")])

    found = find(train, [load_evaluation_set("starter")])["starter"]
    assert len({finding.row for finding in found}) <= 0.01 * len(train)
    assert np.all([finding.kind in overlap.KINDS for finding in found])
    assert SIDES == ("query", "passage", "negative")
