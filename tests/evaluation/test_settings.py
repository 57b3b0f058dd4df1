import math

import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.settings import Breakdown, by_side, settings

from .factory import Case, benchmark, cases


@pytest.fixture
def case():
    """Two questions in German, one of them also in English; candidates on a line, the query at its end.

    Scores fall with the index: candidates 0, 1, 2 are German, 3, 4 English. Group 0 is answered by 0 and 4, group 1
    by 2 alone.
    """
    made = benchmark([0, 1, 0], [0, 0, 1], [0, 0, 0, 1, 1], [[0, 4], [2]], languages=("de", "en"))
    line = np.array([[5], [4], [3], [2], [1]], np.float32)
    return Case(made, np.ones((3, 1), np.float32), line)


def test_the_three_settings_by_hand(case):
    measured = settings(*case.rankings(), case.benchmark)
    monolingual = measured["monolingual"].by_part()
    # German: rank 1 of 3 for group 0, rank 3 of 3 for group 1. English: rank 2 of 2.
    assert monolingual["de"]["map"] == pytest.approx((1 + 1 / 3) / 2)
    assert monolingual["en"]["map"] == pytest.approx(1 / 2)
    assert measured["monolingual"].mean()["map"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    cross = measured["cross_lingual"].by_part()
    assert {pair: row["mrr"] for pair, row in cross.items()} == {"de>en": 0.5, "en>de": 1.0}
    # The pool: ranks 1 and 5 for group 0, rank 3 for group 1.
    pool = measured["multilingual"].by_part()
    assert pool["en"]["map"] == pytest.approx((1 + 2 / 5) / 2)
    assert pool["de"]["map"] == pytest.approx(((1 + 2 / 5) / 2 + 1 / 3) / 2)
    assert pool["de"]["recall@1"] == pytest.approx((1 / 2 + 0) / 2)


def test_what_cannot_be_asked_is_counted(case):
    measured = settings(*case.rankings(), case.benchmark)
    # Group 1 has nothing in English, so its German question has no cross-lingual list.
    assert {name: setting.skipped for name, setting in measured.items()} == {
        "monolingual": 0,
        "cross_lingual": 1,
        "multilingual": 0,
    }


@given(cases())
def test_by_side_averages_the_pairs_of_a_language(case):
    pairs = settings(*case.rankings(), case.benchmark)["cross_lingual"]
    found, each = by_side(pairs, case.benchmark.languages), pairs.by_part()
    for place, key in enumerate(("by_query_language", "by_passage_language")):
        assert set(found[key]) == {pair.split(">")[place] for pair in each}
        for code, metrics in found[key].items():
            rows = [row for pair, row in each.items() if pair.split(">")[place] == code]
            for metric, value in metrics.items():
                assert value == pytest.approx(np.mean([row[metric] for row in rows]))


def test_one_language_has_no_cross_lingual_setting():
    made = benchmark([0], [0], [0, 0], [[1]], languages=("de",))
    case = Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))
    measured = settings(*case.rankings(), made)
    assert measured["cross_lingual"].by_part() == {}
    assert measured["monolingual"].mean()["map"] == 0.5


def test_nothing_relevant_at_all():
    made = benchmark([0, 1], [0, 0], [0, 1], [[]], languages=("de", "en"))
    case = Case(made, np.ones((2, 1), np.float32), np.ones((2, 1), np.float32))
    measured = settings(*case.rankings(), made)
    assert [setting.skipped for setting in measured.values()] == [2, 2, 2]
    assert np.isnan(measured["multilingual"].mean()["map"])


def test_a_language_with_questions_only_and_one_with_candidates_only():
    made = benchmark([0, 0], [0, 1], [1, 1, 2], [[0, 2], [1]], languages=("de", "en", "hi"))
    case = Case(made, np.ones((2, 1), np.float32), np.array([[3], [2], [1]], np.float32))
    measured = settings(*case.rankings(), made)
    assert measured["monolingual"].by_part() == {}
    assert {pair: row["mrr"] for pair, row in measured["cross_lingual"].by_part().items()} == {
        "de>en": 0.75,
        "de>hi": 1,
    }
    assert set(measured["multilingual"].by_part()) == {"de"}
    # Monolingual: both questions. Across: the second has nothing in Hindi.
    assert [setting.skipped for setting in measured.values()] == [2, 1, 0]


def test_every_part_counts_the_same_and_empty_parts_do_not():
    parts = Breakdown(
        question=np.arange(4),
        part=np.array([0, 0, 0, 2]),
        part_names=("de", "en", "hi"),
        values={"map": np.array([0.0, 0.5, 1.0, 1.0])},
        skipped=0,
    )
    assert parts.by_part() == {"de": {"map": 0.5}, "hi": {"map": 1.0}}
    assert parts.mean() == {"map": 0.75}
    assert parts.to_json("by_language") == {"map": 0.75, "by_language": parts.by_part()}


def test_a_setting_that_does_not_exist_is_null():
    nothing = np.zeros(0, np.int64)
    parts = Breakdown(nothing, nothing, ("de>de",), {"map": np.zeros(0)}, 0)
    assert math.isnan(parts.mean()["map"])
    assert parts.to_json("by_pair") == {"map": None, "by_pair": {}}


def test_a_question_without_the_figure_is_left_out_of_it_alone():
    parts = Breakdown(
        question=np.arange(4),
        part=np.array([0, 0, 1, 1]),
        part_names=("de", "en"),
        values={"map": np.array([0.0, 1.0, 1.0, 1.0]), "score_offset": np.array([0.5, np.nan, np.nan, np.nan])},
        skipped=0,
    )
    record = parts.to_json("by_language")
    assert (record["map"], record["score_offset"]) == (0.75, 0.5)
    assert record["by_language"] == {"de": {"map": 0.5, "score_offset": 0.5}, "en": {"map": 1.0, "score_offset": None}}
