"""The batch of any step: a pure function of corpus, plan, seed and step, the same on every rank."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.draws import derive_key, stratified
from equilingua.batching.plan import CROSS_LINGUAL
from equilingua.batching.pools import RowCodes
from equilingua.batching.selection import select
from equilingua.batching.windows import PoolBatches, Window
from equilingua.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.batching.draws import Floats, Ints
    from equilingua.batching.plan import BatchPlan, Kind
    from equilingua.batching.pools import Exclusion
    from equilingua.corpus.schema import ParallelCorpus

# Steps whose pools are drawn at once.
CHUNK = 16_384
_CACHED_ITEMS = 4_000_000  # 64 MB of row numbers


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """What one step trains on.

    Attributes:
        step: number of the step, from 0.
        kind: `monolingual`, `cross-lingual` or `mixed`.
        source: name of the source of the questions.
        query_rows: corpus row of each item's question, int64 [size], read-only.
        passage_rows: corpus row of each item's passage, int64 [size], read-only.
        replaced: items of the whole batch that took the place of one that clashed and could not be exchanged.
    """

    step: int
    kind: Kind
    source: str
    query_rows: Ints
    passage_rows: Ints
    replaced: int = 0

    def __len__(self) -> int:
        return len(self.query_rows)


class Timeline:
    """The pool of every step. Pools are numbered through all kinds, in the order given."""

    def __init__(self, plan: BatchPlan, probabilities: Mapping[Kind, Floats], seed: int) -> None:
        """Take the probability of each pool within its kind, float64 [pools of the kind]."""
        self._plan = plan
        self._kinds: Sequence[Kind] = tuple(probabilities)
        self._bounds = np.cumsum([0, *(len(shares) for shares in probabilities.values())])
        self._edges = [np.cumsum(shares)[:-1] for shares in probabilities.values()]
        self._kind_key = derive_key(seed, "kind")
        self._pool_keys = [derive_key(seed, "pool", kind) for kind in self._kinds]
        self._starts = [np.zeros(int(self._bounds[-1]), dtype=np.int64)]
        self._chunk = lru_cache(maxsize=8)(self._draw_chunk)

    def at(self, step: int) -> tuple[int, int]:
        """Return the pool of a step, and how many earlier steps drew from it."""
        chunk, place = divmod(step, CHUNK)
        pools = self._chunk_at(chunk)
        pool = int(pools[place])
        return pool, int(self._starts[chunk][pool] + np.count_nonzero(pools[:place] == pool))

    def counts(self, steps: int) -> Ints:
        """Return how many of the first `steps` steps draw from each pool, int64 [pools]."""
        chunk, place = divmod(steps, CHUNK)
        return self._starts[chunk] + self._tally(self._chunk_at(chunk)[:place])

    def _chunk_at(self, chunk: int) -> Ints:
        while len(self._starts) <= chunk:
            done = len(self._starts) - 1
            self._starts.append(self._starts[done] + self._tally(self._chunk(done)))
        return self._chunk(chunk)

    def _draw_chunk(self, chunk: int) -> Ints:
        start, stop = chunk * CHUNK, (chunk + 1) * CHUNK
        kinds = np.zeros(CHUNK, dtype=np.int64)
        if len(self._kinds) > 1:
            shares = self._plan.monolingual_shares(np.arange(start, stop))
            kinds[stratified(self._kind_key, start, stop) >= shares] = self._kinds.index(CROSS_LINGUAL)
        pools = np.empty(CHUNK, dtype=np.int64)
        for kind, edges in enumerate(self._edges):
            low, high = self._bounds[kind : kind + 2]
            mine = np.flatnonzero(kinds == kind)
            before = int(self._starts[chunk][low:high].sum())
            numbers = stratified(self._pool_keys[kind], before, before + len(mine))
            pools[mine] = low + np.searchsorted(edges, numbers, side="right")
        return pools

    def _tally(self, pools: Ints) -> Ints:
        return np.bincount(pools, minlength=int(self._bounds[-1]))


class Sampler:
    """Gives the batch of any step, in any order of asking.

    Attributes:
        plan: the plan it follows.
        excluded: parts of the corpus that no batch is drawn from, with the reason.
        pools: what batches are drawn from.
    """

    def __init__(self, corpus: ParallelCorpus, plan: BatchPlan, seed: int) -> None:
        """Find what the plan can draw from the corpus.

        Raises:
            DataError: the corpus is empty.
            PlanError: a kind of batch that the plan needs cannot be filled; the message says which size would fit.
            UsageError: the plan weighs a source that the corpus does not have.
        """
        codes = RowCodes(corpus, distinct=plan.distinct)
        selections = select(codes, plan)
        self.plan = plan
        self.excluded: tuple[Exclusion, ...] = tuple(e for s in selections.values() for e in s.excluded)
        self.pools = tuple(pool for selection in selections.values() for pool in selection.pools)
        self._timeline = Timeline(plan, {kind: s.probabilities for kind, s in selections.items()}, seed)
        self._codes = codes
        self._seed = seed
        self._pool_batches: dict[int, PoolBatches] = {}
        self._windows: OrderedDict[tuple[int, int], Window] = OrderedDict()
        self._cached_items = 0

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0.

        Raises:
            PlanError: the step is negative.
        """
        if step < 0:
            raise PlanError(f"step {step}: steps count from 0")
        number, occurrence = self._timeline.at(step)
        batches = self.pool_batches(number)
        window_number, place = divmod(occurrence, batches.window_batches)
        window = self._window(number, window_number)
        pool = self.pools[number]
        queries, passages = window.queries[place], window.passages[place]
        return Batch(step, pool.kind, pool.source, queries, passages, int(window.replaced[place]))

    def pool_counts(self, steps: int) -> Ints:
        """Return how many of the first `steps` batches come from each of `pools`, int64 [pools]."""
        return self._timeline.counts(steps)

    def pool_batches(self, number: int) -> PoolBatches:
        """Return the batches of one of `pools`."""
        if number not in self._pool_batches:
            self._pool_batches[number] = PoolBatches(self._codes, self.pools[number], self.plan.size, self._seed)
        return self._pool_batches[number]

    def _window(self, pool: int, number: int) -> Window:
        name = (pool, number)
        if name in self._windows:
            self._windows.move_to_end(name)
            return self._windows[name]
        window = self.pool_batches(pool).window(number)
        self._windows[name] = window
        self._cached_items += window.queries.size
        while self._cached_items > _CACHED_ITEMS and len(self._windows) > 1:
            self._cached_items -= self._windows.popitem(last=False)[1].queries.size
        return window


