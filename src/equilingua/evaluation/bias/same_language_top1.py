"""Top hit in the question's language: which language stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def same_language_top1(best: NDArray[np.float32], query_language: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return, for every question, whether its top hit in the pool is in its own language.

    Where languages tie for the top, each holds an equal share of it, whatever their order.

    Args:
        best: [questions, languages], the highest score in each language.
        query_language: int32 [questions].

    Returns:
        float64 [questions], 1 for yes, 0 for no; NaN where nothing was retrieved.
    """
    highest = best.max(axis=1, keepdims=True)
    top = best == highest
    share: NDArray[np.float64] = top[np.arange(len(best)), query_language] / top.sum(axis=1)
    return np.where(highest[:, 0] > -np.inf, share, np.nan)
