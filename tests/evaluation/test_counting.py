import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation.counting import count
from equilingua.evaluation.scores import VectorScores

from .factory import Case, Table, benchmark, cases, random_case


def plain_counts(case):
    b, scores = case.benchmark, case.scores
    rows = []
    for query in range(len(b.queries)):
        for candidate in case.relevant(query):
            own = b.candidate_language == b.candidate_language[candidate]
            row, threshold = scores[query], scores[query, candidate]
            rows.append([(row >= threshold).sum(), (row > threshold).sum()])
            rows[-1] += [(row[own] >= threshold).sum(), (row[own] > threshold).sum()]
    return np.array(rows).reshape(-1, 4).T


@given(cases(), st.sampled_from([1, 2, 20, 100]))
def test_counts_equal_plain_loops(case, keep):
    counts = case.count(keep=keep)
    found = [counts.pool_at_or_above, counts.pool_above, counts.own_at_or_above, counts.own_above]
    np.testing.assert_array_equal(np.stack(found), plain_counts(case))


@given(cases())
def test_best_of_each_language(case):
    best = case.count().best
    for language in range(len(case.benchmark.languages)):
        inside = case.benchmark.candidate_language == language
        expected = case.scores[:, inside].max(axis=1) if inside.any() else -np.inf
        np.testing.assert_array_equal(best[:, language], expected)


@given(cases())
@settings(max_examples=20)
def test_block_size_changes_nothing(case):
    whole, one_by_one = case.count(), case.count(block_bytes=1)
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(values, getattr(one_by_one, name), err_msg=name)


def test_more_relevant_candidates_than_are_compared_at_once():
    rng = np.random.default_rng(0)
    made = benchmark([0, 1], [0, 0], np.sort(rng.integers(0, 4, 300)), [range(0, 300, 2)])
    case = Case(made, rng.integers(-2, 3, (2, 2)).astype(np.float32), rng.integers(-2, 3, (300, 2)).astype(np.float32))
    np.testing.assert_array_equal(case.count().pool_at_or_above, plain_counts(case)[0])


def test_identical_candidates_tie_wherever_they_lie():
    """Duplicates of a sentence must not be told apart by rounding in the matrix product."""
    rng = np.random.default_rng(1)
    made = benchmark([0] * 50, [0] * 50, np.sort(rng.integers(0, 4, 997)), [[0]])
    candidates = rng.standard_normal((997, 384)).astype(np.float32)
    twins = [0, 1, 130, 500, 995, 996]
    candidates[twins] = candidates[0]
    queries = rng.standard_normal((50, 384)).astype(np.float32)
    # One question at a time, some of them, and all at once.
    for block_bytes in (1, 40_000, 2**20):
        counts = Case(made, queries, candidates).count(block_bytes=block_bytes)
        np.testing.assert_array_equal(counts.pool_at_or_above - counts.pool_above, len(twins))


@given(cases(), st.sampled_from([1, 7, 100]))
def test_the_best_candidates_in_order_with_ties_by_number(case, keep):
    counts = case.count(keep=keep)
    for scores, top, top_scores in zip(case.scores, counts.top, counts.top_scores, strict=True):
        expected = sorted(range(len(scores)), key=lambda candidate: (-scores[candidate], candidate))[:keep]
        assert top.tolist() == expected
        assert top_scores.tolist() == scores[expected].tolist()


@given(cases())
def test_scores_and_their_sums(case):
    counts, b = case.count(), case.benchmark
    question = np.repeat(np.arange(len(b.queries)), np.diff(counts.offsets))
    np.testing.assert_array_equal(counts.score, case.scores[question, counts.candidate])
    spoken = np.eye(len(b.languages))[b.candidate_language]
    np.testing.assert_allclose(counts.total, case.scores @ spoken, atol=1e-9)


@given(cases(), st.sampled_from([1, 3, 100]))
def test_any_source_is_counted_as_vectors_are(case, keep):
    vectors, table = case.count(keep=keep), count(Table(case.scores), case.benchmark, keep=keep)
    for name, values in vars(vectors).items():
        np.testing.assert_array_equal(values, getattr(table, name), err_msg=name)


@given(cases(), st.sampled_from([1, 3, 100]), st.integers(0, 2**32))
def test_candidates_that_were_not_retrieved_tie_at_the_end(case, keep, seed):
    """Their score is -inf, and so is the padding's, which must not be counted."""
    scores = case.scores.copy()
    scores[np.random.default_rng(seed).random(scores.shape) < 0.7] = -np.inf
    lowest = np.where(np.isfinite(scores), scores, -1e6).astype(np.float32)
    counts, expected = (count(Table(table), case.benchmark, keep=keep) for table in (scores, lowest))
    for name in ("pool_at_or_above", "pool_above", "own_at_or_above", "own_above", "top"):
        np.testing.assert_array_equal(getattr(counts, name), getattr(expected, name), err_msg=name)


def test_a_score_that_is_nan_is_named():
    case = random_case(np.random.default_rng(0), queries=9)
    scores = case.scores.copy()
    scores[7, 20] = np.nan
    with pytest.raises(DataError, match="question 7, candidate 20: the score is NaN"):
        count(Table(scores), case.benchmark, block_bytes=600)


def test_vectors_of_other_questions_or_candidates():
    case = random_case(np.random.default_rng(0), queries=5, candidates=30)
    for queries, candidates, what in ((4, 30, "4 question vectors"), (5, 29, "29 candidate vectors")):
        scores = VectorScores(case.queries[:queries], case.candidates[:candidates])
        with pytest.raises(DataError, match=f"there are {what}, and the benchmark has"):
            count(scores, case.benchmark)


def test_any_number_of_threads():
    case = random_case(np.random.default_rng(0), queries=300, candidates=500, levels=2)
    one, many = case.count(threads=1), case.count(threads=5)
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values, getattr(many, name), err_msg=name)


def test_progress_adds_up_to_the_questions():
    done = []
    random_case(np.random.default_rng(0), queries=7).count(block_bytes=600, progress=done.append)
    assert sum(done) == 7
    assert len(done) > 1
