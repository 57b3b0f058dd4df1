"""Vectors as they come in: checked row by row, scaled to unit length, and rounded so that products of them are exact.

A matrix product adds up in an order that depends on the processor, the number of threads and the place in the matrix,
and each order rounds in its own way. Candidates that are equal then score differently, and close ones change places
between machines. So unit vectors are rounded to multiples of `GRID` here and multiplied in double precision: a product
of two numbers is a multiple of GRID², which is 2⁻⁵², and by Cauchy and Schwarz's inequality no partial sum of a dot
product of unit vectors exceeds 1, so that all of them have fewer bits than the 53 of a double. Nothing is ever rounded,
and every order gives the same sum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from equilingua.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Real = TypeVar("Real", np.float32, np.float64)

# What float32 itself rounds numbers from ¼ on to, or less; a smaller one moves by 7.5e-9 at most.
GRID = 2.0**-26
# Rows whose squares are held at once.
_ROWS = 8192


def unit(vectors: ArrayLike, rows: int, what: str) -> NDArray[np.float32]:
    """Check vectors and scale each to length 1, so that a dot product in double precision is a cosine, and exact.

    Args:
        vectors: [rows, dim], of any real type.
        rows: how many there should be.
        what: "question" or "candidate", for messages.

    Returns:
        float32 [rows, dim] on the grid, C-contiguous; a new array.

    Raises:
        DataError: another shape, or a row that is zero or holds NaN or infinity.
    """
    given = np.ascontiguousarray(vectors, dtype=np.float32)
    if given.ndim != 2 or given.shape[0] != rows or given.shape[1] == 0:
        raise DataError(f"{what} vectors: have shape {given.shape}, expected ({rows}, dim)")
    lengths = lengths_of(given)
    unusable = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(unusable):
        first = unusable[0]
        problem = "is zero" if lengths[first] == 0 else "holds NaN or infinity"
        others = f" (and {len(unusable) - 1} more)" if len(unusable) > 1 else ""
        raise DataError(f"{what} vectors: row {first} {problem}{others}: check the encoder on that text")
    return scaled(given, lengths)


def lengths_of(vectors: NDArray[Real]) -> NDArray[np.float64]:
    """Return the length of each vector [rows, dim], the same on every processor and beside any other rows."""
    lengths = np.empty(len(vectors))
    for start in range(0, len(vectors), _ROWS):
        # In double precision no float32's square overflows. Unlike einsum, numpy's sum adds up in one way everywhere.
        squares = np.square(vectors[start : start + _ROWS], dtype=np.float64)
        lengths[start : start + _ROWS] = np.sqrt(squares.sum(axis=1))
    return lengths


def scaled(vectors: NDArray[np.float32], lengths: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scale vectors [rows, dim] of these lengths to length 1, on the grid."""
    return on_grid(vectors / lengths.astype(np.float32)[:, None])


def on_grid(vectors: NDArray[Real]) -> NDArray[Real]:
    """Round vectors [rows, dim] to multiples of `GRID` times the power of two that is nearest to the longest.

    Dot products of vectors from two such arrays are exact in double precision, whatever their lengths. Rounded vectors
    fit into the type that they had; those that were rounded before stay as they are.
    """
    kind = vectors.dtype.type
    longest = float(lengths_of(vectors).max(initial=0))
    step = kind(GRID * 2.0 ** math.frexp(longest / math.sqrt(2))[1])
    rounded: NDArray[Real] = np.rint(vectors / step) * step
    return rounded


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
