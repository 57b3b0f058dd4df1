import math

import pytest

from equilingua.training.divergence import LossTrend


def diverges_at(losses, candidates=32):
    trend = LossTrend()
    for step, loss in enumerate(losses, 1):
        trend = trend.after(loss)
        if trend.diverges(candidates):
            return step
    return None


def test_a_loss_that_climbs_far_above_start_and_chance_is_found_within_some_steps():
    assert 41 <= diverges_at([1.2] * 40 + [9.0] * 100) <= 60


def test_a_loss_that_falls_to_chance_from_a_good_start_is_found():
    assert diverges_at([0.8] * 40 + [math.log(32)] * 300) is not None


@pytest.mark.parametrize(
    "losses",
    [
        [3.5] * 500,
        [9.0] * 30 + [4.0] * 500,
        [1.0] * 40 + [1.9] * 500,
        [1.0] * 40 + [9.0] * 3 + [1.0] * 300,
        [0.01] * 40 + [0.5] * 500,
        [20.0] * 3,
    ],
)
def test_hard_batches_and_bad_starts_are_no_divergence(losses):
    assert diverges_at(losses) is None


def test_the_start_is_the_mean_of_the_first_steps():
    trend = LossTrend()
    for loss in range(1, 31):
        trend = trend.after(float(loss))
    assert (trend.start, trend.running, trend.steps) == (pytest.approx(15.5), pytest.approx(15.5), 30)
    later = trend.after(100.0)
    assert later.start == trend.start
    assert later.running == pytest.approx(15.5 + 84.5 / 30)
