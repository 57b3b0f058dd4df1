"""Reciprocal rank: how soon the first relevant candidate comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def reciprocal_rank(rankings: Rankings) -> NDArray[np.float64]:
    """Return 1 / rank of the best relevant candidate of every list; its mean is the MRR.

    trec_eval's `recip_rank` (Voorhees, "The TREC-8 Question Answering Track Report", 1999). Ties count against us.

    Returns:
        float64 [lists], in 0–1.
    """
    reciprocal: NDArray[np.float64] = 1.0 / rankings.rank[rankings.offsets[:-1]]
    return reciprocal
