import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from equilingua.evaluation.top import Layout, descending, most_rows, scores_of, survivors

FLOATS = arrays.arrays(np.float32, st.integers(1, 50), elements=st.floats(width=32, allow_nan=False))


@given(FLOATS)
def test_numbers_are_ordered_against_the_scores_and_equal_where_they_are(scores):
    numbers = descending(scores)
    np.testing.assert_array_equal(numbers[:, None] < numbers, scores[:, None] > scores)
    np.testing.assert_array_equal(numbers[:, None] == numbers, scores[:, None] == scores)
    np.testing.assert_array_equal(scores_of(numbers), scores)


@given(st.integers(1, 10**7), st.integers(1, 1000))
def test_a_layout_has_room_for_all_and_groups_enough(candidates, most):
    layout = Layout.of(candidates, most)
    assert layout.kept == min(candidates, most) <= layout.groups
    size = layout.width // layout.groups
    assert candidates <= layout.width == size * layout.groups < candidates + size
    assert most_rows(layout.width) * layout.width < 2**32


def test_few_survive_the_bound():
    layout = Layout.of(13_000, 100)
    block = np.full((20, layout.width), -np.inf, np.float32)
    block[:, : layout.candidates] = np.random.default_rng(0).random((20, layout.candidates))
    found = np.diff(survivors(block, layout).starts)
    assert found.min() >= 100
    assert found.mean() < 130


def test_few_survive_among_equals_too():
    """Most passages share no word with a question, and score 0."""
    layout = Layout.of(13_000, 100)
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
