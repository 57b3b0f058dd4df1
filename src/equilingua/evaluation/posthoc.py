"""What can be done to vectors against language bias without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmark import Benchmark

    Vectors = NDArray[np.float32]
    Transform = Callable[[Vectors, Vectors, Benchmark], tuple[Vectors, Vectors]]

FITTED_ON = "the evaluation texts themselves"
# A centred vector this short is rounding error: the text was all that its language had.
_VANISHED = 1e-5


def find(name: str | None) -> Transform | None:
    """Return the transform of that name; None for None.

    Raises:
        UsageError: there is none of that name.
    """
    if name is None:
        return None
    if name not in POSTHOCS:
        raise unknown_name("posthoc", name, POSTHOCS)
    return POSTHOCS[name]


def center(queries: Vectors, candidates: Vectors, benchmark: Benchmark) -> tuple[Vectors, Vectors]:
    """Subtract each language's mean vector from its vectors, and scale them to length 1 again.

    Questions and candidates have means of their own. The means are those of the evaluation texts: an upper estimate of
    what centring on other text of the language would do.

    Args:
        queries: float32 [questions, dim], unit length.
        candidates: float32 [candidates, dim], unit length.
        benchmark: says which language each is in.

    Returns:
        The centred queries and candidates.

    Raises:
        DataError: a language has texts that its mean leaves nothing of, as where it has only one.
    """
    return (
        _centred(queries, benchmark.query_language, benchmark, "questions"),
        _centred(candidates, benchmark.candidate_language, benchmark, "candidates"),
    )


POSTHOCS: Mapping[str, Transform] = {"center": center}


def _centred(vectors: Vectors, language: NDArray[np.int32], benchmark: Benchmark, what: str) -> Vectors:
    centred = np.empty_like(vectors)
    for code in np.unique(language):
        rows = np.flatnonzero(language == code)
        offsets = vectors[rows] - vectors[rows].mean(axis=0, dtype=np.float64).astype(np.float32)
        lengths = np.linalg.norm(offsets, axis=1, keepdims=True)
        if lengths.min() < _VANISHED:
            raise DataError(
                f"benchmark '{benchmark.name}': centring leaves nothing of some {what} in "
                f"'{benchmark.languages[code]}' ({len(rows)} there): leave that language out or do not centre"
            )
        centred[rows] = offsets / lengths
    return centred
