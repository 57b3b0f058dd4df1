"""Rank distance: how far apart the answers in different languages stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def rank_distance(pool: Rankings, candidates: int) -> NDArray[np.float64]:
    """Return how far apart the best and the worst relevant candidate of every question stand in the pool.

    Worst rank − best rank, the figure of arXiv 2408.10536; lower is fairer. Relevant candidates hold ranks of their own
    even when tied, so n of them are at least n − 1 apart; a question with a single one has 0. Ties count against us:
    where all relevant candidates share one score, as where none was retrieved, they are as far apart as it allows. What
    was not retrieved stands last.

    Args:
        pool: rankings over the candidates of all languages.
        candidates: how many there are.

    Returns:
        float64 [lists], in ranks.
    """
    best, worst = pool.offsets[:-1], pool.offsets[1:] - 1
    level = (best < worst) & (pool.above[best] == pool.above[worst])
    first = np.where(level, pool.above[best] + 1, np.minimum(pool.rank[best], candidates))
    last = np.where(level, pool.at_or_above[worst], pool.rank[worst])
    distance: NDArray[np.float64] = np.minimum(last, candidates) - first
    return distance
