"""Success at k: is anything relevant among the first k?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def success(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return 1 for every list with a relevant candidate among its first k, 0 for the others.

    trec_eval's `success_k`; with one relevant candidate a list it is the recall, and with k = 1 the accuracy. Ties
    count against us.

    Returns:
        float64 [lists].
    """
    return (rankings.rank[rankings.offsets[:-1]] <= k).astype(np.float64)
