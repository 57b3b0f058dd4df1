"""Whole texts that are nearly the same: MinHash signatures propose, the edit distance decides.

The only module that knows `rensa` (MinHash) and, beside `quotations`, `rapidfuzz` (edit distance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus.matches import Matches, joined
from equilingua.corpus.shingles import mixed, shingles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.folding import FoldedTexts

# One word in ten changed leaves 0.75 of a text and more; unlike texts of 16 letters and more stay below 0.69 (measured
# on 170,000 texts of LibreOffice's help against XQuAD-R and MLQA-R).
LEAST_SIMILARITY = 0.7
LEAST_LETTERS = 16

# Bands of 3: two texts that share 45 % of their shingles meet in one with probability 0.9997.
_ROWS, _BANDS = 3, 85
_PERMUTATIONS = _ROWS * _BANDS
_SEED = 1
# Less agreement of the signatures than this never comes with an edit similarity of 0.7, and it is quick to see.
_LEAST_AGREEMENT = 0.25
_BLOCK = 65536


class NearDuplicates:
    """Finds near-duplicates of items (Broder, On the resemblance and containment of documents, 1997).

    Signatures are compared by bands (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4). A pair
    below `LEAST_SIMILARITY` is never returned; one above it is missed with a probability that falls quickly with the
    shingles that it shares.
    """

    def __init__(self, items: FoldedTexts) -> None:
        self._items = items
        self._chosen = np.flatnonzero(items.letters >= LEAST_LETTERS)
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
            score_cutoff=LEAST_SIMILARITY,
            dtype=np.float64,
        )
        found = similarity >= LEAST_SIMILARITY
        return Matches(text_index[found], item_index[found], similarity[found])

    def _candidates(self, texts: FoldedTexts) -> NDArray[np.int64]:
        """Return text * items + item of each pair that is worth a look, distinct."""
        chosen = np.flatnonzero(texts.letters >= LEAST_LETTERS)
        signatures = _signatures(texts)
        bands = _bands(signatures[chosen])
        lengths, item_lengths = np.diff(texts.offsets), np.diff(self._items.offsets)
        keys = []
        for band in range(_BANDS):
            left, right = joined(bands[:, band], self._bands[:, band])
            text_index, item_index = chosen[left], self._owners[right, band]
            shorter = np.minimum(lengths[text_index], item_lengths[item_index])
            longer = np.maximum(lengths[text_index], item_lengths[item_index])
            possible = shorter >= LEAST_SIMILARITY * longer
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
