"""Short texts that differ in a single word (or ideograph): too little is left of them for shingles to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equilingua.corpus.folding import DENSE_LETTERS
from equilingua.corpus.matches import Matches, joined
from equilingua.corpus.shingles import mixed, word_hashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.folding import FoldedTexts

LEAST_WORDS, MOST_WORDS = 3, 16
# What the changed word leaves must itself be too long to be there by accident.
LEAST_LETTERS_LEFT = 12


class _Patterns(NamedTuple):
    """Texts with one word left out: uint64 [patterns] hashes, int64 [patterns] owners."""

    hashes: NDArray[np.uint64]
    owners: NDArray[np.int64]


class Rewordings:
    """Finds items of which exactly one word is another.

    A pattern that several different items fit ("What is the capital of …?") says nothing and is left out.
    """

    def __init__(self, items: FoldedTexts) -> None:
        self._items = items
        patterns = _patterns(items)
        order = np.argsort(patterns.hashes, kind="stable")
        hashes, owners = patterns.hashes[order], patterns.owners[order]
        distinct, first, counts = np.unique(hashes, return_index=True, return_counts=True)
        single = counts == 1
        for place in np.flatnonzero(~single).tolist():
            fitting = {items[owner] for owner in owners[first[place] : first[place] + counts[place]].tolist()}
            single[place] = len(fitting) == 1
        self._hashes, self._owners = distinct[single], owners[first[single]]

    def matches(self, texts: FoldedTexts) -> Matches:
        """Return texts and items with one word changed, with the share of letters that stayed."""
        from rapidfuzz.distance import Levenshtein

        patterns = _patterns(texts)
        left, right = joined(patterns.hashes, self._hashes)
        pairs = sorted(set(zip(patterns.owners[left].tolist(), self._owners[right].tolist(), strict=True)))
        return Matches.of(
            [(text, item, Levenshtein.normalized_similarity(texts[text], self._items[item])) for text, item in pairs]
        )


def _patterns(texts: FoldedTexts) -> _Patterns:
    ends = np.append(texts.word_starts[1:], len(texts.characters))
    letters = np.concatenate([[0], np.cumsum(np.where(texts.dense, DENSE_LETTERS, 1))])
    sizes = letters[ends] - letters[texts.word_starts]
    owners = texts.owners[texts.word_starts]
    counts = np.bincount(owners, minlength=len(texts))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    places = np.arange(len(owners)) - offsets[owners]
    # A word's term says which word stands at which place; left out, it leaves a gap at that place.
    terms = mixed(word_hashes(texts) + mixed(places.astype(np.uint64)))
    totals = np.concatenate([[np.uint64(0)], np.cumsum(terms)])
    sums = totals[offsets[1:]] - totals[offsets[:-1]]
    patterns = mixed(sums[owners] - terms + counts[owners].astype(np.uint64))
    fits = (counts[owners] >= LEAST_WORDS) & (counts[owners] <= MOST_WORDS)
    fits &= texts.letters[owners] - sizes >= LEAST_LETTERS_LEFT
    return _Patterns(patterns[fits], owners[fits])
