"""Score offset: how much higher a passage scores merely for being in the question's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts


def score_offset(counts: Counts, benchmark: Benchmark) -> NDArray[np.float64]:
    r"""Return the mean score of unrelated candidates in the question's language less that of the other languages'.

    $$ \frac{\sum_{c \notin R, language(c) = L} s(c)}{|\{c \notin R : language(c) = L\}|} -
    \frac{\sum_{c \notin R, language(c) \ne L} s(c)}{|\{c \notin R : language(c) \ne L\}|} $$

    with L the question's language. In units of the score, so for cosines between −2 and 2: compare it with the spread
    of the encoder's scores, not between encoders. Exact: the sums over a language come from the sum of its vectors
    where scores are dot products, and from the scores themselves otherwise.

    Returns:
        float64 [questions]; NaN where one of the two means is of nothing, or not finite.
    """
    questions, languages = counts.total.shape
    sizes = np.diff(counts.offsets)
    place = np.repeat(np.arange(questions), sizes) * languages + benchmark.candidate_language[counts.candidate]
    related = np.bincount(place, minlength=questions * languages).reshape(-1, languages)
    scores = np.bincount(place, counts.score, questions * languages).reshape(-1, languages)
    number = benchmark.candidate_counts - related
    with np.errstate(invalid="ignore"):
        total = counts.total - scores
    own = np.zeros(total.shape, np.bool_)
    own[np.arange(questions), benchmark.query_language] = True
    means = []
    for side in (own, ~own):
        among = np.where(side, number, 0).sum(axis=1)
        summed = np.where(side & (number > 0), total, 0).sum(axis=1)
        means.append(np.divide(summed, among, out=np.full(questions, np.nan), where=among > 0))
    with np.errstate(invalid="ignore"):
        offset = means[0] - means[1]
    return np.where(np.isfinite(offset), offset, np.nan)
