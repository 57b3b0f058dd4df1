"""Search for evaluation texts in training texts: every kind of likeness, the closest match of each text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equilingua.corpus.leaks.alike import Matches, NearDuplicates, Quotations, Rewordings
from equilingua.corpus.leaks.folding import FoldedTexts, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

# From the surest on; of a text's matches of equal similarity the surest is reported.
KINDS = ("exact", "normalised", "near-duplicate", "quotation", "excerpt")
# Less than this is a name or a number ("France", "In 1990"), which any text may hold.
LEAST_LETTERS = 8

_BATCH = 8192


class Overlap(NamedTuple):
    """Texts that are like an item; arrays of [matches].

    Attributes:
        texts: int64, index of the text.
        items: int64, index of the item.
        kinds: int64, index into `KINDS`.
        similarity: float64, from 0 to 1.
    """

    texts: NDArray[np.int64]
    items: NDArray[np.int64]
    kinds: NDArray[np.int64]
    similarity: NDArray[np.float64]


class Index:
    """Evaluation texts, ready to be looked for."""

    def __init__(self, items: Sequence[str]) -> None:
        self._raw = [item.strip() for item in items]
        self._folded = fold(items)
        self._equal: dict[str, list[int]] = {}
        for item in np.flatnonzero(self._folded.letters >= LEAST_LETTERS).tolist():
            self._equal.setdefault(self._folded[item], []).append(item)
        self._near = NearDuplicates(self._folded)
        self._reworded = Rewordings(self._folded)
        self._quoted = Quotations(self._folded)

    def search(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Overlap:
        """Return every match of every text.

        Args:
            texts: distinct training texts.
            progress: told how many more texts are done, and how many there are.
        """
        parts = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            found = self._search(batch)
            parts.append(found._replace(texts=found.texts + start))
            if progress is not None:
                progress(len(batch), len(texts))
        return _concatenated(parts)

    def _search(self, texts: Sequence[str]) -> Overlap:
        folded = fold(texts)
        quoted, excerpts = self._quoted.matches(folded)
        exact, normalised = self._equals(texts, folded)
        near = (self._near.matches(folded), self._reworded.matches(folded))
        by_kind = zip((0, 1, 2, 2, 3, 4), (exact, normalised, *near, quoted, excerpts), strict=True)
        return _concatenated(
            [Overlap(found.texts, found.items, np.full(len(found), kind), found.similarity) for kind, found in by_kind]
        )

    def _equals(self, texts: Sequence[str], folded: FoldedTexts) -> tuple[Matches, Matches]:
        exact: list[tuple[int, int, float]] = []
        normalised: list[tuple[int, int, float]] = []
        for text in np.flatnonzero(folded.letters >= LEAST_LETTERS).tolist():
            for item in self._equal.get(folded[text], ()):
                same = self._raw[item] == texts[text].strip()
                (exact if same else normalised).append((text, item, 1.0))
        return Matches.of(exact), Matches.of(normalised)


def closest(overlap: Overlap, owners: NDArray[np.int64]) -> Overlap:
    """Keep one match of each text with each owner of items: the most similar, of the surest kind.

    Args:
        overlap: matches.
        owners: int64 [items], the evaluation set that each item belongs to.
    """
    owner = owners[overlap.items]
    order = np.lexsort([overlap.items, overlap.kinds, -overlap.similarity, owner, overlap.texts])
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(overlap.texts[order]) != 0) | (np.diff(owner[order]) != 0)
    kept = order[new]
    return Overlap(overlap.texts[kept], overlap.items[kept], overlap.kinds[kept], overlap.similarity[kept])


def _concatenated(parts: Sequence[Overlap]) -> Overlap:
    none = np.zeros(0, np.int64)
    return Overlap(
        texts=np.concatenate([none, *(part.texts for part in parts)]),
        items=np.concatenate([none, *(part.items for part in parts)]),
        kinds=np.concatenate([none, *(part.kinds for part in parts)]),
        similarity=np.concatenate([np.zeros(0), *(part.similarity for part in parts)]),
    )
