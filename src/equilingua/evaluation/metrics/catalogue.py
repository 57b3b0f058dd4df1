"""The metrics that every setting reports, by the name they have in results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.evaluation.metrics.average_precision import average_precision
from equilingua.evaluation.metrics.average_precision_at import average_precision_at
from equilingua.evaluation.metrics.f1 import f1
from equilingua.evaluation.metrics.ndcg import ndcg
from equilingua.evaluation.metrics.precision import precision
from equilingua.evaluation.metrics.recall import recall
from equilingua.evaluation.metrics.reciprocal_rank import reciprocal_rank
from equilingua.evaluation.metrics.success import success

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings

METRICS: Mapping[str, Callable[[Rankings], NDArray[np.float64]]] = {
    "map": average_precision,
    "map@20": partial(average_precision_at, k=20),
    "recall@1": partial(recall, k=1),
    "recall@5": partial(recall, k=5),
    "recall@10": partial(recall, k=10),
    "recall@100": partial(recall, k=100),
    "mrr": reciprocal_rank,
    "ndcg@10": partial(ndcg, k=10),
    "precision@10": partial(precision, k=10),
    "f1@10": partial(f1, k=10),
    "success@10": partial(success, k=10),
}
