"""Average precision: the area under the steps of precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def average_precision(rankings: Rankings) -> NDArray[np.float64]:
    r"""Return the average precision of every list.

    $$ AP = \frac{1}{|R|} \sum_{r \in R} \frac{|\{r' \in R : s(r') \ge s(r)\}|}{|\{c : s(c) \ge s(r)\}|} $$

    with R the relevant candidates and s the score. Candidates that share a score cannot be told apart, so a precision
    counts all that are tied: the definition of `sklearn.metrics.average_precision_score`, which LAReQA and arXiv
    2408.10536 use.

    Returns:
        float64 [lists], in 0–1.
    """
    return rankings.total(rankings.found / rankings.at_or_above) / rankings.relevant
