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

# Candidates that are multiplied at once: enough for full speed, and few in memory in double precision.
_TILE = 2048


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

    A score is the exact product of the rounded vectors (see `equilingua.evaluation.vectors`), rounded once. So it
    depends on nothing but the two vectors: scores of equal candidates are equal, and the same on every processor.

    Attributes:
        queries: float32 [questions, dim]; kept as `vectors.on_grid` rounds them.
        candidates: float32 [candidates, dim]; likewise.
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
        for name in ("queries", "candidates"):
            given = getattr(self, name)
            rounded = vectors.on_grid(given)
            # Most come rounded, and then one copy is enough.
            if not np.array_equal(rounded, given):
                object.__setattr__(self, name, rounded)
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
        queries = self.queries[start:stop].astype(np.float64)
        tile = np.empty((len(queries), min(_TILE, len(self.candidates))))
        for first in range(0, len(self.candidates), _TILE):
            candidates = self.candidates[first : first + _TILE].astype(np.float64)
            products = tile[:, : len(candidates)]
            out[:, first : first + _TILE] = np.matmul(queries, candidates.T, out=products)
        if self.offset is not None:
            assert self.query_language is not None
            assert self.candidate_language is not None
            out -= self.offset[self.query_language[start:stop]][:, self.candidate_language]

    def totals(
        self, candidate_offsets: Sequence[int] | NDArray[np.int64], questions: slice = slice(None)
    ) -> NDArray[np.float64]:
        """Add up each question's scores by the candidates' language, without scoring: q · Σc = Σ q · c.

        The sums are multiplied in two parts that have exact products: what `vectors.on_grid` keeps of them, and the
        rest.

        Args:
            candidate_offsets: [languages + 1], the benchmark's.
            questions: which ones.

        Returns:
            float64 [questions, languages].
        """
        bounds = list(itertools.pairwise(candidate_offsets))
        sums = np.stack([self.candidates[first:last].sum(axis=0, dtype=np.float64) for first, last in bounds])
        rounded, queries = vectors.on_grid(sums), self.queries[questions].astype(np.float64)
        totals: NDArray[np.float64] = queries @ rounded.T + queries @ (sums - rounded).T
        if self.offset is not None:
            assert self.query_language is not None
            totals -= self.offset[self.query_language[questions]][:, : len(bounds)] * np.diff(candidate_offsets)
        return totals
