"""Recall at k: the share of the relevant candidates that the first k ranks hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def recall(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return the share of the relevant candidates that are among the first k of every list.

    trec_eval's `recall_k`: divided by the number of relevant candidates, also where that is more than k. R@10 in the
    multilingual setting of arXiv 2408.10536 is read in this way: with 11 relevant passages a question (XQuAD-R) 10/11
    is the most that can be had, and its figures lie below its mAP there, yet above it on MLQA-R with 2 to 4. Where a
    list has one relevant candidate, as in the other two settings, it is the share of questions answered within the
    first k. Ties count against us.

    Returns:
        float64 [lists], in 0–1.
    """
    return rankings.total(rankings.rank <= k) / rankings.relevant
