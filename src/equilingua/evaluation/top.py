"""The best candidates of each question, exact, without sorting the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGN = np.uint32(1 << 31)
_SCORE_BITS = 32
# How many groups of candidates there are for each one that is kept: with four, about 15 % more candidates than asked
# for survive the bound of scores in random order.
_GROUPS_A_PLACE = 4
# More survivors than this for each place are a sign of many equal scores.
_CROWD = 4


@dataclass(frozen=True)
class Layout:
    """How a question's scores lie in memory: padded with -inf to groups of equal size.

    Attributes:
        candidates: number of scores.
        kept: how many of the best are wanted.
        groups: number of groups, at least `kept`; candidate c is in group c % groups, so that a group holds candidates
            of all languages and neighbours are in different ones.
        width: a multiple of `groups`.
    """

    candidates: int
    kept: int
    groups: int
    width: int

    @classmethod
    def of(cls, candidates: int, most: int) -> Layout:
        """Lay out candidates of which at most `most` are wanted."""
        kept = min(most, candidates)
        size = max(1, candidates // (_GROUPS_A_PLACE * kept))
        groups = -(-candidates // size)
        return cls(candidates, kept, groups, groups * size)


@dataclass(frozen=True)
class Survivors:
    """The candidates of some questions that reach a bound, sorted.

    Attributes:
        layout: of the scores.
        least: float32 [questions], the bound; every candidate that reaches it is here, and where fewer do than are
            wanted, some of the next best.
        keys: uint64 [survivors], ascending; from the highest bit: question, score (by `descending`), candidate.
        starts: int64 [questions + 1], where each question's begin.
    """

    layout: Layout
    least: NDArray[np.float32]
    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]

    @property
    def candidate_bits(self) -> np.uint64:
        """Width of the candidate's number in a key."""
        return np.uint64(self.layout.width.bit_length())

    def best(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the best candidates, int32 [questions, kept], and their scores."""
        keys = self.keys[self.starts[:-1, None] + np.arange(self.layout.kept)]
        return self.candidates(keys).astype(np.int32), scores_of(self.numbers(keys))

    def candidates(self, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Take the candidates out of keys."""
        return keys & ((np.uint64(1) << self.candidate_bits) - np.uint64(1))

    def numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """Take the scores out of keys, as `descending` wrote them."""
        return (keys >> self.candidate_bits).astype(np.uint32)


def most_rows(width: int) -> int:
    """Return how many questions a key has room for."""
    return 1 << (64 - _SCORE_BITS - width.bit_length())


def survivors(block: NDArray[np.float32], layout: Layout) -> Survivors:
    """Find at least the `kept` best candidates of each question, and not many more.

    The highest score of each group is reached by a candidate of that group, so the k-th highest of these is reached by
    k candidates: a bound that costs one pass, above which few are left to be sorted.

    Args:
        block: float32 [questions, width].
        layout: of its rows.
    """
    highest = block.reshape(len(block), -1, layout.groups).max(axis=1)
    place = layout.groups - layout.kept
    least: NDArray[np.float32] = np.partition(highest, place, axis=1)[:, place].copy()
    reach = block >= least[:, None]
    # Where fewer candidates than wanted have a finite score, the padding would reach the bound too.
    reach[:, layout.candidates :] = False
    for row in np.flatnonzero(np.count_nonzero(reach, axis=1) > _CROWD * layout.kept):
        least[row] = _thin(block[row, : layout.candidates], reach[row], least[row], layout.kept)
    flat = np.flatnonzero(reach)
    bits = np.uint64(layout.width.bit_length())
    sizes = np.count_nonzero(reach, axis=1)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    question = np.repeat(np.arange(len(block), dtype=np.uint64), sizes)
    candidate = flat.astype(np.uint64) - question * np.uint64(layout.width)
    keys = (question << np.uint64(_SCORE_BITS)) | descending(block.ravel()[flat])
    keys = (keys << bits) | candidate
    keys.sort()
    return Survivors(layout, least, keys, starts)


def _thin(scores: NDArray[np.float32], reach: NDArray[np.bool_], least: np.float32, kept: int) -> np.float32:
    """Drop candidates that share the bound's score and are not needed, as most do that share no word with a question.

    Args:
        scores: float32 [candidates], of one question.
        reach: bool [width], which ones survive; changed.
        least: the bound.
        kept: how many of the best are wanted.

    Returns:
        a bound above the old one; all that reach it survive, and so do the first ones at the old one, as far as wanted.
    """
    np.greater(scores, least, out=reach[: len(scores)])
    wanted = max(0, kept - int(np.count_nonzero(reach)))
    reach[np.flatnonzero(scores == least)[:wanted]] = True
    bound: np.float32 = np.nextafter(least, np.float32(np.inf))
    return bound


def descending(scores: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Turn scores into whole numbers that ascend as scores descend; equal exactly where scores are.

    The bits of IEEE 754 numbers of one sign are ordered like whole numbers.

    >>> descending(np.array([2.0, 0.5, 0.0, -0.0, -1.0], np.float32)).tolist()
    [1073741823, 1090519039, 2147483647, 2147483647, 3212836864]
    """
    # Adding 0 turns −0 into 0, which equals it but has other bits.
    bits = (scores + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, bits, ~(bits | _SIGN))


def scores_of(numbers: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Undo `descending`."""
    return np.where(numbers & _SIGN, numbers, ~(numbers | _SIGN)).view(np.float32)
