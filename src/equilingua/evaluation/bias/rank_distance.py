"""Rank distance: how far apart the answers in different languages stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def rank_distance(pool: Rankings) -> NDArray[np.float64]:
    """Return how far apart the best and the worst relevant candidate of every question stand in the pool.

    Worst rank − best rank, the figure of arXiv 2408.10536; lower is fairer. Relevant candidates hold ranks of their own
    even when tied, so n of them are at least n − 1 apart; a question with a single one has 0. Ties count against us.

    Args:
        pool: rankings over the candidates of all languages.

    Returns:
        float64 [lists], in ranks.
    """
    distance = pool.rank[pool.offsets[1:] - 1] - pool.rank[pool.offsets[:-1]]
    return distance.astype(np.float64)
