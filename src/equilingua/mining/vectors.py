"""Vectors of many texts on disk, encoded in parts that a killed run need not do again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.encoder.encode import encode
from equilingua.mining.kept import read_array, write_array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.encode import Precision
    from equilingua.encoder.tokens import Role

# Some seconds of work on a processor, so that little is lost to a kill, and enough texts to order them by length.
PART = 4096


@dataclass(frozen=True)
class Vectors:
    """Rows of unit vectors in a folder, in files of `PART` rows; in memory only while they are asked for.

    Attributes:
        folder: holds the files.
        rows: how many there are.
        dim: length of a vector.
    """

    folder: Path
    rows: int
    dim: int

    def between(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return consecutive rows, float32 [stop - start, dim]."""
        vectors = np.empty((stop - start, self.dim), np.float32)
        for number in range(start // PART, -(-stop // PART)):
            first = number * PART
            low, high = max(start, first), min(stop, first + PART)
            vectors[low - start : high - start] = self._part(number)[low - first : high - first]
        return vectors

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the given rows in their order, float32 [len(rows), dim]."""
        vectors = np.empty((len(rows), self.dim), np.float32)
        order = np.argsort(rows, kind="stable")
        bounds = np.searchsorted(rows[order], np.arange(0, self.rows + PART, PART))
        for number in np.flatnonzero(np.diff(bounds)):
            places = order[bounds[number] : bounds[number + 1]]
            vectors[places] = self._part(int(number))[rows[places] - number * PART]
        return vectors

    def _part(self, number: int) -> NDArray[np.float32]:
        rows = min(PART, self.rows - number * PART)
        part = read_array(part_path(self.folder, number), rows)
        assert part is not None
        return part


def part_path(folder: Path, number: int) -> Path:
    """Return where a part lies, whether or not it is there."""
    return folder / f"{number:06d}.npy"


def encode_rows(
    encoder: SentenceTransformer,
    texts: Callable[[range], Sequence[str]],
    rows: int,
    role: Role,
    folder: Path,
    *,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> Vectors:
    """Encode texts part by part; parts that the folder already holds are not encoded again.

    Args:
        encoder: what encodes.
        texts: returns the texts of some rows.
        rows: how many rows there are, at least 1.
        role: of the texts.
        folder: of these texts by this encoder and no others.
        precision: of matrix products.
        progress: called with the number of texts done since the last call.

    Raises:
        DataError: a part cannot be written; the earlier ones are kept.
    """
    dim = 0
    for number, start in enumerate(range(0, rows, PART)):
        part = range(start, min(start + PART, rows))
        path = part_path(folder, number)
        vectors = read_array(path, len(part))
        if vectors is None:
            vectors = encode(encoder, texts(part), role, precision=precision, progress=progress)
            write_array(path, vectors)
        elif progress is not None:
            progress(len(part))
        dim = vectors.shape[1]
    return Vectors(folder, rows, dim)
