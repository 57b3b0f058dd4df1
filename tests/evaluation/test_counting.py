import numpy as np
from hypothesis import given, settings

from .factory import Case, benchmark, cases, random_case


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


@given(cases())
def test_counts_equal_plain_loops(case):
    counts = case.count()
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
    counts = Case(made, queries, candidates).count(block_bytes=40_000)
    np.testing.assert_array_equal(counts.pool_at_or_above - counts.pool_above, len(twins))


def test_progress_adds_up_to_the_questions():
    done = []
    random_case(np.random.default_rng(0), queries=7).count(block_bytes=600, progress=done.append)
    assert sum(done) == 7
    assert len(done) > 1
