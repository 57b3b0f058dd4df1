"""F1 at k: precision and recall at k in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def f1(rankings: Rankings, k: int) -> NDArray[np.float64]:
    r"""Return the harmonic mean of precision@k and recall@k of every list.

    $$ F_1@k = \frac{2 P R}{P + R} = \frac{2 |\{r \in R : rank(r) \le k\}|}{k + |R|} $$

    van Rijsbergen, "Information Retrieval", 1979, chapter 7, with both sides weighing the same. Ties count against us.

    Returns:
        float64 [lists], in 0–1; 0 where none of the first k is relevant.
    """
    return 2 * rankings.total(rankings.rank <= k) / (k + rankings.relevant)
