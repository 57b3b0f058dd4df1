from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from equilingua.batching.plan import BatchPlan
from equilingua.batching.sampler import CHUNK, Sampler, Timeline, summarise
from equilingua.corpus.schema import ParallelCorpus

from .corpora import grid

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


CORPUS = ParallelCorpus.concat([grid(30, 3), grid(20, 4, source="t")])


@pytest.mark.parametrize("pairs", ["mixed", "single"])
@pytest.mark.parametrize("strategy", ["monolingual", "cross-lingual", "mixed", "hybrid"])
def test_summary_is_what_the_batches_hold(strategy, pairs):
    sampler = Sampler(CORPUS, BatchPlan(strategy, 8, pairs=pairs), 2)
    summary = summarise(sampler, 100)
    batches = [sampler.batch(step) for step in range(100)]
    kinds = Counter(batch.kind for batch in batches)
    assert {kind: count for kind, count in summary.batches.items() if count} == kinds
    counted = Counter(
        (batch.kind, batch.source, CORPUS.languages[CORPUS.language_codes[row]])
        for batch in batches
        for row in batch.query_rows
    )
    summed = Counter()
    for stream in summary.drawn:
        summed[stream.kind, stream.source, stream.language] += stream.items
    assert +summed == counted
    assert sum(summary.items_by_language().values()) == sum(summary.items_by_source().values()) == 800
    assert summary.excluded == sampler.excluded


def test_epochs_of_a_stream():
    (stream,) = summarise(Sampler(grid(20, ("en",)), BatchPlan("english", 8), 0), 5).drawn
    assert (stream.items, stream.pairs, stream.epochs) == (40, 20, 2.0)
