from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.significance import (
    CORRECTIONS,
    correct,
    group_differences,
    paired,
    paired_together,
    smallest,
)


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
    assert clear.p == 1 / 10_000
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


@given(st.integers(0, 2**32), st.integers(2, 10))
def test_few_groups_are_flipped_in_every_way_as_scipy_does(seed, groups):
    values = np.random.default_rng(seed).integers(-3, 4, groups).astype(float)
    expected = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert paired(values, resamples=1023).p == pytest.approx(expected.pvalue if values.any() else 1.0)


@pytest.mark.parametrize(("interval", "method"), [("percentile", "percentile"), ("bca", "BCa")])
def test_intervals_are_those_of_scipy_within_what_chance_moves_them(interval, method):
    values = np.random.default_rng(3).exponential(1, 80) - 0.8
    estimate = paired(values, resamples=9_999, interval=interval, confidence=0.9)
    theirs = stats.bootstrap((values,), np.mean, method=method, confidence_level=0.9, rng=1).confidence_interval
    spread = theirs.high - theirs.low
    assert (estimate.low, estimate.high) == pytest.approx((theirs.low, theirs.high), abs=0.04 * spread)


def test_random_flips_agree_with_the_paired_t_test():
    values = np.random.default_rng(5).normal(0.15, 1, 200)
    assert paired(values).p == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)


def test_many_tests_at_once_are_each_as_alone():
    values = np.random.default_rng(0).normal(0.1, 1, (50, 3))
    together = paired_together(values, seed=3, resamples=999)
    for test, one in enumerate(together):
        alone = paired(values[:, test], seed=3, resamples=999)
        assert (one.p, one.low, one.high) == pytest.approx((alone.p, alone.low, alone.high))


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_a_test_leaves_out_the_groups_that_it_does_not_have(interval):
    values = np.full((400, 2), np.nan)
    values[:300, 0] = np.random.default_rng(0).normal(0.1, 1, 300)
    values[:, 1] = np.random.default_rng(1).normal(0.1, 1, 400)
    part = paired_together(values, interval=interval)[0]
    alone = paired(values[:300, 0], interval=interval)
    assert part.difference == pytest.approx(alone.difference)
    assert (part.p, part.low, part.high) == pytest.approx((alone.p, alone.low, alone.high), abs=0.02)


def test_a_constant_difference_has_no_width():
    estimate = paired(np.full(30, 0.25), interval="bca")
    assert (estimate.low, estimate.high, estimate.p) == (0.25, 0.25, 1 / 10_000)


def test_an_unknown_interval():
    with pytest.raises(UsageError, match="unknown interval 'studentised'"):
        paired(np.ones(3), interval="studentised")


families = st.lists(st.floats(0, 1), min_size=1, max_size=7)


@given(families)
def test_holm_is_the_closed_test_of_bonferroni(p):
    """A hypothesis is rejected exactly if every set of hypotheses that holds it is: the definition, by enumeration."""
    expected = [0.0] * len(p)
    for size in range(1, len(p) + 1):
        for chosen in combinations(range(len(p)), size):
            joint = min(1.0, size * min(p[i] for i in chosen))
            for i in chosen:
                expected[i] = max(expected[i], joint)
    np.testing.assert_allclose(correct(p, "holm"), expected)


@given(families)
def test_benjamini_hochberg_by_its_definition(p):
    """The largest k with p(k) ≤ q k / m is rejected with all below it: the corrected p is the least such q."""
    ranked = list(enumerate(sorted(p), start=1))
    expected = [min(other * len(p) / k for k, other in ranked if other >= one) for one in p]
    np.testing.assert_allclose(correct(p, "bh"), expected)


@given(families, st.sampled_from(CORRECTIONS))
def test_no_correction_makes_a_p_value_smaller_or_changes_the_order(p, method):
    corrected = correct(p, method)
    assert (corrected >= np.array(p) - 1e-15).all()
    assert (corrected <= 1).all()
    assert (np.diff(corrected[np.argsort(p)]) >= -1e-15).all()


def test_a_family_of_one_or_none_needs_no_correction():
    for method in CORRECTIONS:
        assert correct([0.03], method).tolist() == [0.03]
        assert correct([], method).tolist() == []


def test_the_smallest_p_value_that_can_be_had():
    assert smallest(99, 10) == pytest.approx(0.1)
    assert smallest(99, 10, "bh") == pytest.approx(0.01)
    assert smallest(9, 1000) == 1.0


def test_an_unknown_correction():
    with pytest.raises(UsageError, match="unknown correction 'bonferoni'"):
        correct([0.1], "bonferoni")
