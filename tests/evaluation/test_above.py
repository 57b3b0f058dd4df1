import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation import above

from .factory import Case, benchmark, cases


@given(cases())
def test_whether_looked_up_or_compared_the_counts_are_the_same(case):
    """With one candidate kept nearly all relevant ones are compared; with all kept, all are looked up."""
    few, all_of_them = case.count(keep=1), case.count(keep=1000)
    for name in ("pool_at_or_above", "pool_above", "own_at_or_above", "own_above"):
        np.testing.assert_array_equal(getattr(few, name), getattr(all_of_them, name), err_msg=name)


@given(cases())
def test_whether_compared_or_sorted_the_counts_are_the_same(case):
    compared = case.count(keep=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(above, "_THRESHOLDS", 1)
        found = case.count(keep=1)
    for name in ("pool_at_or_above", "pool_above", "own_at_or_above", "own_above"):
        np.testing.assert_array_equal(getattr(compared, name), getattr(found, name), err_msg=name)


def test_languages_that_end_within_a_word_and_at_its_end():
    # 64 candidates in the first language, 70 in the next, none in the third, 58 in the last: two ends on a word's.
    language = np.repeat([0, 1, 3], [64, 70, 58])
    made = benchmark([0], [0], language, [range(0, 192, 3)])
    falling = np.arange(192, 0, -1, dtype=np.float32)[:, None]
    counts = Case(made, np.ones((1, 1), np.float32), falling).count(keep=1)
    first = np.array([0, 64, 134, 134])[language[counts.candidate]]
    np.testing.assert_array_equal(counts.pool_above, counts.candidate)
    np.testing.assert_array_equal(counts.own_above, counts.candidate - first)
    np.testing.assert_array_equal(counts.own_at_or_above, counts.candidate - first + 1)
