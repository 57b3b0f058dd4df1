import math

import numpy as np
import pytest
from hypothesis import given
from scipy.spatial.distance import jensenshannon

from equilingua.evaluation.bias.figures import (
    awrf,
    discount,
    exposure,
    language_preference,
    rank_distance,
    same_language_top1,
    score_offset,
)
from equilingua.evaluation.counting import count

from ..factory import Case, Table, benchmark, cases, plain_ranks
from .plain import attention, hits_of, with_keep


@given(cases())
def test_rank_distance_equals_plain_loops(case):
    pool = case.rankings()[1]
    expected = []
    for scores, relevance in case.lists(pool):
        ranks = plain_ranks(scores, relevance)
        apart = max(ranks) - min(ranks)
        if len(ranks) > 1 and len(set(scores[relevance])) == 1:
            # All of one score: nobody knows how far apart they are, so they count as at both ends of it.
            apart = int((scores == scores[relevance][0]).sum()) - 1
        expected.append(apart)
    np.testing.assert_array_equal(rank_distance(pool, len(case.benchmark.candidates)), expected)


def test_top_hit_in_the_questions_language_and_ties_shared():
    best = np.array([[0.9, 0.2], [0.9, 0.2], [0.5, 0.5], [0.1, -np.inf]], np.float32)
    asked = np.array([0, 1, 1, 1], np.int32)
    assert same_language_top1(best, asked).tolist() == [1.0, 0.0, 0.5, 0.0]


def test_language_preference_by_hand():
    # The first four hits are de, de, en, de; two of the four relevant candidates are German.
    made = benchmark([0, 1], [0, 0], [0, 0, 0, 1, 1, 1], [[0, 1, 4, 5]], languages=("de", "en"))
    case = Case(made, np.ones((2, 1), np.float32), np.array([[6], [5], [3], [4], [2], [1]], np.float32))
    hits = hits_of(case, 100)
    assert language_preference(hits, made.query_language, 4).tolist() == [0.25, -0.25]
    assert language_preference(hits, made.query_language, 2).tolist() == [0.5, -0.5]
    # Fewer candidates than asked for: all of them.
    assert language_preference(hits, made.query_language, 10).tolist() == [0.0, 0.0]


@given(with_keep())
def test_language_preference_equals_plain_loops(made):
    case, keep = made
    b = case.benchmark
    found = language_preference(hits_of(case, keep), b.query_language, 10)
    k = min(10, keep, len(b.candidates))
    for question, value in enumerate(found):
        shown = attention(case, question, keep, [float(place < k) / k for place in range(keep)])
        own = lambda candidate, question=question: b.candidate_language[candidate] == b.query_language[question]  # noqa: E731
        relevant = case.relevant(question)
        target = np.mean([own(candidate) for candidate in relevant]) if len(relevant) else 0
        expected = sum(weight for candidate, weight in shown.items() if own(candidate)) - target
        assert value == pytest.approx(expected, abs=1e-12)


def test_exposure_by_hand():
    # Ranks 1 to 4 are in English, German, German, English; 1 / log2(max(rank, 2)) is 1, 1, 0.63, 0.5.
    made = benchmark([0], [0], [0, 0, 1, 1], [[0]], languages=("de", "en"))
    case = Case(made, np.ones((1, 1), np.float32), np.array([[3], [2], [4], [1]], np.float32))
    third = 1 / math.log2(3)
    np.testing.assert_allclose(discount(4), [1, 1, third, 0.5])
    hits = hits_of(case, 100)
    np.testing.assert_allclose(exposure(hits, 2), [[0.5, 0.5]])
    np.testing.assert_allclose(exposure(hits, 3)[0, 0], (1 + third) / (2 + third))
    np.testing.assert_allclose(exposure(hits, 4)[0, 1], 1.5 / (2.5 + third))
    np.testing.assert_allclose(exposure(hits, 100), exposure(hits, 4))


@given(with_keep())
def test_exposure_equals_plain_loops(made):
    case, keep = made
    found = exposure(hits_of(case, keep), 5)
    for question, shares in enumerate(found):
        weights = [1 / math.log2(max(rank, 2)) if rank <= 5 else 0 for rank in range(1, keep + 1)]
        given_to = attention(case, question, keep, weights)
        for code, share in enumerate(shares):
            own = sum(w for candidate, w in given_to.items() if case.benchmark.candidate_language[candidate] == code)
            assert share == pytest.approx(own / sum(given_to.values()))


def test_awrf_by_hand():
    # One hit of each language above all others, both relevant: ranks 1 and 2 get the same attention.
    made = benchmark([0], [0], [0, 1], [[0, 1]], languages=("de", "en"))
    fair = Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))
    assert awrf(hits_of(fair, 100), 10).tolist() == [1.0]
    # All attention to German, all relevance in English.
    made = benchmark([0], [0], [0, 1], [[1]], languages=("de", "en"))
    unfair = Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))
    assert awrf(hits_of(unfair, 100), 1).tolist() == [0.0]


@given(with_keep())
def test_equals_scipy(made):
    case, keep = made
    hits = hits_of(case, keep)
    for value, shown, target in zip(awrf(hits, 10), exposure(hits, 10), hits.target, strict=True):
        if target.any():
            # The distance is the root of the divergence, and that of a rounding error is large, or of one below 0 none.
            assert value == pytest.approx(1 - np.nan_to_num(jensenshannon(shown, target, base=2)) ** 2, abs=1e-7)
        else:
            assert np.isnan(value)


def plain(case):
    b, found = case.benchmark, []
    for question in range(len(b.queries)):
        unrelated = ~np.isin(np.arange(len(b.candidates)), case.relevant(question))
        own = b.candidate_language == b.query_language[question]
        both = [case.scores[question, unrelated & side] for side in (own, ~own)]
        found.append(both[0].mean() - both[1].mean() if all(map(len, both)) else np.nan)
    return np.array(found)


@given(cases())
def test_equals_plain_loops_from_vectors_and_from_any_scores(case):
    expected = plain(case)
    np.testing.assert_allclose(score_offset(case.count(), case.benchmark), expected, rtol=1e-5, atol=1e-4)
    counts = count(Table(case.scores), case.benchmark)
    np.testing.assert_allclose(score_offset(counts, case.benchmark), expected, rtol=1e-5, atol=1e-4)


def test_score_offset_by_hand():
    # German scores 5 and 3, of which 5 is relevant; English 2 and 1.
    made = benchmark([0, 1], [0, 0], [0, 0, 1, 1], [[0]], languages=("de", "en"))
    case = Case(made, np.ones((2, 1), np.float32), np.array([[5], [3], [2], [1]], np.float32))
    assert score_offset(case.count(), made).tolist() == pytest.approx([3 - 1.5, 1.5 - 3])


def test_candidates_that_were_not_retrieved_have_no_score_to_compare():
    made = benchmark([0], [0], [0, 0, 1], [[0]], languages=("de", "en"))
    counts = count(Table(np.array([[2, 1, -np.inf]], np.float32)), made)
    assert np.isnan(score_offset(counts, made)).all()