@dataclass(frozen=True, slots=True)
class DrawnStream:
    """What one stream gives to a run.

    Attributes:
        kind: the kind of its batches.
        source: the source of its questions.
        language: the language of its questions.
        passage_language: the language of its passages; None where every other language of a group may come.
        items: items drawn from it.
        pairs: question rows that it has.
    """

    kind: Kind
    source: str
    language: str
    passage_language: str | None
    items: int
    pairs: int

    @property
    def epochs(self) -> float:
        """How often each of its rows is drawn."""
        return self.items / self.pairs


@dataclass(frozen=True, slots=True)
class Summary:
    """What a plan draws over its first `steps` steps.

    Attributes:
        steps: steps counted.
        size: items in a batch.
        batches: batches of each kind.
        drawn: items by stream.
        excluded: what is never drawn, and why.
    """

    steps: int
    size: int
    batches: dict[Kind, int]
    drawn: tuple[DrawnStream, ...]
    excluded: tuple[Exclusion, ...]

    def items_by_language(self) -> dict[str, int]:
        """Return items by language of the question, over all kinds and sources."""
        return self._items_by("language")

    def items_by_source(self) -> dict[str, int]:
        """Return items by source, over all kinds and languages."""
        return self._items_by("source")

    def _items_by(self, attribute: str) -> dict[str, int]:
        totals: dict[str, int] = {}
        for stream in self.drawn:
            name = getattr(stream, attribute)
            totals[name] = totals.get(name, 0) + stream.items
        return dict(sorted(totals.items()))


def summarise(sampler: Sampler, steps: int) -> Summary:
    """Count what the first `steps` batches draw, without making them."""
    batches: dict[Kind, int] = dict.fromkeys(sampler.plan.kinds, 0)
    drawn = []
    for number, (pool, count) in enumerate(zip(sampler.pools, sampler.pool_counts(steps).tolist(), strict=True)):
        batches[pool.kind] += count
        items = sampler.pool_batches(number).shares.before(count).tolist()
        drawn += [
            DrawnStream(pool.kind, pool.source, language, pool.passage_language, given, pairs)
            for language, given, pairs in zip(pool.languages, items, pool.sizes.tolist(), strict=True)
        ]
    return Summary(steps, sampler.plan.size, batches, tuple(drawn), sampler.excluded)
