"""Average precision at k: what the first k ranks contribute to the average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def average_precision_at(rankings: Rankings, k: int, *, attainable: bool = False) -> NDArray[np.float64]:
    r"""Return the average precision of every list, cut after the first k ranks.

    $$ AP@k = \frac{1}{N} \sum_{r \in R, rank(r) \le k} \frac{|\{r' \in R : rank(r') \le rank(r)\}|}{rank(r)} $$

    with N = |R|, trec_eval's `map_cut_k`, or N = min(|R|, k), so that 1 can be had: the mAP@20 by which XTREME-R
    (Ruder et al., "XTREME-R: Towards More Challenging and Nuanced Multilingual Evaluation", 2021) scores LAReQA, where
    at most 11 candidates are relevant and the two are the same. Ties count against us.

    Args:
        rankings: the lists.
        k: ranks to look at.
        attainable: divide by min(|R|, k) rather than by |R|.

    Returns:
        float64 [lists], in 0–1.
    """
    place = np.arange(1, len(rankings.rank) + 1) - np.repeat(rankings.offsets[:-1], rankings.relevant)
    summed = rankings.total(np.where(rankings.rank <= k, place / rankings.rank, 0.0))
    return summed / (np.minimum(rankings.relevant, k) if attainable else rankings.relevant)
