import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from equilingua.evaluation import order
from equilingua.evaluation.order import Grouping, descending, most_rows, scores_of, survivors

from .factory import Case, benchmark, cases

FLOATS = arrays.arrays(np.float32, st.integers(1, 50), elements=st.floats(width=32, allow_nan=False))


@given(FLOATS)
def test_numbers_are_ordered_against_the_scores_and_equal_where_they_are(scores):
    numbers = descending(scores)
    np.testing.assert_array_equal(numbers[:, None] < numbers, scores[:, None] > scores)
    np.testing.assert_array_equal(numbers[:, None] == numbers, scores[:, None] == scores)
    np.testing.assert_array_equal(scores_of(numbers), scores)


@given(st.integers(1, 10**7), st.integers(1, 1000))
def test_a_layout_has_room_for_all_and_groups_enough(candidates, most):
    layout = Grouping.of(candidates, most)
    assert layout.kept == min(candidates, most) <= layout.groups
    size = layout.width // layout.groups
    assert candidates <= layout.width == size * layout.groups < candidates + size
    assert most_rows(layout.width) * layout.width < 2**32


def test_few_survive_the_bound():
    layout = Grouping.of(13_000, 100)
    block = np.full((20, layout.width), -np.inf, np.float32)
    block[:, : layout.candidates] = np.random.default_rng(0).random((20, layout.candidates))
    found = np.diff(survivors(block, layout).starts)
    assert found.min() >= 100
    assert found.mean() < 130


def test_few_survive_among_equals_too():
    """Most passages share no word with a question, and score 0."""
    layout = Grouping.of(13_000, 100)
    block = np.full((3, layout.width), -np.inf, np.float32)
    block[:, : layout.candidates] = 0
    block[1, 5_000:5_050] = 1
    block[2, 5_000:5_200] = 1
    found = survivors(block, layout)
    assert np.diff(found.starts).tolist() == [100, 100, 200]
    best, scores = found.best()
    assert best[0].tolist() == list(range(100))
    assert best[1].tolist() == [*range(5_000, 5_050), *range(50)]
    assert best[2].tolist() == list(range(5_000, 5_100))
    assert scores[1].tolist() == [1.0] * 50 + [0.0] * 50
    # A relevant candidate that scores 0 is not looked up among survivors, of which some of the 0s are missing.
    assert (found.least > 0).all()


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
        patch.setattr(order, "_THRESHOLDS", 1)
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
