"""Which pool each step draws from, and how many batches that pool gave before: by counting, with no state to keep."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.draws import derive_key, stratified
from equilingua.batching.plan import CROSS_LINGUAL, BatchPlan, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.batching.arrays import Floats, Ints

CHUNK = 16_384


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
