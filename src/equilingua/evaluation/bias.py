"""Language bias: what the language of a passage, rather than what it says, does to its place in the pool."""

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


def same_language_top1(best: NDArray[np.float32], query_language: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return, for every question, whether its top hit in the pool is in its own language.

    Where languages tie for the top, each holds an equal share of it, whatever their order.

    Args:
        best: [questions, languages], the highest score in each language.
        query_language: int32 [questions].

    Returns:
        float64 [questions], 1 for yes, 0 for no.
    """
    top = best == best.max(axis=1, keepdims=True)
    share: NDArray[np.float64] = top[np.arange(len(best)), query_language] / top.sum(axis=1)
    return share
