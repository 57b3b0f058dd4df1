import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from equilingua.batching.plan import CHUNK, BatchPlan, Timeline, summarise
from equilingua.batching.sampler import Sampler
from equilingua.corpus.schema import ParallelCorpus
from equilingua.errors import UsageError

from .corpora import grid


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        ("monolingual", ("monolingual",)),
        ("english", ("monolingual",)),
        ("cross-lingual", ("cross-lingual",)),
        ("mixed", ("mixed",)),
        ("hybrid", ("monolingual", "cross-lingual")),
    ],
)
def test_kinds_of_a_strategy(strategy, kinds):
    assert BatchPlan(strategy, 8).kinds == kinds


@pytest.mark.parametrize(("alpha", "kind"), [(1, "monolingual"), (0, "cross-lingual")])
def test_hybrid_at_its_ends_draws_one_kind(alpha, kind):
    assert BatchPlan("hybrid", 8, alpha=alpha).kinds == (kind,)


def test_schedule_is_linear_between_points_and_constant_outside():
    plan = BatchPlan("hybrid", 8, alpha=[[0.25, 1], [0.75, 0.5]], steps=100)
    shares = [plan.monolingual_share(step) for step in (0, 25, 50, 75, 100, 10_000)]
    assert shares == [1, 1, 0.75, 0.5, 0.5, 0.5]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(1, 1000))
def test_schedule_stays_within_its_values(alphas, steps):
    points = tuple(zip(np.linspace(0, 1, len(alphas) + 1)[1:], alphas, strict=True))
    shares = BatchPlan("hybrid", 8, alpha=points, steps=steps).monolingual_shares(np.arange(2 * steps))
    assert min(alphas) - 1e-12 <= shares.min() <= shares.max() <= max(alphas) + 1e-12


@pytest.mark.parametrize(("languages", "temperature"), [("equal", 0), ("size", 1), (0.3, 0.3), (1, 1)])
def test_temperature(languages, temperature):
    assert BatchPlan("mixed", 8, languages=languages).temperature == temperature


def test_a_plan_becomes_a_dictionary_and_back():
    plan = BatchPlan("hybrid", 8, alpha=((0, 1), (1, 0)), steps=5, sources={"a": 1})
    assert BatchPlan(**dataclasses.asdict(plan)) == plan
    assert hash(plan) == hash(BatchPlan(**dataclasses.asdict(plan)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategy": "hybird"}, "unknown strategy 'hybird': did you mean 'hybrid'?"),
        ({"size": 1}, "batch size 1: use a whole number of 2 or more"),
        ({"size": 8.0}, "batch size 8.0"),
        ({"size": True}, "batch size True"),
        ({"alpha": 1.5}, "alpha 1.5: use a number from 0 to 1"),
        ({"alpha": -0.1}, "alpha -0.1"),
        ({"alpha": float("nan")}, "alpha nan"),
        ({"alpha": "half"}, "alpha 'half'"),
        ({"alpha": None}, "alpha None"),
        ({"alpha": []}, "alpha schedule"),
        ({"alpha": [0.5, 0.6], "steps": 9}, "use points such as"),
        ({"alpha": [(0, 1), (1, 2)], "steps": 9}, "alpha 2"),
        ({"alpha": [(0, 1), (1.1, 0)], "steps": 9}, "progress in alpha schedule 1.1"),
        ({"alpha": [(0.5, 1), (0.5, 0)], "steps": 9}, "progress must rise"),
        ({"alpha": [(0, 1), (1, 0)]}, "an alpha schedule needs steps"),
        ({"steps": 0}, "steps 0"),
        ({"languages": "equally"}, "unknown language weighting 'equally': did you mean 'equal'?"),
        ({"languages": 0}, "temperature in (0, 1]"),
        ({"languages": 1.2}, "temperature in (0, 1]"),
        ({"languages": None}, "languages None"),
        ({"pairs": "one"}, "unknown pairs mode 'one'"),
        ({"sources": {}}, "weights by source name"),
        ({"sources": ["a"]}, "weights by source name"),
        ({"sources": {"a": -1}}, "weight -1 of source 'a'"),
        ({"sources": {"a": 0}}, "all weights are 0"),
        ({"distinct": "yes"}, "distinct 'yes'"),
    ],
)
def test_bad_plans_say_what_is_wrong(changes, message):
    with pytest.raises(UsageError) as raised:
        BatchPlan(**{"strategy": "hybrid", "size": 8, **changes})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


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
