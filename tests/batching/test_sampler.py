import hashlib
import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from equilingua.batching.plan import PAIR_MODES, STRATEGIES, BatchPlan
from equilingua.batching.sampler import Sampler
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import PlanError

from .corpora import assert_sound, corpora, grid

CORPUS = grid(40, 5)
FAR = 1_234_567


def same(left, right):
    return (
        (left.step, left.kind, left.source, left.replaced) == (right.step, right.kind, right.source, right.replaced)
        and np.array_equal(left.query_rows, right.query_rows)
        and np.array_equal(left.passage_rows, right.passage_rows)
    )


@settings(max_examples=60)
@given(
    corpora(),
    st.sampled_from(STRATEGIES),
    st.integers(2, 24),
    st.sampled_from(["equal", "size", 0.5]),
    st.sampled_from(PAIR_MODES),
    st.integers(0, 2**40),
)
def test_no_group_and_no_passage_twice_whatever_the_corpus(corpus, strategy, size, languages, pairs, seed):
    try:
        sampler = Sampler(corpus, BatchPlan(strategy, size, languages=languages, pairs=pairs), seed)
    except PlanError:
        return
    for step in (*range(8), FAR):
        batch = sampler.batch(step)
        assert len(batch) == size
        assert_sound(corpus, batch)


def test_equal_passages_of_two_groups_do_not_meet():
    rows = [(f"g{group}", code) for group in range(12) for code in ("de", "en")]
    corpus = ParallelCorpus.from_pairs(
        Pair(group, code, f"{group}?", f"paragraph {int(group[1:]) // 3} {code}", "s") for group, code in rows
    )

    with pytest.raises(PlanError, match="the largest size that fits is 4"):
        Sampler(corpus, BatchPlan("monolingual", 5), 0)
    sampler = Sampler(corpus, BatchPlan("hybrid", 4), 0)
    for step in range(20):
        assert len({*corpus.passages(sampler.batch(step).passage_rows)}) == 4


@pytest.mark.parametrize(("strategy", "pairs"), [*((s, "mixed") for s in STRATEGIES), ("hybrid", "single")])
def test_resuming_and_any_order_of_asking_give_the_same_batches(strategy, pairs):
    plan = BatchPlan(strategy, 12, pairs=pairs)
    in_order = Sampler(CORPUS, plan, 4)
    batches = [in_order.batch(step) for step in range(90)]
    resumed, shuffled = Sampler(CORPUS, plan, 4), Sampler(CORPUS, plan, 4)
    assert all(same(resumed.batch(step), batches[step]) for step in range(60, 90))
    order = np.random.default_rng(0).permutation(90).tolist()
    assert all(same(shuffled.batch(step), batches[step]) for step in order)


def test_a_far_step_is_quick_and_the_same_from_anywhere():
    plan = BatchPlan("hybrid", 12)
    started = time.perf_counter()
    batch = Sampler(CORPUS, plan, 4).batch(FAR)
    assert time.perf_counter() - started < 5  # 0.1 s on an idle machine
    used = Sampler(CORPUS, plan, 4)
    used.batch(3)
    used.batch(2 * FAR)
    assert same(used.batch(FAR), batch)


def test_forgotten_windows_come_back_the_same(monkeypatch):
    monkeypatch.setattr("equilingua.batching.sampler._CACHED_ITEMS", 500)
    sampler = Sampler(CORPUS, BatchPlan("monolingual", 12), 4)
    first = [sampler.batch(step) for step in range(60)]
    assert all(same(sampler.batch(step), first[step]) for step in range(60))


def test_seeds_differ():
    drawn = {
        tuple(Sampler(CORPUS, BatchPlan("hybrid", 12), seed).batch(step).query_rows.tolist())
        for seed in range(5)
        for step in range(5)
    }
    assert len(drawn) == 25


@given(alpha=st.floats(0.1, 0.9), seed=st.integers(0, 100))
@settings(max_examples=20)
def test_kinds_match_alpha(alpha, seed):
    sampler = Sampler(CORPUS, BatchPlan("hybrid", 4, alpha=alpha), seed)
    monolingual = sum(sampler.batch(step).kind == "monolingual" for step in range(200))
    low, high = binom.interval(1 - 1e-9, 200, alpha)
    assert low <= monolingual <= high


