"""No two items of a batch may share a group or a passage: finding such clashes, and undoing them by exchanges."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from equilingua.batching.draws import Flags, Ints


def first_holders(keys: Ints) -> Flags:
    """Return which items hold each of their keys before any other item does, bool [n]; `keys` is int64 [n, k].

    The items for which it is true share no key with each other. All are true exactly if nothing clashes.
    """
    items, width = keys.shape
    shift = max(1, (items - 1).bit_length())
    if items and int(keys.max()) >= 1 << (62 - shift):
        keys = np.unique(keys, return_inverse=True)[1].reshape(items, width)
    held = np.sort(((keys << shift) | np.arange(items)[:, None]).ravel())
    key, item = held >> shift, held & ((1 << shift) - 1)
    run = np.flatnonzero(np.diff(key, prepend=-1))
    first = np.repeat(item[run], np.diff(run, append=len(key)))
    clean = np.ones(items, dtype=bool)
    clean[item[item != first]] = False
    return clean


class Arrangement:
    """Which batch of a window each item is in, and who holds which key there.

    Attributes:
        home: batch of each item.
        held: for each batch the items that hold a key, by key.
        keys: the distinct keys of each item.
    """

    def __init__(self, keys: Ints, home: Ints, strand: Ints) -> None:
        """Start from the given batches.

        Args:
            keys: int64 [n, k], what may occur once in a batch.
            home: int64 [n], the batch of each item, ascending.
            strand: int64 [n]; items of one strand (one stream, one epoch) may exchange places.
        """
        self.home: list[int] = home.tolist()
        self.keys: list[tuple[int, ...]] = [tuple(dict.fromkeys(item)) for item in keys.tolist()]
        self.held: list[dict[int, list[int]]] = [defaultdict(list) for _ in range(self.home[-1] + 1)]
        for item, batch in enumerate(self.home):
            self._enter(item, batch)
        self._strand: list[int] = strand.tolist()
        self._members: dict[int, list[int]] = defaultdict(list)
        for item, name in enumerate(self._strand):
            self._members[name].append(item)

    def clashes(self, item: int) -> bool:
        """Say whether another item of the batch holds a key of this one."""
        held = self.held[self.home[item]]
        return any(len(held[key]) > 1 for key in self.keys[item])

    def fits(self, item: int, batch: int, leaving: int) -> bool:
        """Say whether `item` would clash with nobody in `batch` once `leaving` is gone."""
        held = self.held[batch]
        return all(not held.get(key) or held[key] == [leaving] for key in self.keys[item])

    def untangle(self, suspects: list[int]) -> list[int]:
        """Exchange items of a strand until nothing clashes; return the items for which no exchange was found.

        An exchange that leaves both batches sound is taken first. Otherwise the clashing item gives way to the
        nearest later one that fits, and is looked at again when its new batch's turn comes, which is the same as
        filling each batch with the earliest items that do not clash.
        """
        stuck = []
        queue = [(self.home[item], item) for item in suspects]
        heapq.heapify(queue)
        while queue:
            batch, item = heapq.heappop(queue)
            if self.home[item] != batch or not self.clashes(item):
                continue
            if any(self._exchange_soundly(mover) for mover in (item, *self._rivals(item))):
                if self.clashes(item):  # it has more than one rival
                    heapq.heappush(queue, (self.home[item], item))
                continue
            later = next((other for other in self._later(item) if self.fits(other, batch, item)), None)
            if later is None:
                stuck.append(item)
            else:
                self._swap(item, later)
                heapq.heappush(queue, (self.home[item], item))
        return [item for item in stuck if self.clashes(item)]

    def rekey(self, item: int, keys: Ints) -> None:
        """Let an item hold other keys (int64 [k]), in the batch where it is."""
        self._leave(item, self.home[item])
        self.keys[item] = tuple(dict.fromkeys(keys.tolist()))
        self._enter(item, self.home[item])

    def taken(self, item: int) -> Ints:
        """Return the keys that the other items of its batch hold, int64 [m]."""
        held = self.held[self.home[item]]
        return np.asarray([key for key, holders in held.items() if holders and holders != [item]], dtype=np.int64)

    def _rivals(self, item: int) -> Iterator[int]:
        held = self.held[self.home[item]]
        return (other for key in self.keys[item] for other in tuple(held[key]) if other != item)

    def _exchange_soundly(self, item: int) -> bool:
        batch = self.home[item]
        free, holders = self._openings(item)
        members = self._members[self._strand[item]]
        place = bisect_left(members, item)
        others: Iterable[int]
        if free:
            # neighbours first, so that exchanges spread over the window instead of wearing out its first batch
            others = (members[(place + step) % len(members)] for step in range(1, len(members)))
        else:
            mine = [other for other in holders if self._strand[other] == self._strand[item]]
            others = sorted(mine, key=lambda other: (bisect_left(members, other) - place) % len(members))
        for other in others:
            there = self.home[other]
            open_to_it = there in free or other in holders
            if open_to_it and self.fits(other, batch, item) and self.fits(item, there, other):
                self._swap(item, other)
                return True
        return False

    def _openings(self, item: int) -> tuple[set[int], set[int]]:
        """Return the other batches that hold no key of an item, and items that alone hold what their batch has of them.

        Of a group that fills the window there are none, and trying all neighbours would take quadratic time.
        """
        free, holders = set(), set()
        for batch, held in enumerate(self.held):
            found = [held[key] for key in self.keys[item] if held.get(key)]
            if batch == self.home[item] or any(len(those) > 1 for those in found):
                continue
            if not found:
                free.add(batch)
            elif len(alone := {those[0] for those in found}) == 1:
                holders |= alone
        return free, holders

    def _later(self, item: int) -> Iterator[int]:
        batch = self.home[item]
        later = [other for other in self._members[self._strand[item]] if self.home[other] > batch]
        return iter(sorted(later, key=self.home.__getitem__))

    def _swap(self, left: int, right: int) -> None:
        left_home, right_home = self.home[left], self.home[right]
        self._leave(left, left_home)
        self._leave(right, right_home)
        self.home[left], self.home[right] = right_home, left_home
        self._enter(left, right_home)
        self._enter(right, left_home)

    def _enter(self, item: int, batch: int) -> None:
        for key in self.keys[item]:
            self.held[batch][key].append(item)

    def _leave(self, item: int, batch: int) -> None:
        for key in self.keys[item]:
            self.held[batch][key].remove(item)
