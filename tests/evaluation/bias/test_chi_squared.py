import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equilingua.evaluation.bias.chi_squared import upper_tail

TESTS = st.lists(st.tuples(st.floats(0, 1000), st.integers(1, 60)), min_size=1, max_size=20)


@given(TESTS)
def test_equals_scipy(tests):
    statistic, degrees = np.array(tests).T
    found = upper_tail(statistic, degrees.astype(np.int64))
    np.testing.assert_allclose(found, stats.chi2.sf(statistic, degrees), rtol=1e-10, atol=1e-200)


def test_table():
    # The 5 % points that every textbook prints.
    np.testing.assert_allclose(upper_tail(np.array([3.841, 5.991, 7.815]), np.array([1, 2, 3])), 0.05, atol=1e-4)