@pytest.mark.parametrize("strategy", ["monolingual", "cross-lingual", "mixed"])
@pytest.mark.parametrize(("languages", "weights"), [("equal", [1, 1, 1]), ("size", [1, 2, 4]), (0.5, [1, 2**0.5, 2])])
def test_question_languages_match_their_weights(strategy, languages, weights):
    parts = [grid(30, ("de", "en", "fr")), grid(30, ("en", "fr"), source="t"), grid(60, ("fr",), source="u")]
    corpus = ParallelCorpus.concat(parts)
    table = corpus.table.set_column(4, "source", [["s"] * len(corpus)])
    corpus = ParallelCorpus.from_table(table)
    if strategy == "cross-lingual":
        weights = {"equal": [1, 1, 1], "size": [30, 60, 60], 0.5: [30**0.5, 60**0.5, 60**0.5]}[languages]
    sampler = Sampler(corpus, BatchPlan(strategy, 8, languages=languages), 1)
    rows = np.concatenate([sampler.batch(step).query_rows for step in range(640)])
    counts = np.bincount(corpus.language_codes[rows])
    assert counts / counts.sum() == pytest.approx(np.asarray(weights) / sum(weights), abs=0.01)


def test_passage_languages_are_spread_over_the_others():
    sampler = Sampler(CORPUS, BatchPlan("cross-lingual", 10), 1)
    batches = [sampler.batch(step) for step in range(300)]
    pairs = np.zeros((5, 5))
    for batch in batches:
        np.add.at(pairs, (CORPUS.language_codes[batch.query_rows], CORPUS.language_codes[batch.passage_rows]), 1)
    assert not pairs.diagonal().any()
    assert pairs[~np.eye(5, dtype=bool)] == pytest.approx(150, rel=0.25)


def test_single_pairs_hold_one_ordered_pair_each():
    sampler = Sampler(CORPUS, BatchPlan("cross-lingual", 10, pairs="single"), 1)
    seen = set()
    for step in range(200):
        batch = sampler.batch(step)
        assert_sound(CORPUS, batch)
        pairs = set(
            zip(CORPUS.language_codes[batch.query_rows], CORPUS.language_codes[batch.passage_rows], strict=True)
        )
        assert len(pairs) == 1
        seen |= pairs
    assert seen == set(itertools.permutations(range(5), 2))


def test_unless_distinct_translations_meet_but_no_row_comes_twice():
    corpus = grid(12, 5)
    sampler = Sampler(corpus, BatchPlan("cross-lingual", 24, distinct=False), 1)
    batches = [sampler.batch(step) for step in range(20)]
    assert all(len(set(batch.query_rows)) == len(set(batch.passage_rows)) == 24 for batch in batches)
    assert all(len(set(corpus.group_codes[batch.query_rows])) <= 12 for batch in batches)


def test_a_negative_step():
    with pytest.raises(PlanError, match="steps count from 0"):
        Sampler(CORPUS, BatchPlan("hybrid", 12), 4).batch(-1)


def test_rows_are_read_only():
    batch = Sampler(CORPUS, BatchPlan("hybrid", 12), 4).batch(0)
    with pytest.raises(ValueError, match="read-only"):
        batch.query_rows[0] = 1


def test_replacements_are_counted():
    # three groups in three languages: a batch of all groups can hardly ever keep to the epochs of its languages
    sampler = Sampler(grid(3, 3), BatchPlan("mixed", 3), 0)
    windows = sampler.pool_batches(0).window_batches
    replaced = sum(sampler.batch(step).replaced for step in range(2 * windows))
    assert 0 < replaced < 6 * windows
    untroubled = Sampler(CORPUS, BatchPlan("monolingual", 12), 4)
    assert untroubled.batch(0).replaced == 0


def test_batches_stay_what_they_were():
    """Runs in progress resume to the same batches only as long as this digest stays the same."""
    sampler = Sampler(grid(20, ("de", "en", "fr"), questions_per_passage=2), BatchPlan("hybrid", 6), 13)
    digest = hashlib.sha256()
    for step in (*range(40), FAR):
        batch = sampler.batch(step)
        digest.update(batch.kind.encode())
        digest.update(batch.query_rows.tobytes() + batch.passage_rows.tobytes())
    assert digest.hexdigest() == "8aba48101ca3becb06521f26b79966dc16de042f74f5ac4f2dfa48ed4aa6cec0"
