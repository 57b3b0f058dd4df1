"""Precision at k: the share of the first k ranks that relevant candidates hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def precision(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return the number of relevant candidates among the first k of every list, divided by k.

    trec_eval's `P_k`: divided by k also where a list has fewer candidates, or fewer relevant ones. Ties count against
    us.

    Returns:
        float64 [lists], in 0–1.
    """
    return rankings.total(rankings.rank <= k) / k
