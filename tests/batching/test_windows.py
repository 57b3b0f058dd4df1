import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.batching.draws import derive_key
from equilingua.batching.plan import BatchPlan
from equilingua.batching.pools import RowCodes
from equilingua.batching.selection import select
from equilingua.batching.windows import PoolBatches, StreamShares

from .corpora import grid


def pool_batches(corpus, size, strategy, seed=0, **plan):
    codes = RowCodes(corpus)
    (selection,) = select(codes, BatchPlan(strategy, size, **plan)).values()
    return [PoolBatches(codes, pool, size, seed) for pool in selection.pools]


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.integers(2, 64), st.integers(0, 200))
def test_streams_fill_each_batch_with_their_share_rounded_up_or_down(weights, size, batches):
    shares = np.asarray(weights) / sum(weights)
    streams = StreamShares(derive_key(0, "shares"), shares, size)
    counts = streams.counts(0, batches)
    assert (counts.sum(axis=1) == size).all()
    assert (counts >= np.floor(shares * size - 1e-6)).all()
    assert (counts <= np.ceil(shares * size + 1e-6)).all()
    assert streams.before(batches).tolist() == counts.sum(axis=0).tolist()


def test_shares_are_right_on_average():
    shares = np.asarray([0.61, 0.25, 0.14])
    mean = StreamShares(derive_key(1, "shares"), shares, 10).counts(0, 640).mean(axis=0)
    assert mean == pytest.approx(10 * shares, abs=0.02)


@pytest.mark.parametrize("size", [8, 12, 20])
@pytest.mark.parametrize("questions_per_passage", [1, 2])
def test_every_pair_once_before_any_twice(size, questions_per_passage):
    corpus = grid(50, ("de", "en"), questions_per_passage=questions_per_passage)
    for batches in pool_batches(corpus, size, "monolingual"):
        windows = [batches.window(number) for number in range(3)]
        queries = np.concatenate([window.queries for window in windows])
        assert not any(window.replaced.any() for window in windows)
        seen = np.zeros(len(corpus), dtype=int)
        mine = batches.pool.streams()[0]
        for batch in queries:  # a batch may hold the end of one epoch and the beginning of the next
            np.add.at(seen, batch, 1)
            assert seen[mine].max() - seen[mine].min() <= 1


def test_a_mixture_sees_every_pair_of_a_language_once_an_epoch():
    corpus = grid(300, 4)
    (batches,) = pool_batches(corpus, 16, "cross-lingual")
    windows = [batches.window(number) for number in range(3)]
    assert not any(window.replaced.any() for window in windows)
    queries = np.concatenate([window.queries for window in windows])
    for stream in batches.pool.streams():
        seen = np.zeros(len(corpus), dtype=int)
        for batch in queries:
            np.add.at(seen, batch, 1)
            assert seen[stream].max() - seen[stream].min() <= 1


def test_epochs_differ_in_order():
    (batches,) = pool_batches(grid(16, ("en",)), 8, "monolingual")
    window = batches.window(0).queries
    epochs = window.reshape(-1, 16)
    assert len({tuple(epoch) for epoch in epochs.tolist()}) == len(epochs)


def test_another_passage_language_in_another_epoch():
    corpus = grid(40, 5)
    (batches,) = pool_batches(corpus, 8, "cross-lingual")
    pairs = {}
    for number in range(4):
        window = batches.window(number)
        for query, passage in zip(window.queries.ravel(), window.passages.ravel(), strict=True):
            pairs.setdefault(query, set()).add(passage)
    assert np.mean([len(passages) for passages in pairs.values()]) > 2


def test_windows_are_read_only():
    (batches,) = pool_batches(grid(16, ("en",)), 8, "monolingual")
    with pytest.raises(ValueError, match="read-only"):
        batches.window(0).queries[0, 0] = 1


def test_windows_of_a_small_stream_hold_whole_epochs():
    (batches,) = pool_batches(grid(48, ("en",)), 32, "monolingual")
    assert batches.window_batches == 9
    assert np.bincount(batches.window(5).queries.ravel()).tolist() == [6] * 48


def test_a_batch_of_the_whole_corpus():
    corpus = grid(24, 4)
    (batches,) = pool_batches(corpus, 24, "mixed")
    window = batches.window(3)
    for queries in window.queries:
        assert len(set(corpus.group_codes[queries])) == 24
    assert window.replaced.sum() < window.queries.size / 2
