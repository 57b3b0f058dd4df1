from pathlib import Path

import numpy as np
import pytest

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.evaluation import held_out


@pytest.fixture
def pairs(tmp_path, starter):
    def write(groups, languages=("de", "en", "sw")):
        corpus = starter.where(languages=languages)
        kept = np.flatnonzero(corpus.group_codes < groups)
        path = tmp_path / "validation.parquet"
        corpus.select(kept).write_parquet(path)
        return path

    return write


def test_the_better_one_is_named_in_each_setting(pairs):
    record = held_out.beside_base("random", Path("bm25"), pairs(12))

    assert (record["pairs"], record["groups"], record["judged"]) == (36, 12, True)
    assert record["map"]["monolingual"]["better"] == "trained"
    assert record["map"]["monolingual"]["base"] < 0.5 < record["map"]["monolingual"]["trained"]
    line = held_out.sentence(record)
    assert line.startswith("mAP on held-out pairs, base → trained: monolingual 0.")
    assert " (better), cross-lingual 0." in line
    assert line.endswith("; 36 pairs in 12 groups")


def test_a_base_that_was_better_is_said(pairs):
    record = held_out.beside_base("bm25", Path("random"), pairs(12))

    assert record["map"]["monolingual"]["better"] == "base"
    assert record["map"]["monolingual"]["high"] < 0
    assert " (the base was better), " in held_out.sentence(record)


def test_a_difference_that_may_be_chance_is_said_to_be_one(pairs):
    record = held_out.beside_base("random", Path("random"), pairs(12))

    assert {one["better"] for one in record["map"].values()} == {None}
    assert held_out.sentence(record).count(" (the same)") == 3
    record["map"]["monolingual"]["trained"] -= 0.05
    record["map"]["multilingual"]["trained"] += 0.05
    line = held_out.sentence(record)
    assert " (the base was better, perhaps by chance), cross-lingual" in line
    assert " (better, perhaps by chance); 36 pairs" in line


def test_few_groups_are_not_judged_by(pairs):
    record = held_out.beside_base("bm25", Path("random"), pairs(held_out.FEW - 1))

    assert not record["judged"]
    assert "better" not in record["map"]["monolingual"]
    assert held_out.sentence(record).endswith("; 27 pairs in 9 groups: too few to judge by, raise validation.share")


def test_one_language_has_no_cross_lingual_figure(pairs):
    record = held_out.beside_base("random", Path("bm25"), pairs(12, ["en"]))

    assert "cross_lingual" not in record["map"]
    assert "cross-lingual" not in held_out.sentence(record)


def test_of_many_pairs_some_whole_groups_are_measured():
    languages = ["ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hu", "it", "ja"]
    corpus = ParallelCorpus.from_pairs(
        Pair(f"g{group}", code, f"q{group}", f"p{group}", "s")
        for group in range(300)
        for code in languages[: 13 + group % 2]
    )
    part = held_out.part(corpus)

    assert part.languages == languages[: held_out.LANGUAGES]
    assert held_out.PAIRS - held_out.LANGUAGES < len(part) <= held_out.PAIRS
    assert set(np.bincount(part.group_codes)) == {held_out.LANGUAGES}
    assert part.table.equals(held_out.part(corpus).table)
    assert part.groups != corpus.groups[: len(part.groups)]
