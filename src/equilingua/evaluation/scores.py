"""Where scores come from: vectors, or anything else that can fill a block of questions × candidates."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation import vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

# Columns of a matrix product that every kernel handles in one way: a multiple of all register widths.
_LANE = 64


class ScoreSource(Protocol):
    """Anything that scores questions against candidates."""

    def block(self, start: int, stop: int, out: NDArray[np.float32]) -> None:
        """Write the scores of some questions against all candidates.

        Args:
            start: the first question.
            stop: the one after the last.
            out: float32 [stop - start, candidates], in the benchmark's order; overwritten whole. Higher is better,
                -inf is allowed (a candidate that was not retrieved), NaN is not.
        """


@dataclass(frozen=True, eq=False)
class VectorScores:
    """Dot products of vectors, less an offset for each pair of languages: the source that is counted fastest.

    Attributes:
        queries: float32 [questions, dim].
        candidates: float32 [candidates, dim].
        offset: float32 [languages, languages], question's language first, subtracted from every score of that pair
            (calibration); None for none.
        query_language: int32 [questions]; needed with an offset.
        candidate_language: int32 [candidates]; needed with an offset.

    Raises:
        DataError: the two sides differ in size, or the offset is not finite or does not fit the languages.
    """

    queries: NDArray[np.float32]
    candidates: NDArray[np.float32]
    offset: NDArray[np.float32] | None = None
    query_language: NDArray[np.int32] | None = None
    candidate_language: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        vectors.check_dimensions(self.queries, self.candidates)
        if self.offset is None:
            return
        if self.query_language is None or self.candidate_language is None:
            raise DataError("an offset by language needs the languages of the questions and of the candidates")
        languages = 1 + max(int(self.query_language.max(initial=-1)), int(self.candidate_language.max(initial=-1)))
        if self.offset.ndim != 2 or min(self.offset.shape) < languages:
            raise DataError(f"offset by language: has shape {self.offset.shape}, expected ({languages}, {languages})")
        if not np.isfinite(self.offset).all():
            raise DataError("offset by language: holds NaN or infinity")

    @classmethod
    def calibrated(
        cls,
        queries: NDArray[np.float32],
        candidates: NDArray[np.float32],
        offset: NDArray[np.float32] | None,
        benchmark: Benchmark,
    ) -> VectorScores:
        """Take the languages from the benchmark."""
        return cls(queries, candidates, offset, benchmark.query_language, benchmark.candidate_language)

    def check(self, queries: int, candidates: int) -> None:
        """Check the numbers of vectors.

        Raises:
            DataError: there are not as many as questions or candidates.
        """
        sides = (("question", self.queries, queries), ("candidate", self.candidates, candidates))
        for what, given, expected in sides:
            if len(given) != expected:
                raise DataError(f"there are {len(given)} {what} vectors, and the benchmark has {expected} of them")

    def block(self, start: int, stop: int, out: NDArray[np.float32]) -> None:
        """Write a block of scores; see `ScoreSource`."""
        _products(self.queries[start:stop], self.candidates, out)
        if self.offset is not None:
            assert self.query_language is not None
            assert self.candidate_language is not None
            out -= self.offset[self.query_language[start:stop]][:, self.candidate_language]

    def totals(self, candidate_offsets: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Add up each question's scores by the candidates' language, without scoring: q · Σc = Σ q · c.

        Args:
            candidate_offsets: [languages + 1], the benchmark's.

        Returns:
            float64 [questions, languages].
        """
        bounds = list(itertools.pairwise(candidate_offsets))
        sums = np.stack([self.candidates[first:last].sum(axis=0, dtype=np.float64) for first, last in bounds])
        totals: NDArray[np.float64] = self.queries.astype(np.float64) @ sums.T
        if self.offset is not None:
            assert self.query_language is not None
            totals -= self.offset[self.query_language][:, : len(bounds)] * np.diff(candidate_offsets)
        return totals


def _products(queries: NDArray[np.float32], candidates: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Multiply so that equal candidates get equal scores, wherever they lie.

    A matrix product may round its last few columns in another way than the rest, since they do not fill a register, and
    a small product in another way than a large one. So columns are multiplied in whole lanes: all at once if that
    works out, or else in two products of one size, which overlap a little.
    """
    count = len(candidates)
    if count < _LANE:
        padded = np.zeros((_LANE, candidates.shape[1]), np.float32)
        padded[:count] = candidates
        out[:] = np.matmul(queries, padded.T)[:, :count]
        return
    width = count if count % _LANE == 0 else -(-count // (2 * _LANE)) * _LANE
    np.matmul(queries, candidates[:width].T, out=out[:, :width])
    if width < count:
        np.matmul(queries, candidates[-width:].T, out=out[:, -width:])
