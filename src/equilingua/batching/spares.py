"""The last resort against a clash: another passage of the same group, else another row. The guarantee comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.draws import hashed, permute, uniform
from equilingua.batching.pools import sound_items

if TYPE_CHECKING:
    from equilingua.batching.arrays import Ints
    from equilingua.batching.clashes import Arrangement
    from equilingua.batching.pools import Pool
    from equilingua.batching.rows import RowCodes


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
