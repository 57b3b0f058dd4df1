import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from equilingua.batching.plan import BatchPlan
from equilingua.batching.timeline import CHUNK, Timeline

SHARES = {"monolingual": np.asarray([0.5, 0.3, 0.2]), "cross-lingual": np.asarray([0.9, 0.1])}


def pools(timeline, steps):
    return np.asarray([timeline.at(step)[0] for step in range(steps)])


@given(st.floats(0.05, 0.95), st.integers(0, 1000), st.integers(10, 2000))
def test_shares_match_alpha_and_weights(alpha, seed, steps):
    counts = Timeline(BatchPlan("hybrid", 8, alpha=alpha), SHARES, seed).counts(steps)
    assert counts.sum() == steps
    for drawn, share in zip(
        counts, np.concatenate([alpha * SHARES["monolingual"], (1 - alpha) * SHARES["cross-lingual"]]), strict=True
    ):
        low, high = binom.interval(1 - 1e-9, steps, share)
        assert low <= drawn <= high


def test_shares_are_closer_than_independent_draws_would_be():
    counts = Timeline(BatchPlan("hybrid", 8, alpha=0.5), SHARES, 3).counts(256)
    assert counts.tolist() == pytest.approx([64, 38.4, 25.6, 115.2, 12.8], abs=3)
    assert counts[:3].sum() == 128


def test_a_schedule_moves_the_share():
    plan = BatchPlan("hybrid", 8, alpha=((0, 1), (0.5, 1), (1, 0)), steps=4000)
    monolingual = pools(Timeline(plan, SHARES, 1), 6000) < 3
    assert monolingual[:2000].all()
    assert monolingual[2000:4000].mean() == pytest.approx(0.5, abs=0.03)
    assert monolingual[2900:3100].mean() == pytest.approx(0.5, abs=0.1)
    assert not monolingual[4000:].any()


@given(st.lists(st.integers(0, 3 * CHUNK), min_size=1, max_size=5))
def test_any_order_of_asking_gives_the_same(steps):
    plan = BatchPlan("hybrid", 8, alpha=0.4)
    in_order = Timeline(plan, SHARES, 5)
    answers = {step: in_order.at(step) for step in sorted(steps)}
    assert {step: Timeline(plan, SHARES, 5).at(step) for step in steps} == answers


def test_occurrences_count_up_within_each_pool():
    timeline = Timeline(BatchPlan("hybrid", 8), SHARES, 2)
    seen = [0] * 5
    for step in range(CHUNK - 200, CHUNK + 200):
        pool, before = timeline.at(step)
        seen[pool] = seen[pool] or int(timeline.counts(step)[pool])
        assert before == seen[pool]
        seen[pool] += 1


def test_one_kind_draws_its_pools_alone():
    timeline = Timeline(BatchPlan("mixed", 8), {"mixed": np.ones(1)}, 0)
    assert [timeline.at(step) for step in range(3)] == [(0, 0), (0, 1), (0, 2)]
