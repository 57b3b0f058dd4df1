import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation.significance import group_differences, paired


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_the_mean_over_groups_is_the_difference_of_macro_averages(seed, lists):
    rng = np.random.default_rng(seed)
    difference, part, group = rng.normal(size=lists), rng.integers(0, 4, lists), rng.integers(0, 9, lists)
    macro = np.mean([difference[part == name].mean() for name in np.unique(part)])
    differences = group_differences(difference, part, group)
    assert len(differences) == len(np.unique(group))
    assert differences.mean() == pytest.approx(macro)


def test_where_every_group_is_in_every_part_it_is_the_groups_mean():
    values = np.random.default_rng(0).normal(size=(5, 3))
    part, group = np.tile(np.arange(3), 5), np.repeat(np.arange(5), 3)
    np.testing.assert_allclose(group_differences(values.ravel(), part, group), values.mean(axis=1))


def test_a_clear_difference_and_none():
    noise = np.random.default_rng(0).normal(size=400)
    clear = paired(noise + 0.5)
    assert clear.low < clear.difference < clear.high
    assert clear.low > 0.3
    assert clear.p == pytest.approx(1 / 5_000, rel=0.01)
    none = paired(noise - noise.mean() + 0.001)
    assert none.low < 0 < none.high
    assert none.p > 0.5


def test_the_interval_is_that_of_the_mean():
    noise = np.random.default_rng(0).normal(size=2_000)
    estimate = paired(noise)
    standard_error = noise.std() / np.sqrt(len(noise))
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * standard_error, rel=0.05)


def test_translations_of_one_question_are_no_independent_evidence():
    """Repeating every group in ten languages must not make a difference look more certain."""
    values = np.random.default_rng(0).normal(0.05, 1, 300)
    once = paired(values)
    part, group = np.tile(np.arange(10), 300), np.repeat(np.arange(300), 10)
    repeated = paired(group_differences(np.repeat(values, 10), part, group))
    assert repeated.p == once.p
    assert repeated.low == pytest.approx(once.low)


def test_same_seed_same_outcome():
    values = np.random.default_rng(0).normal(0.1, 1, 50)
    assert paired(values, seed=3) == paired(values, seed=3)
    assert paired(values, seed=3) != paired(values, seed=4)


def test_no_difference_at_all():
    assert paired(np.zeros(10)).p == 1.0


def test_one_group_is_not_enough():
    with pytest.raises(DataError, match="at least two groups of questions, and here is 1"):
        paired(np.ones(1))
