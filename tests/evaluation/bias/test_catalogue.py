import json

import numpy as np
import pytest

from equilingua.evaluation import ranking
from equilingua.evaluation.bias.catalogue import FIGURES, language_bias

from ..factory import Case, benchmark, random_case


def measure(case):
    counts = case.count()
    return language_bias(counts, ranking.pooled(counts), case.benchmark)


def test_by_hand():
    # Scores fall with the number. Group 0 is answered by candidates 0 and 4, group 1 by 2 alone.
    made = benchmark([0, 1, 0], [0, 0, 1], [0, 0, 0, 1, 1], [[0, 4], [2]], languages=("de", "en"))
    line = np.array([[5], [4], [3], [2], [1]], np.float32)
    bias = measure(Case(made, np.ones((3, 1), np.float32), line)).by_part()
    # A question with one relevant candidate stays, at distance 0.
    assert (bias["de"]["rank_distance"], bias["de"]["same_language_top1"]) == (2.0, 1.0)
    assert (bias["en"]["rank_distance"], bias["en"]["same_language_top1"]) == (4.0, 0.0)
    # Three of five hits are German: 3/5 − 1/2 and 3/5 − 1.
    assert bias["de"]["language_preference@10"] == pytest.approx((0.1 - 0.4) / 2)
    # German unrelated 4, 3 and English 2; German 5, 4 and English 2, 1.
    assert bias["de"]["score_offset"] == pytest.approx((1.5 + 3) / 2)
    assert bias["en"]["score_offset"] == pytest.approx(2 - 3.5)


def test_everything_is_reported_and_is_json():
    case = random_case(np.random.default_rng(3), queries=40, candidates=120)
    bias = measure(case)
    record = json.loads(json.dumps(bias.to_json("by_language"), allow_nan=False))
    nested = {"exposure", "exposure@100", "relevant_share"}
    assert set(record) == {*FIGURES, *nested, "by_language"} == {*bias.mean(), *nested, "by_language"}
    for name in nested:
        for shares in record[name].values():
            assert set(shares) == set(case.benchmark.languages)
            assert sum(shares.values()) == pytest.approx(1)


def test_questions_without_anything_relevant_are_counted_and_skipped():
    made = benchmark([0, 1, 0], [0, 0, 1], [0, 1], [[0], []], languages=("de", "en"))
    bias = measure(Case(made, np.ones((3, 1), np.float32), np.array([[2], [1]], np.float32)))
    assert bias.skipped == 1
    assert bias.question.tolist() == [0, 1]
    assert not np.isnan(bias.values["awrf"]).any()


def test_nothing_relevant_at_all():
    made = benchmark([0, 1], [0, 0], [0, 1], [[]], languages=("de", "en"))
    bias = measure(Case(made, np.ones((2, 1), np.float32), np.ones((2, 1), np.float32)))
    assert bias.skipped == 2
    record = bias.to_json("by_language")
    assert {record[name] for name in FIGURES} == {None}
    assert record["exposure"] == record["by_language"] == {}


def test_a_language_with_questions_only_and_one_with_candidates_only():
    made = benchmark([0, 0], [0, 1], [1, 1, 2], [[0, 2], [1]], languages=("de", "en", "hi"))
    bias = measure(Case(made, np.ones((2, 1), np.float32), np.array([[3], [2], [1]], np.float32)))
    record = json.loads(json.dumps(bias.to_json("by_language"), allow_nan=False))
    assert list(record["by_language"]) == ["de"]
    # No hit and nothing relevant is German: no preference; and no score to compare the others' with.
    assert record["language_preference@10"] == 0
    assert record["score_offset"] is None
    assert record["by_language"]["de"]["score_offset"] is None
    assert record["exposure"]["de"]["de"] == 0


def test_one_language_is_fair_and_has_no_offset():
    made = benchmark([0], [0], [0, 0], [[1]], languages=("de",))
    mean = measure(Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))).mean()
    assert (mean["language_preference@10"], mean["peer"], mean["awrf"], mean["rank_distance"]) == (0, 1, 1, 0)
    assert np.isnan(mean["score_offset"])
