"""The order of one block of scores, exact, without sorting it: what stands first, and how many above each entry."""

from __future__ import annotations

import itertools
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
_WORD = 64
# Relevant candidates compared at once; bounds the mask. For more of one question it is quicker to sort its scores.
_THRESHOLDS = 64


@dataclass(frozen=True)
class Grouping:
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
    def of(cls, candidates: int, most: int) -> Grouping:
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

    layout: Grouping
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


def survivors(block: NDArray[np.float32], layout: Grouping) -> Survivors:
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


@dataclass(frozen=True)
class Entries:
    """Questions with one of their relevant candidates each.

    Attributes:
        row: int64 [entries], the question's row in the block, ascending.
        candidate: int64 [entries].
        score: float32 [entries].
    """

    row: NDArray[np.int64]
    candidate: NDArray[np.int64]
    score: NDArray[np.float32]

    def take(self, places: NDArray[np.int64]) -> Entries:
        """Return some of them."""
        return Entries(self.row[places], self.candidate[places], self.score[places])


def count_above(
    block: NDArray[np.float32],
    found: Survivors,
    entries: Entries,
    language: NDArray[np.int32],
    bounds: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Count for every entry, among all candidates and among those of its candidate's language.

    Args:
        block: float32 [questions, width].
        found: its best candidates, sorted.
        entries: whose scores to count from.
        language: int32 [candidates].
        bounds: int64 [languages + 1], the candidates of each language.

    Returns:
        int32 [at or above / strictly above, all languages / own language, entries].
    """
    counted = np.empty((2, 2, len(entries.row)), np.int32)
    reached = entries.score >= found.least[entries.row]
    near, far = np.flatnonzero(reached), np.flatnonzero(~reached)
    counted[:, :, near] = _among_survivors(found, entries.take(near), language)
    scores = block[:, : found.layout.candidates]
    many = np.bincount(entries.row[far], minlength=len(block))[entries.row[far]] > _THRESHOLDS
    crowded, few = far[many], far[~many]
    for first in range(0, len(few), _THRESHOLDS):
        places = few[first : first + _THRESHOLDS]
        counted[:, :, places] = _by_comparing(scores, entries.take(places), language, bounds)
    for places in np.split(crowded, np.flatnonzero(np.diff(entries.row[crowded])) + 1):
        counted[:, :, places] = _by_sorting(scores, entries.take(places), language, bounds)
    return counted


def _among_survivors(found: Survivors, entries: Entries, language: NDArray[np.int32]) -> NDArray[np.int32]:
    """Look the entries' scores up among the sorted survivors, which hold everything above them."""
    counted = np.empty((2, 2, len(entries.row)), np.int32)
    row = entries.row.astype(np.uint64)
    number = descending(entries.score).astype(np.uint64)
    wanted = (row << np.uint64(32)) | number
    keys, start = found.keys >> found.candidate_bits, found.starts[entries.row]
    counted[0, 0] = np.searchsorted(keys, wanted, "right") - start
    counted[1, 0] = np.searchsorted(keys, wanted, "left") - start
    # The same with the language between the question and the score.
    bits = np.uint64(int(language[-1]).bit_length())
    mask = np.uint64(2**32 - 1)
    spoken = language[found.candidates(found.keys).astype(np.int64)].astype(np.uint64)
    keys = ((((keys >> np.uint64(32)) << bits) | spoken) << np.uint64(32)) | (keys & mask)
    keys.sort()
    own = ((row << bits) | language[entries.candidate].astype(np.uint64)) << np.uint64(32)
    start = np.searchsorted(keys, own, "left")
    counted[0, 1] = np.searchsorted(keys, own | number, "right") - start
    counted[1, 1] = np.searchsorted(keys, own | number, "left") - start
    return counted


def _by_comparing(
    scores: NDArray[np.float32], entries: Entries, language: NDArray[np.int32], bounds: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Compare the entries' scores with all of their question's, pack the outcomes to bits, count bits by word.

    Of the simple ways the one that measured fastest: counting the outcomes themselves took 1.7 times as long.
    """
    counted = np.empty((2, 2, len(entries.row)), np.int32)
    candidates = scores.shape[1]
    words = -(-candidates // _WORD)
    mask = np.empty((len(entries.row), words * _WORD), np.bool_)
    mask[:, candidates:] = False
    questions = np.append(np.flatnonzero(np.diff(entries.row, prepend=-1)), len(entries.row))
    spoken = language[entries.candidate]
    first, last = bounds[spoken], bounds[spoken + 1]
    for way, compare in enumerate((np.greater_equal, np.greater)):
        for begin, end in itertools.pairwise(questions):
            row, thresholds = scores[entries.row[begin]], entries.score[begin:end, None]
            compare(row, thresholds, out=mask[begin:end, :candidates])
        bits = np.packbits(mask, axis=1, bitorder="little").view("<u8")
        before = np.zeros((len(mask), words + 1), np.int32)
        np.cumsum(np.bitwise_count(bits), axis=1, out=before[:, 1:])
        counted[way, 0] = before[:, -1]
        counted[way, 1] = _bits_before(bits, before, last) - _bits_before(bits, before, first)
    return counted


def _by_sorting(
    scores: NDArray[np.float32], entries: Entries, language: NDArray[np.int32], bounds: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Look the entries of one question up among its sorted scores, of all languages and of each entry's own."""
    counted = np.empty((2, 2, len(entries.row)), np.int32)
    if not len(entries.row):
        return counted
    pool = descending(scores[entries.row[0]])
    own = (language.astype(np.uint64) << np.uint64(32)) | pool
    starts = bounds[language[entries.candidate]]
    for among, keys, start in ((0, pool, 0), (1, own, starts)):
        ordered, wanted = np.sort(keys), keys[entries.candidate]
        counted[0, among] = np.searchsorted(ordered, wanted, "right") - start
        counted[1, among] = np.searchsorted(ordered, wanted, "left") - start
    return counted


def _bits_before(bits: NDArray[np.uint64], before: NDArray[np.int32], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Count the bits below a place in each row, given the counts of whole words."""
    rows, word, rest = np.arange(len(bits)), place // _WORD, (place % _WORD).astype(np.uint64)
    # A place at the very end begins a word that is not there, of which no bit is asked for.
    last = bits[rows, np.minimum(word, bits.shape[1] - 1)] & ((np.uint64(1) << rest) - np.uint64(1))
    counted: NDArray[np.int32] = before[rows, word] + np.bitwise_count(last).astype(np.int32)
    return counted
