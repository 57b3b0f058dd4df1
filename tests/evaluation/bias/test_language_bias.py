import json

import numpy as np
import pytest

from equilingua.evaluation import ranking
from equilingua.evaluation.bias.figures import FIGURES
from equilingua.evaluation.bias.language_bias import COVERAGE, language_bias, matrix
from equilingua.evaluation.counting import count

from ..factory import Case, Table, benchmark, random_case


def scored(made, scores):
    counts = count(Table(np.array(scores, np.float32)), made)
    return language_bias(counts, ranking.pooled(counts), made)


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
    assert set(record) == {*FIGURES, *nested, "coverage", "by_language"}
    assert set(bias.mean()) == set(FIGURES)
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


def many(asked_in_german, asked_in_english=10):
    """Questions in two languages; German candidate 0 and English candidate 5 of ten answer all of them."""
    codes = [0] * asked_in_german + [1] * asked_in_english
    made = benchmark(codes, [0] * len(codes), [0] * 5 + [1] * 5, [[0, 5]], languages=("de", "en"))
    return made, np.tile(np.arange(10, 0, -1, dtype=np.float32), (len(codes), 1))


@pytest.mark.parametrize("constant", [-np.inf, 0.0])
def test_who_answers_nothing_has_no_bias_and_no_fairness(constant):
    # Nothing retrieved, or an encoder that gives every text one vector.
    made, scores = many(10)
    record = scored(made, np.full_like(scores, constant)).to_json("by_language")
    assert {record[name] for name in FIGURES} == {None}
    assert record["coverage"] == 0
    assert record["exposure"] == {}
    assert {record["by_language"][code]["rank_distance"] for code in ("de", "en")} == {None}


def test_who_answers_one_language_has_figures_of_that_language_alone():
    made, scores = many(10)
    scores[10:] = -np.inf
    bias = scored(made, scores)
    record = bias.to_json("by_language")
    assert {record[name] for name in FIGURES} == {None}
    assert record["coverage"] == 0.5
    assert bias.silent() == ["en"]
    assert (record["by_language"]["de"]["rank_distance"], record["by_language"]["de"]["coverage"]) == (5.0, 1.0)
    assert (record["by_language"]["en"]["rank_distance"], record["by_language"]["en"]["coverage"]) == (None, 0.0)
    assert set(record["exposure"]) == {"de"}


def test_figures_are_of_answered_questions_down_to_the_limit():
    assert COVERAGE == 0.9
    made, scores = many(10)
    scores[0] = -np.inf
    bias = scored(made, scores)
    assert bias.coverage() == {"de": 0.9, "en": 1.0}
    # Of nine German questions; the silent tenth would have had a distance of 9, and half a top hit.
    assert bias.mean()["rank_distance"] == 5
    assert bias.by_part()["de"]["same_language_top1"] == 1
    scores[1] = -np.inf
    assert scored(made, scores).silent() == ["de"]


def test_a_list_without_an_answer_is_as_unfair_as_it_can_be():
    # Candidate 9 alone is listed: the two answers are somewhere among the other nine, at most eight ranks apart.
    made, scores = many(10)
    scores[:, :9] = -np.inf
    bias = scored(made, scores)
    assert bias.mean_coverage() == 1
    assert bias.mean()["rank_distance"] == 8
    # One of them is listed: the other may come last.
    made, scores = many(10)
    scores[:, 1:] = -np.inf
    assert scored(made, scores).mean()["rank_distance"] == 9


def test_a_pool_of_one_candidate_is_answered_by_retrieving_it():
    made = benchmark([0], [0], [0], [[0]], languages=("de",))
    assert scored(made, [[1.0]]).mean_coverage() == 1
    assert scored(made, [[-np.inf]]).mean_coverage() == 0


def test_what_was_not_retrieved_gets_no_attention():
    # English candidates 8 and 9 are listed; what the pool has first, German, is not shown to anybody.
    made, scores = many(10)
    scores[:, :8] = -np.inf
    record = scored(made, scores).to_json("by_language")
    for name in ("exposure", "exposure@100"):
        assert record[name]["de"] == {"de": 0, "en": 1}
    assert record["by_language"]["de"]["language_preference@10"] == -0.5
    assert record["by_language"]["en"]["language_preference@10"] == 0.5
    # One language among what is shown and not relevant: nothing to test; of the relevant ones both are behind.
    assert record["peer"] == 1


def test_averaged_by_the_questions_language():
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    assert matrix(shares, np.array([0, 0, 2], np.int32), ("de", "en", "hi")) == {
        "de": {"de": 0.75, "en": 0.25, "hi": 0.0},
        "hi": {"de": 0.0, "en": 0.0, "hi": 1.0},
    }
