"""Vectors as they come in: checked row by row, then scaled to unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def unit(vectors: ArrayLike, rows: int, what: str) -> NDArray[np.float32]:
    """Check vectors and scale each to length 1, so that a dot product is a cosine.

    Args:
        vectors: [rows, dim], of any real type.
        rows: how many there should be.
        what: "question" or "candidate", for messages.

    Returns:
        float32 [rows, dim], C-contiguous; a new array.

    Raises:
        DataError: another shape, or a row that is zero or holds NaN or infinity.
    """
    given = np.ascontiguousarray(vectors, dtype=np.float32)
    if given.ndim != 2 or given.shape[0] != rows or given.shape[1] == 0:
        raise DataError(f"{what} vectors: have shape {given.shape}, expected ({rows}, dim)")
    # In double precision, so that equal rows stay equal and no float32 square overflows.
    lengths = np.sqrt(np.einsum("ij,ij->i", given, given, dtype=np.float64))
    unusable = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(unusable):
        first = unusable[0]
        problem = "is zero" if lengths[first] == 0 else "holds NaN or infinity"
        others = f" (and {len(unusable) - 1} more)" if len(unusable) > 1 else ""
        raise DataError(f"{what} vectors: row {first} {problem}{others}: check the encoder on that text")
    scaled: NDArray[np.float32] = given / lengths.astype(np.float32)[:, None]
    return scaled


def check_dimensions(queries: NDArray[np.float32], candidates: NDArray[np.float32]) -> None:
    """Check that both sides have vectors of one size.

    Raises:
        DataError: they have not.
    """
    if queries.shape[1] != candidates.shape[1]:
        raise DataError(
            f"question vectors have {queries.shape[1]} dimensions and candidate vectors {candidates.shape[1]}: "
            "both must come from one encoder"
        )
