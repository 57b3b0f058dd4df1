"""The metrics that every setting reports, by the name they have in results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.evaluation.metrics.average_precision import average_precision
from equilingua.evaluation.metrics.ndcg import ndcg
from equilingua.evaluation.metrics.recall import recall
from equilingua.evaluation.metrics.reciprocal_rank import reciprocal_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings

METRICS: Mapping[str, Callable[[Rankings], NDArray[np.float64]]] = {
    "map": average_precision,
    "recall@1": partial(recall, k=1),
    "recall@10": partial(recall, k=10),
    "mrr": reciprocal_rank,
    "ndcg@10": partial(ndcg, k=10),
}
