"""Centring: each language's mean vector is taken away.

What all texts of a language share says which language it is, not what they say (Libovický, Rosa and Fraser, "How
Language-Neutral is Multilingual BERT?", arXiv 1911.03310, §3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation.posthoc.sides import Step

if TYPE_CHECKING:
    from equilingua.evaluation.posthoc.sides import Side


def center(fit: Side) -> Step:
    """Fit centring: x − mean of the vectors of x's language, scaled to length 1 again.

    A language without fitting text loses the mean over languages instead.

    Args:
        fit: the vectors whose means are taken away. Questions and candidates are fitted apart.

    Returns:
        What centres a side; raises DataError for a vector that it leaves nothing of.
    """
    means = {fit.languages[code]: fit.vectors[rows].mean(axis=0, dtype=np.float64) for code, rows in fit.by_language()}
    every = [*means.values(), np.mean(list(means.values()), axis=0)]
    return Step("centring", tuple(means), np.stack(every).astype(np.float32))
