"""A text within a longer one: an evaluation question or sentence in a training passage, or the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equilingua.corpus.matches import Matches, joined
from equilingua.corpus.shingles import windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.folding import FoldedTexts

# Word for word, so many letters of an evaluation text are no accident; with words changed, it takes more, and so do
# those of a training text, which may be a mere heading.
LEAST_LETTERS, LEAST_LETTERS_CHANGED = 20, 40
LEAST_SIMILARITY, LEAST_SIMILARITY_OF_EXCERPT = 0.8, 0.9

_WINDOW = 16
# A window of more items than this is a turn of phrase.
_MOST_ITEMS = 32
# A tenth of the words changed leaves more than this share of the windows in all but the oddest cases.
_LEAST_SHARE = 0.1
_FILTER_BITS = 26
# Letters from which on a partial ratio takes milliseconds.
_LONG = 500


class _Seeds(NamedTuple):
    """Pairs of a text and an item that share windows, with how far into the text the item would start; all int64."""

    texts: NDArray[np.int64]
    items: NDArray[np.int64]
    shifts: NDArray[np.int64]
    windows: NDArray[np.int64]


class Quotations:
    """Finds items within texts, and texts within items, whole or with words changed: seed and extend, as BLAST does."""

    def __init__(self, items: FoldedTexts) -> None:
        self._items = items
        runs = windows(items, _WINDOW)
        order = np.argsort(runs.hashes, kind="stable")
        hashes, starts = runs.hashes[order], runs.starts[order]
        _, counts = np.unique(hashes, return_counts=True)
        rare = np.repeat(counts <= _MOST_ITEMS, counts)
        self._hashes, self._starts = hashes[rare], starts[rare]
        self._seen = np.zeros(1 << _FILTER_BITS, np.bool_)
        self._seen[_filter_key(self._hashes)] = True

    def matches(self, texts: FoldedTexts) -> tuple[Matches, Matches]:
        """Return the items that texts quote, and the texts that are excerpts of items, each with its `_similarity`.

        Texts and items of about the same length are near-duplicates rather, and come under both.
        """
        seeds = self._seeds(texts)
        quoted: list[tuple[int, int, float]] = []
        excerpts: list[tuple[int, int, float]] = []
        for text, item, shift in zip(seeds.texts.tolist(), seeds.items.tolist(), seeds.shifts.tolist(), strict=True):
            whole, part = texts[text], self._items[item]
            found, place = quoted, shift
            if len(part) > len(whole):
                whole, part = part, whole
                found, place = excerpts, -shift
            letters = self._items.letters[item] if found is quoted else texts.letters[text]
            least = _least_similarity(letters, quoted=found is quoted)
            if least is None:
                continue
            # Changed words before a seed move it; they do not move it far.
            slack = len(part) // 5 + 4
            nearby = whole[max(place - slack, 0) : place + len(part) + slack]
            similarity = _similarity(part, nearby, least)
            if similarity >= least:
                found.append((text, item, similarity))
        return Matches.of(quoted), Matches.of(excerpts)

    def _seeds(self, texts: FoldedTexts) -> _Seeds:
        runs = windows(texts, _WINDOW)
        hits = np.flatnonzero(self._seen[_filter_key(runs.hashes)])
        left, right = joined(runs.hashes[hits], self._hashes)
        starts, item_starts = runs.starts[hits[left]], self._starts[right]
        owners, item_owners = texts.owners[starts], self._items.owners[item_starts]
        shifts = (starts - texts.offsets[owners]) - (item_starts - self._items.offsets[item_owners])
        return self._worth_a_look(texts, owners * len(self._items) + item_owners, shifts)

    def _worth_a_look(self, texts: FoldedTexts, pairs: NDArray[np.int64], shifts: NDArray[np.int64]) -> _Seeds:
        """Keep the pairs that share enough windows, each with its most frequent shift."""
        order = np.lexsort([shifts, pairs])
        pairs, shifts = pairs[order], shifts[order]
        new = np.flatnonzero((np.diff(pairs, prepend=-1) != 0) | (np.diff(shifts, prepend=0) != 0))
        if not len(new):
            return _Seeds(*(np.zeros(0, np.int64) for _ in _Seeds._fields))
        counts = np.diff(new, append=len(pairs))
        pairs, shifts = pairs[new], shifts[new]
        best = np.lexsort([-counts, pairs])
        first = np.flatnonzero(np.diff(pairs[best], prepend=-1) != 0)
        totals = np.add.reduceat(counts[best], first)
        chosen = best[first]
        text_index, item_index = np.divmod(pairs[chosen], len(self._items))
        lengths, item_lengths = np.diff(texts.offsets)[text_index], np.diff(self._items.offsets)[item_index]
        needed = _LEAST_SHARE * (np.minimum(lengths, item_lengths) - _WINDOW)
        enough = totals >= np.maximum(needed, 1)
        return _Seeds(text_index[enough], item_index[enough], shifts[chosen][enough], totals[enough])


def _least_similarity(letters: int, *, quoted: bool) -> float | None:
    """Return how similar a part of so many letters must be to what it is a part of; None if it is too short."""
    if letters >= LEAST_LETTERS_CHANGED:
        return LEAST_SIMILARITY if quoted else LEAST_SIMILARITY_OF_EXCERPT
    return 1.0 if quoted and letters >= LEAST_LETTERS else None


def _similarity(part: str, nearby: str, least: float) -> float:
    """Return how alike a part is to the stretch of a text that is most like it, from 0 to 1; below `least`, maybe 0.

    It is rapidfuzz's partial ratio. That compares with every stretch, which takes a second for 8,000 letters, so that
    of long parts the letters are counted that both have in the same order: a thousandth of the time, and the same to a
    percent.
    """
    from rapidfuzz import fuzz
    from rapidfuzz.distance import LCSseq

    if len(part) <= _LONG:
        return fuzz.partial_ratio(part, nearby, score_cutoff=100 * least) / 100
    return 2 * LCSseq.similarity(part, nearby) / (len(part) + min(len(part), len(nearby)))


def _filter_key(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (hashes >> np.uint64(64 - _FILTER_BITS)).astype(np.int64)
