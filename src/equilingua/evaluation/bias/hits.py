"""The first hits of every question: their languages, which are relevant, and how much attention each gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts


@dataclass(frozen=True, eq=False)
class Hits:
    """The best candidates of every question.

    Attributes:
        language: int64 [questions, kept], of each hit.
        languages: how many there are.
        listed: bool [questions, kept]; the places behind a list's end hold candidates that were not retrieved.
        relevant: bool [questions, kept], none of which is behind the end.
        tied: bool [questions, kept], whether a hit has the score of the one before it.
        number: int64 [questions, languages], candidates of the whole pool that are relevant to the question.
    """

    language: NDArray[np.int64]
    languages: int
    listed: NDArray[np.bool_]
    relevant: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    number: NDArray[np.int64]

    @property
    def kept(self) -> int:
        """Number of places of each question."""
        return int(self.language.shape[1])

    @property
    def target(self) -> NDArray[np.float64]:
        """Share of each language among what is relevant, float64 [questions, languages]; 0 where nothing is."""
        shares: NDArray[np.float64] = self.number / np.maximum(self.number.sum(axis=1, keepdims=True), 1)
        return shares

    def attention(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Give each hit the weight of its rank; hits that share a score share their weights equally.

        Otherwise the order of the languages in the pool would decide, which is not the encoder's doing. What was not
        retrieved gets none.

        Args:
            weights: float [kept], by rank.

        Returns:
            float64 [questions, kept]; read-only.
        """
        weights = np.asarray(weights, np.float64)
        spread = np.broadcast_to(weights, self.tied.shape)
        rows = np.flatnonzero(self.tied.any(axis=1) | ~self.listed.all(axis=1))
        if not len(rows):
            return spread
        run = np.cumsum(~self.tied[rows].ravel()) - 1
        means = np.bincount(run, np.tile(weights, len(rows))) / np.bincount(run)
        shared = spread.copy()
        shared[rows] = means[run].reshape(len(rows), -1) * self.listed[rows]
        return shared

    def within(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Add up the weights of the ranks that each list reaches, float64 [questions]; 1 for an empty one."""
        reached = np.concatenate([[1.0], np.cumsum(weights)])
        found: NDArray[np.float64] = reached[np.count_nonzero(self.listed, axis=1)]
        return found

    def by_language(self, values: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Add up values [questions, kept] by the hits' language, float64 [questions, languages]."""
        place = self.language + np.arange(len(self.language))[:, None] * self.languages
        summed = np.bincount(place.ravel(), values.ravel(), len(self.language) * self.languages)
        return summed.reshape(-1, self.languages).astype(np.float64, copy=False)


def first_hits(counts: Counts, benchmark: Benchmark) -> Hits:
    """Look up what there is to know about the best candidates of every question."""
    languages = len(benchmark.languages)
    listed = counts.top_scores > -np.inf
    tied = np.zeros(counts.top.shape, np.bool_)
    np.equal(counts.top_scores[:, 1:], counts.top_scores[:, :-1], out=tied[:, 1:])
    sizes = np.diff(counts.offsets)
    question = np.repeat(np.arange(len(sizes)), sizes)
    place = question * languages + benchmark.candidate_language[counts.candidate]
    return Hits(
        language=benchmark.candidate_language[counts.top].astype(np.int64),
        languages=languages,
        listed=listed,
        relevant=_relevant(counts, question) & listed,
        tied=tied,
        number=np.bincount(place, minlength=len(sizes) * languages).reshape(-1, languages),
    )


def _relevant(counts: Counts, question: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the relevant hits: a candidate with n above it is hit n + 1, or one of those that share its score."""
    marks = np.zeros(counts.top.shape, np.bool_)
    kept = counts.top.shape[1]
    place, end = counts.pool_above.astype(np.int64), np.minimum(counts.pool_at_or_above, kept)
    left = np.flatnonzero(place < end)
    while len(left):
        found = counts.top[question[left], place[left]] == counts.candidate[left]
        marks[question[left[found]], place[left[found]]] = True
        left = left[~found]
        place[left] += 1
        left = left[place[left] < end[left]]
    return marks
