import numpy as np
import pytest
from scipy import stats

from equilingua.errors import DataError
from equilingua.evaluation import seeds


def recipes(rng, runs=(3, 3), spread=(0.02, 0.02), effect=0.0, groups=120):
    """Figures [runs, groups] of two recipes, in which groups, recipes, runs and single answers all have their part."""
    shared, taste = rng.normal(0, 0.3, groups), rng.normal(0, 0.05, groups)
    return tuple(
        shared + own * (effect + taste) + rng.normal(0, deviation, (n, 1)) + rng.normal(0, 0.1, (n, groups))
        for n, deviation, own in zip(runs, spread, (1, 0), strict=True)
    )


def test_without_differences_between_groups_it_is_welchs_test():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, 4), rng.normal(1, 2, 6)
    estimate = seeds.over_seeds(np.tile(one[:, None], 9), np.tile(other[:, None], 9))
    welch = stats.ttest_ind(one, other, equal_var=False)
    interval = welch.confidence_interval()
    assert (estimate.p, estimate.low, estimate.high) == pytest.approx((welch.pvalue, interval.low, interval.high))


def test_without_differences_between_runs_it_is_the_paired_test():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, 40), rng.normal(0.2, 1, 40)
    estimate = seeds.over_seeds(np.tile(one, (3, 1)), np.tile(other, (3, 1)))
    expected = stats.ttest_rel(one, other)
    assert (estimate.difference, estimate.p) == pytest.approx((one.mean() - other.mean(), expected.pvalue))


@pytest.mark.parametrize(
    ("runs", "spread"),
    [((3, 3), (0.0, 0.0)), ((3, 3), (0.01, 0.01)), ((3, 5), (0.05, 0.02)), ((3, 1), (0.03, 0.0))],
)
def test_its_interval_holds_the_truth_as_often_as_it_says(runs, spread):
    """95 %, within what 600 trials can tell. A recipe of one run is an encoder that does not vary."""
    rng = np.random.default_rng(1)
    estimates = [seeds.over_seeds(*recipes(rng, runs, spread)) for _ in range(600)]
    assert np.mean([one.low <= 0 <= one.high for one in estimates]) > 0.93


def test_a_clear_effect_is_found():
    a, b = recipes(np.random.default_rng(0), effect=0.3)
    estimate = seeds.over_seeds(a, b)
    assert estimate.p < 0.01
    assert estimate.low < estimate.difference < estimate.high


def test_more_confidence_is_a_wider_interval():
    a, b = recipes(np.random.default_rng(0))
    narrow, wide = seeds.over_seeds(a, b, confidence=0.9), seeds.over_seeds(a, b, confidence=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_runs_that_are_all_the_same():
    same = np.tile(np.arange(4.0), (2, 1))
    assert seeds.over_seeds(same, same).p == 1.0
    assert seeds.over_seeds(same + 1, same).p == 0.0


def test_deviation():
    assert seeds.deviation(np.array([1.0])) is None
    assert seeds.deviation(np.array([1.0, 3.0])) == pytest.approx(2**0.5)


def test_single_runs_and_single_groups_are_refused():
    with pytest.raises(DataError, match="at least two runs"):
        seeds.over_seeds(np.zeros((1, 5)), np.zeros((1, 5)))
    with pytest.raises(DataError, match="at least two groups of questions, and here is 1"):
        seeds.over_seeds(np.zeros((3, 1)), np.zeros((3, 1)))


def with_others(rng, spread, others=0.02, **options):
    """Two recipes, and the spread that they and four more show."""
    a, b = recipes(rng, spread=spread, **options)
    samples = [a.mean(axis=1), b.mean(axis=1), *(rng.normal(0, others, 3) for _ in range(4))]
    return a, b, seeds.pooled(samples)


@pytest.mark.parametrize("spread", [(0.02, 0.02), (0.05, 0.02), (0.05, 0.05), (0.005, 0.005)])
def test_with_a_pooled_spread_it_holds_the_truth_too_even_where_recipes_vary_differently(spread):
    rng = np.random.default_rng(2)
    estimates = [
        seeds.over_seeds(a, b, spread=pooled) for a, b, pooled in (with_others(rng, spread) for _ in range(600))
    ]
    assert np.mean([one.low <= 0 <= one.high for one in estimates]) > 0.93


def test_a_pooled_spread_finds_more():
    rng = np.random.default_rng(3)
    trials = [with_others(rng, (0.02, 0.02), effect=0.08) for _ in range(300)]
    alone = np.mean([seeds.over_seeds(a, b).p < 0.01 for a, b, _ in trials])
    together = np.mean([seeds.over_seeds(a, b, spread=pooled).p < 0.01 for a, b, pooled in trials])
    assert together > alone + 0.03


def test_pooling_weighs_recipes_by_their_runs():
    found = seeds.pooled([np.array([1.0, 3.0]), np.array([5.0]), np.array([2.0, 2.0, 5.0])])

    assert (found.variance, found.freedom) == (pytest.approx((2.0 + 6.0) / 3), 3)
    assert seeds.pooled([np.array([1.0])]) is None
