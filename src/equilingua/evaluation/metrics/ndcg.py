"""Normalised discounted cumulative gain at k: relevant candidates count less the lower they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def ndcg(rankings: Rankings, k: int) -> NDArray[np.float64]:
    r"""Return nDCG@k of every list, with a gain of 1 for a relevant candidate.

    $$ nDCG@k = \sum_{r \in R, rank(r) \le k} \frac{1}{\log_2(rank(r) + 1)} \Big/ \sum_{i=1}^{\min(k, |R|)}
    \frac{1}{\log_2(i + 1)} $$

    trec_eval's `ndcg_cut_k` (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002). Ties
    count against us.

    Returns:
        float64 [lists], in 0–1.
    """
    gain = np.append(1 / elementwise.log2(np.arange(2, k + 2)), 0.0)
    gains, ideal = gain[np.minimum(rankings.rank - 1, k).astype(np.int64)], np.cumsum(gain[:k])
    normalised: NDArray[np.float64] = rankings.total(gains) / ideal[np.minimum(rankings.relevant, k) - 1]
    return normalised
