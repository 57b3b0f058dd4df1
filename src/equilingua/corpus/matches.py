"""Pairs of a text and an evaluation item that have much in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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
