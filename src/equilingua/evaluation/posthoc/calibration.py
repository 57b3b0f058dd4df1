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
from equilingua.evaluation.posthoc.matching import place
from equilingua.evaluation.posthoc.sides import second_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.posthoc.sides import Side


@dataclass(frozen=True, eq=False)
class Calibration:
    """What is done to the score of a question in language a with a candidate in language b.

    score(a, b) becomes (score − mean(a, b)) / deviation(b).

    Attributes:
        asked: languages of the background questions.
        offered: languages of the background passages.
        means: float64 [asked, offered], of background scores.
        deviations: float64 [offered], of background scores; all 1 unless asked for.
    """

    asked: tuple[str, ...]
    offered: tuple[str, ...]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]

    def deviation(self, languages: Sequence[str]) -> NDArray[np.float64]:
        """Return the deviation of each candidate language, float64 [languages]."""
        elsewhere = self.deviations.mean()
        places = (place(code, self.offered) for code in languages)
        return np.array([elsewhere if found is None else self.deviations[found] for found in places])

    def offset(self, asking: Sequence[str], answering: Sequence[str]) -> NDArray[np.float64]:
        """Return what is subtracted from scores already divided by the deviation, float64 [asking, answering].

        A language without background text gets the mean over languages: with itself, that of the others with
        themselves; with another, that of all pairs of two.
        """
        alike = np.array(self.asked)[:, None] == np.array(self.offered)
        with_itself = self.means[alike].mean() if alike.any() else self.means.mean()
        with_another = self.means[~alike].mean() if not alike.all() else self.means.mean()
        offset = np.where(np.array(asking)[:, None] == np.array(answering), with_itself, with_another)
        for a, row in ((a, place(code, self.asked)) for a, code in enumerate(asking)):
            for b, column in ((b, place(code, self.offered)) for b, code in enumerate(answering)):
                if row is not None and column is not None:
                    offset[a, b] = self.means[row, column]
        divided: NDArray[np.float64] = offset / self.deviation(answering)
        return divided

    def scaled(self, vectors: NDArray[np.float32], deviation: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return candidates' vectors divided by the deviation of each one's language, float64 [candidates].

        A dot product with c/σ, less μ/σ, is (q·c − μ)/σ, so that scoring stays one matrix product.
        """
        if (self.deviations == 1).all():
            return vectors
        return vectors / deviation.astype(np.float32)[:, None]


def calibrate(queries: Side, candidates: Side, *, divide: bool) -> Calibration:
    """Fit a calibration on the scores of all background questions with all background passages.

    The mean score of two sets of vectors is the product of their means, and the mean square that of their second
    moments, tr(Sₐ S_b): no score is computed. True pairs are among them, one in as many as there are passages.

    Args:
        queries: background questions.
        candidates: background passages.
        divide: also divide by the scores' standard deviation in each candidate language, averaged over the questions'.

    Raises:
        DataError: all scores of a language are the same, so that there is no deviation to divide by.
    """
    asked = {queries.languages[code]: queries.vectors[rows] for code, rows in queries.by_language()}
    offered = {candidates.languages[code]: candidates.vectors[rows] for code, rows in candidates.by_language()}
    query_means, passage_means = (
        [vectors.mean(axis=0, dtype=np.float64) for vectors in side.values()] for side in (asked, offered)
    )
    # Not a product of BLAS, which adds up in an order of each processor's own.
    means = np.array([[(query * passage).sum() for passage in passage_means] for query in query_means])
    deviations = _deviations(asked, offered, means) if divide else np.ones(len(offered))
    return Calibration(tuple(asked), tuple(offered), means, deviations)


def _deviations(
    asked: dict[str, NDArray[np.float32]], offered: dict[str, NDArray[np.float32]], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    query_moments = [second_moment(vectors) for vectors in asked.values()]
    found = []
    for column, (language, vectors) in enumerate(offered.items()):
        moment = second_moment(vectors)
        squares = np.array([(query * moment).sum() for query in query_moments])
        found.append(float(np.sqrt(np.maximum(squares - means[:, column] ** 2, 0)).mean()))
        if not found[-1] > 0:
            raise DataError(
                f"calibration: all background scores with passages in '{language}' are the same: "
                "fit on more text, or use 'calibrate' without ':z'"
            )
    return np.array(found)
