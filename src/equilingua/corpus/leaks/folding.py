"""Texts as what is left of them in any script without case, punctuation, spaces and marks of layout."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


# What a dense character (an ideograph, a Hangul syllable) says takes about so many letters elsewhere.
DENSE_LETTERS = 3

_BREAK = "\0"
_LETTER, _IDEOGRAPH, _SYLLABLE, _SPACE = 1, 2, 3, 4
# Capitals of a dotless i and of a dotted one fold to letters that differ from each other's: all become a plain i.
_PLAIN = {"\u0131": "i", "\u0307": ""}
# Letters and marks by category, yet without sound: the Arabic stretch, and selectors of a glyph's variant.
_SILENT = ((0x0640, 0x0640), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_SYLLABLES = ((0xAC00, 0xD7A3),)
_POINT_BITS = 21


@dataclass(frozen=True, eq=False)
class FoldedTexts:
    """Folded texts, one after the other.

    Attributes:
        characters: uint32 [characters], code points.
        offsets: int64 [texts + 1]; text i is `characters[offsets[i]:offsets[i + 1]]`.
        word_starts: int64 [words], the place of the first character of every word, as spaces divide them; an ideograph
            is a word of its own.
    """

    characters: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    word_starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, text: int) -> str:
        start, end = self.offsets[text], self.offsets[text + 1]
        return self.characters[start:end].tobytes().decode("utf-32-le")

    @cached_property
    def dense(self) -> NDArray[np.bool_]:
        """[characters] whether it is a dense one."""
        kinds = _kinds()[self.characters]
        dense: NDArray[np.bool_] = (kinds == _IDEOGRAPH) | (kinds == _SYLLABLE)
        return dense

    @cached_property
    def letters(self) -> NDArray[np.int64]:
        """[texts] how much each says, in letters: a dense character counts for several."""
        worth = np.concatenate([[0], np.cumsum(np.where(self.dense, DENSE_LETTERS, 1))])
        letters: NDArray[np.int64] = np.diff(worth[self.offsets])
        return letters

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """[characters] the text that each belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


def fold(texts: Sequence[str]) -> FoldedTexts:
    """Fold texts: NFKC, case folding, then letters, marks and digits only.

    >>> [fold(["Straße, 2\u00b2 – «İstanbul»"])[0], fold(["STRASSE 22 istanbul!"])[0]]
    ['strasse22istanbul', 'strasse22istanbul']
    """
    joined = _BREAK.join(text.replace(_BREAK, " ") for text in texts)
    joined = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", joined).casefold())
    for character, plain in _PLAIN.items():
        joined = joined.replace(character, plain)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds()[points]
    kept = (kinds > 0) & (kinds < _SPACE)
    breaks = np.concatenate([np.flatnonzero(points == ord(_BREAK)), [len(points)] if texts else []]).astype(np.int64)
    # Kept characters before each break: breaks themselves are not kept.
    before = np.concatenate([[0], np.cumsum(kept)])
    offsets = np.concatenate([[0], before[breaks]]).astype(np.int64)
    # A word starts where spaces (or breaks) have come since the last kept character, and at and after an ideograph.
    gaps = np.cumsum((kinds == _SPACE) | (kinds == _IDEOGRAPH))
    gaps[1:] += np.cumsum(kinds[:-1] == _IDEOGRAPH)
    word_starts = np.flatnonzero(np.diff(gaps[kept], prepend=-1)).astype(np.int64)
    return FoldedTexts(points[kept], offsets, word_starts)


@cache
def _kinds() -> NDArray[np.uint8]:
    """[code points] what folding makes of each."""
    characters = [chr(point) for point in range(sys.maxunicode + 1)]
    kinds = np.array([_LETTER if unicodedata.category(character)[0] in "LMN" else 0 for character in characters])
    kinds[[ord(character) for character in characters if character.isspace()]] = _SPACE
    kinds[ord(_BREAK)] = _SPACE
    for first, last in _SILENT:
        kinds[first : last + 1] = 0
    for kind, ranges in ((_IDEOGRAPH, _IDEOGRAPHS), (_SYLLABLE, _SYLLABLES)):
        for first, last in ranges:
            kinds[first : last + 1] *= kind
    return kinds.astype(np.uint8)


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
