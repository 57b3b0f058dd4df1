"""Runs of characters as numbers: what near-duplicates and quotations have in common, in every script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.folding import FoldedTexts

_POINT_BITS = 21


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of characters within texts, in the order of the texts.

    Attributes:
        hashes: uint64 [runs], equal for equal runs.
        starts: int64 [runs], the place of each run's first character among `FoldedTexts.characters`.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]


def shingles(texts: FoldedTexts) -> Runs:
    """Return every run of 3 characters, or of 2 from a dense one: short enough for most to outlive a changed word.

    Two runs of different text never have the same hash: three code points fit into 63 bits, and the mixing is one to
    one.
    """
    points = texts.characters.astype(np.uint64)
    second, third = _shifted(points, 1), _shifted(points, 2)
    third[texts.dense] = 0
    packed = (points << np.uint64(2 * _POINT_BITS)) | (second << np.uint64(_POINT_BITS)) | third
    starts = _inside(texts, np.where(texts.dense, 2, 3))
    return Runs(mixed(packed[starts]), starts)


def windows(texts: FoldedTexts, letters: int) -> Runs:
    """Return every run worth `letters` letters, a power of two: that many characters, or half of it from a dense one.

    Hashes are of 64 bits: that two runs of different text share one is possible, and rarer than once in 10^6 searches.
    """
    hashes = texts.characters.astype(np.uint64) + np.uint64(1)
    half, width = hashes, 1
    factor = 0x9E3779B97F4A7C15
    while width < letters:
        half = hashes
        power = np.uint64(pow(factor, width, 2**64))
        hashes = half + power * _shifted(half, width)
        width *= 2
    chosen = np.where(texts.dense, half, hashes)
    starts = _inside(texts, np.where(texts.dense, letters // 2, letters))
    return Runs(mixed(chosen[starts]), starts)


def word_hashes(texts: FoldedTexts) -> NDArray[np.uint64]:
    """Return uint64 [words], equal for equal words."""
    if not len(texts.word_starts):
        return np.zeros(0, np.uint64)
    ends = np.append(texts.word_starts[1:], len(texts.characters))
    places = np.arange(len(texts.characters)) - np.repeat(texts.word_starts, ends - texts.word_starts)
    terms = mixed((places.astype(np.uint64) << np.uint64(_POINT_BITS)) | texts.characters)
    sums: NDArray[np.uint64] = np.add.reduceat(terms, texts.word_starts)
    return sums


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits: the finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable generators, 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return spread


def _shifted(values: NDArray[np.uint64], places: int) -> NDArray[np.uint64]:
    """Return each place's successor so many places on, 0 at the end."""
    shifted = np.zeros_like(values)
    shifted[: max(len(values) - places, 0)] = values[places:]
    return shifted


def _inside(texts: FoldedTexts, widths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places from which a run of that width stays within its text."""
    ends = np.repeat(texts.offsets[1:], np.diff(texts.offsets))
    places = np.arange(len(texts.characters))
    return np.flatnonzero(places + widths <= ends)
