"""The batch of any step: a pure function of corpus, plan, seed and step, the same on every rank."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.batching.plan import Timeline
from equilingua.batching.pools import RowCodes
from equilingua.batching.selection import select
from equilingua.batching.windows import PoolBatches, Window
from equilingua.errors import PlanError

if TYPE_CHECKING:
    from equilingua.batching.draws import Ints
    from equilingua.batching.plan import BatchPlan, Kind
    from equilingua.batching.pools import Exclusion
    from equilingua.corpus.schema import ParallelCorpus

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

    def slice(self, rank: int, world: int) -> Batch:
        """Return the share of one of `world` ranks: the ranks' shares, joined in order, are this batch.

        Raises:
            PlanError: the batch cannot be divided evenly, or there is no such rank.
        """
        if world < 1 or not 0 <= rank < world:
            raise PlanError(f"rank {rank} of {world}: ranks count from 0 to {max(world, 1) - 1}")
        share, rest = divmod(len(self), world)
        if rest:
            raise PlanError(f"a batch of {len(self)} cannot be divided among {world} ranks: use a multiple of {world}")
        part = slice(rank * share, (rank + 1) * share)
        return Batch(self.step, self.kind, self.source, self.query_rows[part], self.passage_rows[part], self.replaced)


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
        self._replacements: dict[tuple[int, int], int] = {}

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

    @property
    def replacements(self) -> int:
        """Items replaced in the windows made so far: each a row that was missed once, so that no batch has a clash."""
        return sum(self._replacements.values())

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
        if window.replaced.any():
            self._replacements[name] = int(window.replaced.sum())
        self._windows[name] = window
        self._cached_items += window.queries.size
        while self._cached_items > _CACHED_ITEMS and len(self._windows) > 1:
            self._cached_items -= self._windows.popitem(last=False)[1].queries.size
        return window
