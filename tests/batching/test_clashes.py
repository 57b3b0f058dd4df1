from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.batching.clashes import Arrangement, first_holders

KEYS = st.lists(st.tuples(st.integers(0, 12), st.integers(20, 40), st.integers(20, 40)), max_size=30)


def distinct_homes(keys, home):
    """By plain loops: no two items of one batch share a key."""
    return all(home[a] != home[b] or not set(keys[a]) & set(keys[b]) for a, b in combinations(range(len(keys)), 2))


@given(KEYS)
def test_first_holders_against_plain_loops(keys):
    expected = [not any(set(item) & set(earlier) for earlier in keys[:i]) for i, item in enumerate(keys)]
    assert first_holders(np.asarray(keys, dtype=np.int64).reshape(-1, 3)).tolist() == expected


def test_first_holders_of_keys_too_large_to_pack():
    assert first_holders(np.asarray([[2**61], [5], [2**61]])).tolist() == [True, True, False]


@given(KEYS.filter(bool), st.integers(1, 6), st.integers(1, 3))
def test_exchanges_keep_strands_and_leave_only_stuck_items_clashing(keys, batches, strands):
    home = np.sort(np.arange(len(keys)) % batches)
    strand = np.arange(len(keys)) % strands
    array = np.asarray(keys, dtype=np.int64)
    suspects = np.flatnonzero(~first_holders(array + home[:, None] * 100))
    arrangement = Arrangement(array, home, strand)
    stuck = arrangement.untangle(suspects.tolist())
    for name in range(strands):  # each batch keeps its number of items of each strand
        before = sorted(home[strand == name].tolist())
        assert sorted(at for at, own in zip(arrangement.home, strand, strict=True) if own == name) == before
    kept = [item for item in range(len(keys)) if item not in stuck]
    assert distinct_homes([keys[i] for i in kept], [arrangement.home[i] for i in kept])
    assert all(arrangement.clashes(item) for item in stuck)


class TriesAll(Arrangement):
    """Tries every neighbour, hopeless or not."""

    def _exchange_soundly(self, item):
        batch, members = self.home[item], self._members[self._strand[item]]
        place = members.index(item)
        for other in members[place + 1 :] + members[:place]:
            there = self.home[other]
            if there != batch and self.fits(other, batch, item) and self.fits(item, there, other):
                self._swap(item, other)
                return True
        return False


@given(KEYS.filter(bool), st.integers(1, 6), st.integers(1, 3))
def test_leaving_out_hopeless_exchanges_changes_nothing(keys, batches, strands):
    home, strand = np.sort(np.arange(len(keys)) % batches), np.arange(len(keys)) % strands
    array = np.asarray(keys, dtype=np.int64)
    suspects = np.flatnonzero(~first_holders(array + home[:, None] * 100)).tolist()
    ours, plain = (kind(array, home, strand) for kind in (Arrangement, TriesAll))
    assert ours.untangle(suspects) == plain.untangle(suspects)
    assert ours.home == plain.home


def test_exchanges_solve_what_can_be_solved():
    # batches (a a) (b c): one a has to move
    arrangement = Arrangement(np.asarray([[1], [1], [2], [3]]), np.asarray([0, 0, 1, 1]), np.zeros(4, dtype=np.int64))
    assert arrangement.untangle([1]) == []
    assert distinct_homes([(1,), (1,), (2,), (3,)], arrangement.home)


def test_an_item_gives_way_to_a_later_one_and_is_placed_further_on():
    # The second 1 cannot go to batch 1, which has a 1 as well, without passing through it to batch 2.
    keys = np.asarray([[1], [1], [1], [2], [3], [4]])
    home = np.asarray([0, 0, 1, 1, 2, 2])
    arrangement = Arrangement(keys, home, np.zeros(6, dtype=np.int64))
    assert arrangement.untangle([1]) == []
    assert distinct_homes([tuple(k) for k in keys.tolist()], arrangement.home)


def test_rekeyed_items_hold_their_new_keys():
    arrangement = Arrangement(np.asarray([[1], [1]]), np.asarray([0, 0]), np.asarray([0, 0]))
    assert arrangement.untangle([1]) == [1]
    assert arrangement.taken(1).tolist() == [1]
    arrangement.rekey(1, np.asarray([5]))
    assert not arrangement.clashes(0)
    assert sorted(arrangement.taken(0).tolist()) == [5]


@pytest.mark.parametrize("width", [1, 3])
def test_nothing_clashes_among_no_items(width):
    assert first_holders(np.zeros((0, width), dtype=np.int64)).tolist() == []
