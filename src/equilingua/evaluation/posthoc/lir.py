"""Language information removal: each language's principal directions are taken away.

Yang, Yang, Cer and Darve, "A Simple and Effective Method To Eliminate the Self Language Bias in Multilingual
Representations", EMNLP 2021 (arXiv 2109.04727): M_L = U Σ Vᵀ is the singular value decomposition of the matrix of a
language's vectors, one a row, and c_L its first r right singular vectors; x becomes x − c_L c_Lᵀ x. As there, the
vectors are not centred first, so the first direction is close to that of the language's mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import UsageError
from equilingua.evaluation.posthoc.sides import Step, second_moment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.posthoc.sides import Side

# Directions are rounded to multiples of this, which is a thousand million times the error that they are computed with,
# and which differs between processors.
_GRID = 2.0**-20
# Of the largest eigenvalue: below this a direction is rounding error, and removing it would remove anything.
_RANK_TOLERANCE = 1e-10


def remove_directions(fit: Side, directions: int) -> Step:
    """Fit the removal of each language's first right singular vectors; what is left is scaled to length 1 again.

    The paper has one kind of text; here questions and candidates are fitted apart, like centring. A language without
    fitting text loses the directions of all languages together, each counting the same.

    Args:
        fit: the vectors whose directions are removed.
        directions: how many of them a language; r in the paper.

    Returns:
        What removes them from a side; raises DataError for a vector that it leaves nothing of.

    Raises:
        UsageError: vectors have no more dimensions than that.
    """
    dim = fit.vectors.shape[1]
    if directions >= dim:
        raise UsageError(f"--posthoc lir:{directions}: vectors have {dim} dimensions only: remove fewer directions")
    squares = {fit.languages[code]: second_moment(fit.vectors[rows]) for code, rows in fit.by_language()}
    every = [*squares.values(), np.mean(list(squares.values()), axis=0)]
    removed = np.stack([_first(square, directions) for square in every])
    return Step(f"removing {directions} directions", tuple(squares), removed)


def _first(square: NDArray[np.float64], directions: int) -> NDArray[np.float64]:
    """The eigenvectors of the largest eigenvalues, float64 [dim, directions]; zeros for what is no direction.

    Those of MᵀM are M's right singular vectors.
    """
    values, vectors = np.linalg.eigh(square)
    kept = values[-directions:] > _RANK_TOLERANCE * values[-1]
    rounded: NDArray[np.float64] = np.rint(vectors[:, -directions:] / _GRID) * _GRID
    return np.where(kept, rounded, 0.0)
