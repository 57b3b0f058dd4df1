"""Calibration of scores: what unrelated texts of two languages score on average is taken off every score of that pair.

The idea is the cohort normalisation of speaker verification (Auckenthaler, Carey and Lloyd-Thomas, "Score
Normalization for Text-Independent Speaker Verification Systems", Digital Signal Processing 10, 2000), with languages
for speakers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation.posthoc.sides import second_moment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.posthoc.sides import Side

    # Question language, candidate language.
    Key = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What is done to the score of a question in language a with a candidate in language b.

    score(a, b) becomes (score − offset[a, b]) / deviation[b].

    Attributes:
        offset: float64 [languages, languages], question's language first.
        deviation: float64 [languages]; all 1 unless asked for.
    """

    offset: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def apply(self, candidates: Side) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the candidates' vectors, divided by the deviations, and the offsets that fit them.

        A dot product with c/σ, less μ/σ, is (q·c − μ)/σ, so that scoring stays one matrix product.
        """
        offset = (self.offset / self.deviation).astype(np.float32)
        if (self.deviation == 1).all():
            return candidates.vectors, offset
        return candidates.vectors / self.deviation[candidates.language].astype(np.float32)[:, None], offset


def calibrate(queries: Side, candidates: Side, *, divide: bool) -> Calibration:
    """Fit a calibration on the scores of all background questions with all background passages.

    The mean score of two sets of vectors is the product of their means, and the mean square that of their second
    moments, tr(Sₐ S_b): no score is computed. True pairs are among them, one in as many as there are passages. A
    language without fitting text gets the mean over languages: with itself, that of the others with themselves; with
    another, that of all pairs of two.

    Args:
        queries: background questions.
        candidates: background passages, in the same list of languages.
        divide: also divide by the scores' standard deviation in each candidate language, averaged over the questions'.

    Raises:
        DataError: all scores of a language are the same, so that there is no deviation to divide by.
    """
    asked = {code: queries.vectors[rows] for code, rows in queries.by_language()}
    offered = {code: candidates.vectors[rows] for code, rows in candidates.by_language()}
    query_means = {code: vectors.mean(axis=0, dtype=np.float64) for code, vectors in asked.items()}
    passage_means = {code: vectors.mean(axis=0, dtype=np.float64) for code, vectors in offered.items()}
    # Not a product of BLAS, which adds up in an order of each processor's own.
    means = {(a, b): float((query_means[a] * passage_means[b]).sum()) for a in asked for b in offered}
    languages = len(queries.languages)
    deviation = _deviations(asked, offered, means, queries.languages) if divide else np.ones(languages)
    return Calibration(_completed(means, languages), deviation)


def _deviations(
    asked: dict[int, NDArray[np.float32]],
    offered: dict[int, NDArray[np.float32]],
    means: dict[Key, float],
    languages: tuple[str, ...],
) -> NDArray[np.float64]:
    query_moments = {code: second_moment(vectors) for code, vectors in asked.items()}
    found: dict[int, float] = {}
    for b, vectors in offered.items():
        moment = second_moment(vectors)
        variances = [(query_moments[a] * moment).sum() - means[a, b] ** 2 for a in asked]
        found[b] = float(np.sqrt(np.maximum(variances, 0)).mean())
        if not found[b] > 0:
            raise DataError(
                f"calibration: all background scores with passages in '{languages[b]}' are the same: "
                "fit on more text, or use 'calibrate' without ':z'"
            )
    elsewhere = float(np.mean(list(found.values())))
    return np.array([found.get(code, elsewhere) for code in range(len(languages))])


def _completed(means: dict[Key, float], languages: int) -> NDArray[np.float64]:
    same = [mean for (a, b), mean in means.items() if a == b]
    other = [mean for (a, b), mean in means.items() if a != b]
    everything = float(np.mean(list(means.values())))
    with_itself = float(np.mean(same)) if same else everything
    with_another = float(np.mean(other)) if other else everything
    completed = np.full((languages, languages), with_another)
    np.fill_diagonal(completed, with_itself)
    for (a, b), mean in means.items():
        completed[a, b] = mean
    return completed
