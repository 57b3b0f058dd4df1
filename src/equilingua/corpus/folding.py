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
