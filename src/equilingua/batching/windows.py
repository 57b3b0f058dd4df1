"""The batches of one pool, a window of them at a time, so that clashes can be undone among neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.clashes import Arrangement, first_holders
from equilingua.batching.draws import StratifiedCounts, derive_key, hashed, permute, stratified, uniform
from equilingua.batching.pools import sound_items

if TYPE_CHECKING:
    from equilingua.batching.draws import Floats, Ints
    from equilingua.batching.pools import Pool, RowCodes

_ITEMS = 2048  # of a usual window: enough neighbours to exchange with, made in milliseconds
_LEAST_BATCHES, _MOST_BATCHES = 8, 64
_MOST_ALIGNED_ITEMS = 4096


class StreamShares:
    """How many items each stream gives to each batch of a pool, by systematic resampling.

    With one number u a batch, a stream whose share spans (a, b] of the batch gives ceil(b − u) − ceil(a − u) items:
    its share rounded up or down, right on average (Kitagawa 1996, "Monte Carlo filter and smoother").
    """

    def __init__(self, key: np.uint64, shares: Floats, size: int) -> None:
        self._key = key
        edges = np.round(np.cumsum(shares) * size, 9)  # 1.9999999996 is meant to be 2
        edges[-1] = size
        self._whole = np.floor(edges).astype(np.int64)
        self._fraction = edges - self._whole
        self._raised = StratifiedCounts(key, self._fraction)

    def counts(self, start: int, stop: int) -> Ints:
        """Return the items of each stream in batches start … stop − 1, int64 [batches, streams]."""
        numbers = stratified(self._key, start, stop)
        return np.diff(self._whole + (numbers[:, None] < self._fraction), axis=1, prepend=0)

    def before(self, batch: int) -> Ints:
        """Return how many items each stream gave to all batches before this one, int64 [streams]."""
        return np.diff(self._whole * batch + self._raised.before(batch), prepend=0)


@dataclass(frozen=True, slots=True)
class Window:
    """Successive batches of a pool: rows of questions and passages, int64 [batches, size], replaced items [batches]."""

    queries: Ints
    passages: Ints
    replaced: Ints


class PoolBatches:
    """Every batch of a pool by its number, the same whichever was asked for before.

    A stream is an endless series of keyed permutations of its rows (epochs), of which each batch takes the next few.
    Items of a window that clash exchange places with items of the same stream and epoch, so each row still comes once
    an epoch. Where no exchange helps, another row of the stream takes the place: then a row is missed in this epoch,
    which the window counts as replaced.
    """

    def __init__(self, codes: RowCodes, pool: Pool, size: int, seed: int) -> None:
        self.pool = pool
        self._codes = codes
        self._size = size
        names = (pool.kind, pool.source, pool.passage_language or "")
        self._order_keys = np.asarray([derive_key(seed, "rows", *names, code) for code in pool.languages])
        self._passage_keys = np.asarray([derive_key(seed, "passages", *names, code) for code in pool.languages])
        own = (*names, *pool.languages)
        self._place_key, self._spare_key = derive_key(seed, "places", *own), derive_key(seed, "spare", *own)
        self.shares = StreamShares(derive_key(seed, "shares", *own), pool.shares, size)
        self.window_batches = _window_batches(size, pool.sizes)

    def window(self, number: int) -> Window:
        """Make the batches number · window_batches and following."""
        first = number * self.window_batches
        counts = self.shares.counts(first, first + self.window_batches)
        streams = self.pool.streams()
        stream = np.repeat(np.tile(np.arange(len(streams)), self.window_batches), counts.ravel())
        offsets = np.cumsum(counts.ravel()) - counts.ravel()
        starts = self.shares.before(first) + np.cumsum(counts, axis=0) - counts
        position = np.repeat(starts.ravel() - offsets, counts.ravel()) + np.arange(len(stream))
        sizes = self.pool.sizes[stream]
        epoch, place = np.divmod(position, sizes)
        chosen = permute(place, sizes, hashed(self._order_keys[stream], epoch))
        bounds = np.cumsum(self.pool.sizes) - self.pool.sizes
        queries = (np.concatenate(streams) if len(streams) > 1 else streams[0])[bounds[stream] + chosen]
        passages = self.pool.partners.draw(queries, uniform(self._passage_keys[stream], position))
        queries, passages, replaced = self._without_clashes(queries, passages, stream, epoch, number)
        items = np.arange(first * self._size, (first + self.window_batches) * self._size)
        # in a keyed order within each batch, so that any slice of it holds all languages alike
        shuffle = hashed(self._place_key, items).reshape(-1, self._size).argsort(axis=1)
        shuffle += np.arange(self.window_batches)[:, None] * self._size
        return Window(_frozen(queries[shuffle]), _frozen(passages[shuffle]), _frozen(replaced))

    def _without_clashes(
        self, queries: Ints, passages: Ints, stream: Ints, epoch: Ints, number: int
    ) -> tuple[Ints, Ints, Ints]:
        home = np.repeat(np.arange(self.window_batches), self._size)
        keys = self._codes.clash_keys(queries, passages)
        suspects = np.flatnonzero(~first_holders(keys + home[:, None] * self._codes.bound))
        replaced = np.zeros(self.window_batches, dtype=np.int64)
        if not len(suspects):
            return queries, passages, replaced
        streams = len(self.pool.candidates)
        arrangement = Arrangement(keys, home, epoch * streams + stream)
        stuck = arrangement.untangle(suspects.tolist())
        if stuck:
            queries, passages = queries.copy(), passages.copy()
            key = hashed(self._spare_key, np.asarray([number]))[0]
            spares = Spares(self._codes, self.pool, key)
            replaced = spares.replace(stuck, arrangement, stream, queries, passages)
        order = np.argsort(np.asarray(arrangement.home), kind="stable")
        return queries[order], passages[order], replaced


class Spares:
    """Puts other rows in the place of items that clash and could not be exchanged."""

    def __init__(self, codes: RowCodes, pool: Pool, key: np.uint64) -> None:
        """Take the pool and a key of the window alone, by which spare rows are chosen."""
        self._codes = codes
        self._partners = pool.partners
        self._streams = pool.streams()
        self._key = key

    def replace(self, stuck: list[int], arrangement: Arrangement, stream: Ints, queries: Ints, passages: Ints) -> Ints:
        """Change `queries` and `passages` (int64 [n]) in place until no item clashes.

        Args:
            stuck: items that clash.
            arrangement: who is in which batch; kept up to date.
            stream: int64 [n], the stream of each item; a spare comes from it unless every row of it clashes.
            queries: int64 [n] question rows.
            passages: int64 [n] passage rows.

        Returns:
            For each batch the number of items whose question was replaced, int64 [batches].
        """
        replaced = np.zeros(len(arrangement.held), dtype=np.int64)
        for item in stuck:
            if not arrangement.clashes(item):
                continue
            batch = arrangement.home[item]
            taken = arrangement.taken(item)
            spare = self._spare(item, int(stream[item]), int(queries[item]), taken)
            if spare is None:
                items = np.flatnonzero(np.asarray(arrangement.home) == batch)
                queries[items], passages[items] = self._whole_batch(batch, len(items))
                replaced[batch] = len(items)
            else:
                items = np.asarray([item])
                replaced[batch] += spare[0] != queries[item]
                queries[item], passages[item] = spare
            for changed, keys in zip(
                items.tolist(), self._codes.clash_keys(queries[items], passages[items]), strict=True
            ):
                arrangement.rekey(changed, keys)
        return replaced

    def _spare(self, item: int, stream: int, query: int, taken: Ints) -> tuple[int, int] | None:
        same = self._first_sound(np.asarray([query]), item, taken)
        if same is not None:
            return same
        for offset in range(len(self._streams)):
            rows = self._streams[(stream + offset) % len(self._streams)]
            found = self._first_sound(self._shuffled(rows, item), item, taken)
            if found is not None:
                return found
        return None

    def _first_sound(self, queries: Ints, item: int, taken: Ints) -> tuple[int, int] | None:
        free = ~(np.isin(self._codes.group_key[queries], taken) | np.isin(self._codes.passage_key[queries], taken))
        number = float(uniform(self._key, np.asarray([item]))[0])
        for query in queries[free].tolist():
            options = self._partners.of(query)
            options = options[~np.isin(self._codes.passage_key[options], taken)]
            if len(options):
                return query, int(options[int(number * len(options))])
        return None

    def _whole_batch(self, batch: int, size: int) -> tuple[Ints, Ints]:
        queries = np.concatenate(self._streams)
        chosen = sound_items(self._codes, self._shuffled(queries, -1 - batch), self._partners, size)
        # in the streams' own order they were found to be enough when the pool was made
        return chosen if len(chosen[0]) == size else sound_items(self._codes, queries, self._partners, size)

    def _shuffled(self, rows: Ints, purpose: int) -> Ints:
        key = hashed(self._key, np.asarray([purpose % 2**32]))
        count = len(rows)
        return rows[permute(np.arange(count), np.full(count, count), np.repeat(key, count))]


def _frozen(array: Ints) -> Ints:
    array.setflags(write=False)
    return array


def _window_batches(size: int, stream_sizes: Ints) -> int:
    """Return how many batches make a window; for a small single stream a whole number of epochs."""
    usual = min(max(_LEAST_BATCHES, _ITEMS // size), _MOST_BATCHES)
    if len(stream_sizes) == 1:
        # hardly anything clashes, and of hundreds of ordered pairs a run may take only a batch or two each
        usual = _LEAST_BATCHES
        cycle = int(stream_sizes[0]) // gcd(int(stream_sizes[0]), size)
        if cycle * size <= _MOST_ALIGNED_ITEMS:
            return cycle * -(-usual // cycle)
    return usual
