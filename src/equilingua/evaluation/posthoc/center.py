"""Centring: each language's mean vector is taken away.

What all texts of a language share says which language it is, not what they say (Libovický, Rosa and Fraser, "How
Language-Neutral is Multilingual BERT?", arXiv 1911.03310, §3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from equilingua.evaluation.posthoc.sides import Change, Side


def center(fit: Side) -> Change:
    """Fit centring: x − mean of the vectors of x's language, scaled to length 1 again.

    A language without fitting text loses the mean over languages instead. Left alone it would keep what all the others
    lose, and its texts would find each other by that.

    Args:
        fit: the vectors whose means are taken away. Questions and candidates are fitted apart.

    Returns:
        What centres a side; raises DataError for a vector that it leaves nothing of.
    """
    exact = {code: fit.vectors[rows].mean(axis=0, dtype=np.float64) for code, rows in fit.by_language()}
    elsewhere = np.mean(list(exact.values()), axis=0).astype(np.float32)
    means = {code: mean.astype(np.float32) for code, mean in exact.items()}
    return lambda side: side.changed(lambda code, vectors: vectors - means.get(code, elsewhere), "centring")
