"""How many candidates stand at or above, and strictly above, each relevant one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import top

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = 64
# Relevant candidates compared at once; bounds the mask. For more of one question it is quicker to sort its scores.
_THRESHOLDS = 64


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


def count(
    block: NDArray[np.float32],
    found: top.Survivors,
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


def _among_survivors(found: top.Survivors, entries: Entries, language: NDArray[np.int32]) -> NDArray[np.int32]:
    """Look the entries' scores up among the sorted survivors, which hold everything above them."""
    counted = np.empty((2, 2, len(entries.row)), np.int32)
    row = entries.row.astype(np.uint64)
    number = top.descending(entries.score).astype(np.uint64)
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
    pool = top.descending(scores[entries.row[0]])
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
