import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equilingua.evaluation.bias.peer import peer, upper_tail

from ..factory import Case, benchmark
from .plain import hits_of, order, with_keep


def kruskal(scores, languages):
    # Given float32, scipy computes in it.
    scores = scores.astype(np.float64)
    samples = [scores[languages == code] for code in np.unique(languages)]
    if len(samples) < 2 or len(np.unique(scores)) == 1:
        return 1.0
    return stats.kruskal(*samples).pvalue


@given(with_keep())
def test_equals_scipy(made):
    case, keep = made
    b = case.benchmark
    for question, value in enumerate(peer(hits_of(case, keep))):
        shown = order(case, question, keep)
        relevant = case.relevant(question)
        # Whatever is not shown is tied behind.
        scores = np.where(np.isin(np.arange(len(b.candidates)), shown), case.scores[question], -(10.0**6))
        other = np.setdiff1d(shown, relevant)
        expected = [kruskal(scores[level], b.candidate_language[level]) for level in (relevant, other)]
        assert value == pytest.approx(np.mean(expected), rel=1e-9)


def line(candidate_language, relevant, keep=100):
    """One question whose candidates' scores fall with their number."""
    made = benchmark([0], [0], candidate_language, [relevant], languages=("de", "en"))
    falling = np.arange(len(candidate_language), 0, -1, dtype=np.float32)[:, None]
    return peer(hits_of(Case(made, np.ones((1, 1), np.float32), falling), keep))[0]


def test_by_hand():
    # German holds ranks 1, 2, 3 and English 4, 5, 6, all relevant: H = 5 · (3 · 1.5² + 3 · 1.5²) / 17.5 = 27 / 7.
    separate = stats.chi2.sf(27 / 7, 1)
    assert line([0, 0, 0, 1, 1, 1], range(6)) == pytest.approx((separate + 1) / 2)
    # The same among what is not relevant.
    assert line([0, 0, 0, 1, 1, 1], []) == pytest.approx((1 + separate) / 2)


def test_one_relevant_candidate_a_language_says_nothing_whatever_the_order():
    # H is N − 1 then.
    assert line([0, 1], [0, 1]) == pytest.approx((stats.chi2.sf(1, 1) + 1) / 2)
    assert line([0, 0, 0, 1], [0, 3]) == pytest.approx((stats.chi2.sf(1, 1) + 1) / 2)


def test_relevant_ones_that_are_not_shown_are_tied_behind():
    # Three German ones are shown; three English ones share rank 5.
    expected = stats.kruskal([1, 2, 3], [5, 5, 5]).pvalue
    assert line([0, 0, 0, 1, 1, 1], range(6), keep=3) == pytest.approx((expected + 1) / 2)


TESTS = st.lists(st.tuples(st.floats(0, 1000), st.integers(1, 60)), min_size=1, max_size=20)


@given(TESTS)
def test_chi_squared_equals_scipy(tests):
    statistic, degrees = np.array(tests).T
    found = upper_tail(statistic, degrees.astype(np.int64))
    np.testing.assert_allclose(found, stats.chi2.sf(statistic, degrees), rtol=1e-10, atol=1e-200)


def test_table():
    # The 5 % points that every textbook prints.
    np.testing.assert_allclose(upper_tail(np.array([3.841, 5.991, 7.815]), np.array([1, 2, 3])), 0.05, atol=1e-4)
