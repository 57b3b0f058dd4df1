"""The nearest passages to a question by exact search with FAISS."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Passages in the index at one time: 100 MB at 384 dimensions. Filling it anew for each block of questions costs hardly
# anything beside the search.
SHARD = 65_536


def require_faiss() -> None:
    """Find out before hours of encoding that the search could not run.

    Raises:
        MissingExtraError: FAISS is not installed.
    """
    if importlib.util.find_spec("faiss") is None:
        raise MissingExtraError("mining hard negatives", "faiss-cpu", "search")


def nearest(
    queries: NDArray[np.float32],
    passages: NDArray[np.float32],
    start: int,
    stop: int,
    count: int,
    *,
    shard: int = SHARD,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the passages that score highest among the rows `start` to `stop` - 1.

    Args:
        queries: float32 [questions, dim], unit length.
        passages: float32 [passages, dim], unit length.
        start: first row searched.
        stop: row after the last, above `start`.
        count: how many to return, at most `stop` - `start`.
        shard: rows in memory at one time.

    Returns:
        rows of `passages` and their cosines, int64 and float32 [questions, count], by falling cosine.
    """
    import faiss

    best_ids, best_scores = [], []
    for low in range(start, stop, shard):
        vectors = np.ascontiguousarray(passages[low : min(low + shard, stop)])
        index = faiss.IndexFlatIP(passages.shape[1])
        index.add(vectors)
        scores, ids = index.search(queries, min(count, len(vectors)))
        best_ids.append(ids + low)
        best_scores.append(scores)
    ids, scores = np.concatenate(best_ids, axis=1), np.concatenate(best_scores, axis=1)
    if len(best_ids) == 1:
        return ids, scores
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
