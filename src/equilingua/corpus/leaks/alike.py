"""Texts that are nearly the same, reworded or quoted: candidates by their shingles, then looked at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equilingua.corpus.leaks.folding import DENSE_LETTERS, mixed, shingles, windows, word_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.leaks.folding import FoldedTexts

# Near-duplicates. One word in ten changed leaves 0.75 of a text and more; unlike texts of 16 letters and more stay
# below 0.69 (measured on 170,000 texts of LibreOffice's help against XQuAD-R and MLQA-R).
LEAST_SIMILARITY_OF_DUPLICATE = 0.7
LEAST_LETTERS_OF_DUPLICATE = 16
# Bands of 3: two texts that share 45 % of their shingles meet in one with probability 0.9997.
_ROWS, _BANDS = 3, 85
_PERMUTATIONS = _ROWS * _BANDS
_SEED = 1
# Less agreement of the signatures than this never comes with an edit similarity of 0.7, and it is quick to see.
_LEAST_AGREEMENT = 0.25
_BLOCK = 65536

# Rewordings.
LEAST_WORDS, MOST_WORDS = 3, 16
# What the changed word leaves must itself be too long to be there by accident.
LEAST_LETTERS_LEFT = 12

# Quotations. Word for word, so many letters of an evaluation text are no accident; with words changed, it takes more,
# and so do those of a training text, which may be a mere heading.
LEAST_LETTERS_QUOTED, LEAST_LETTERS_CHANGED = 20, 40
LEAST_SIMILARITY_OF_QUOTATION, LEAST_SIMILARITY_OF_EXCERPT = 0.8, 0.9
_WINDOW = 16
# A window of more items than this is a turn of phrase.
_MOST_ITEMS = 32
# A tenth of the words changed leaves more than this share of the windows in all but the oddest cases.
_LEAST_SHARE = 0.1
_FILTER_BITS = 26
# Letters from which on a partial ratio takes milliseconds.
_LONG = 500


@dataclass(frozen=True, eq=False)
class Matches:
    """Texts with the items that they match.

    Attributes:
        texts: int64 [matches] index of the text.
        items: int64 [matches] index of the item.
        similarity: float64 [matches] from 0 to 1.
    """

    texts: NDArray[np.int64]
    items: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, triples: Sequence[tuple[int, int, float]]) -> Matches:
        """Collect (text, item, similarity)."""
        texts, items, similarity = zip(*triples, strict=True) if triples else ((), (), ())
        return cls(np.array(texts, np.int64), np.array(items, np.int64), np.array(similarity, np.float64))


def joined(
    hashes: NDArray[np.uint64], sorted_hashes: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of equal hashes.

    Args:
        hashes: uint64 [n].
        sorted_hashes: uint64 [m], ascending.

    Returns:
        int64 [pairs] indices into `hashes` and int64 [pairs] into `sorted_hashes`.
    """
    first = np.searchsorted(sorted_hashes, hashes)
    counts = np.searchsorted(sorted_hashes, hashes, side="right") - first
    left = np.repeat(np.arange(len(hashes)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, within + np.repeat(first, counts)


class NearDuplicates:
    """Finds near-duplicates of items (Broder, On the resemblance and containment of documents, 1997).

    Signatures are compared by bands (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4). A pair
    below `LEAST_SIMILARITY_OF_DUPLICATE` is never returned; one above it is missed with a probability that falls
    quickly with the shingles that it shares.
    """

    def __init__(self, items: FoldedTexts) -> None:
        self._items = items
        self._chosen = np.flatnonzero(items.letters >= LEAST_LETTERS_OF_DUPLICATE)
        self._signatures = _signatures(items)
        bands = _bands(self._signatures[self._chosen])
        order = np.argsort(bands, axis=0)
        self._bands = np.take_along_axis(bands, order, axis=0)
        self._owners = self._chosen[order]

    def matches(self, texts: FoldedTexts) -> Matches:
        """Return every near-duplicate found, with its edit similarity (1 - distance / longer length)."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cpdist

        pairs = self._candidates(texts)
        text_index, item_index = np.divmod(pairs, max(len(self._items), 1))
        similarity = cpdist(
            [texts[text] for text in text_index],
            [self._items[item] for item in item_index],
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=LEAST_SIMILARITY_OF_DUPLICATE,
            dtype=np.float64,
        )
        found = similarity >= LEAST_SIMILARITY_OF_DUPLICATE
        return Matches(text_index[found], item_index[found], similarity[found])

    def _candidates(self, texts: FoldedTexts) -> NDArray[np.int64]:
        """Return text * items + item of each pair that is worth a look, distinct."""
        chosen = np.flatnonzero(texts.letters >= LEAST_LETTERS_OF_DUPLICATE)
        signatures = _signatures(texts)
        bands = _bands(signatures[chosen])
        lengths, item_lengths = np.diff(texts.offsets), np.diff(self._items.offsets)
        keys = []
        for band in range(_BANDS):
            left, right = joined(bands[:, band], self._bands[:, band])
            text_index, item_index = chosen[left], self._owners[right, band]
            shorter = np.minimum(lengths[text_index], item_lengths[item_index])
            longer = np.maximum(lengths[text_index], item_lengths[item_index])
            possible = shorter >= LEAST_SIMILARITY_OF_DUPLICATE * longer
            keys.append(text_index[possible] * len(self._items) + item_index[possible])
        pairs = np.unique(np.concatenate(keys))
        kept = [
            block[self._agreement(signatures, block) >= _LEAST_AGREEMENT]
            for start in range(0, len(pairs), _BLOCK)
            for block in [pairs[start : start + _BLOCK]]
        ]
        return np.concatenate(kept) if kept else pairs

    def _agreement(self, signatures: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        text_index, item_index = np.divmod(pairs, len(self._items))
        share: NDArray[np.float64] = (signatures[text_index] == self._signatures[item_index]).mean(axis=1)
        return share


def _signatures(texts: FoldedTexts) -> NDArray[np.uint32]:
    """[texts, permutations] the least hash of each text's shingles under each permutation."""
    from rensa import RMinHash

    runs = shingles(texts)
    offsets = np.searchsorted(runs.starts, texts.offsets).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(runs.hashes, offsets, _PERMUTATIONS, _SEED)
    return np.array(matrix.to_rows(), np.uint32).reshape(len(texts), _PERMUTATIONS)


def _bands(signatures: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """[texts, bands] one number for the signature's values in each band."""
    values = signatures.reshape(len(signatures), _BANDS, _ROWS).astype(np.uint64)
    bands = values[:, :, 0]
    for row in range(1, _ROWS):
        bands = mixed(bands) + values[:, :, row]
    return bands


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
        return LEAST_SIMILARITY_OF_QUOTATION if quoted else LEAST_SIMILARITY_OF_EXCERPT
    return 1.0 if quoted and letters >= LEAST_LETTERS_QUOTED else None


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
