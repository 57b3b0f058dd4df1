"""Attention-weighted rank fairness: is attention shared among languages as relevance is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise
from equilingua.evaluation.bias.exposure import exposure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.bias.hits import Hits


def awrf(hits: Hits, k: int) -> NDArray[np.float64]:
    r"""Return how near each question's exposure by language is to the languages' shares of what is relevant.

    $$ AWRF = 1 - JSD(E, T), \quad JSD(E, T) = H\Big(\frac{E + T}{2}\Big) - \frac{H(E) + H(T)}{2} $$

    with E the exposure of the first k hits, T the share of each language among the relevant candidates and H the
    entropy. Sapiezynski, Zeng, Robertson, Mislove and Wilson, "Quantifying the impact of user attention on fair group
    representation in ranked lists" (WWW 2019 companion), in the form of the TREC Fair Ranking track (Ekstrand,
    McDonald, Raj and Johnson, "Overview of the TREC 2021 Fair Ranking Track"), its discount included. Logarithms have
    base 2, so that the figure is in 0–1; the track's own script takes natural ones.

    Returns:
        float64 [questions], 1 where attention follows relevance; NaN where nothing is relevant or retrieved.
    """
    shown, target = exposure(hits, k), hits.target
    divergence = _entropy((shown + target) / 2) - (_entropy(shown) + _entropy(target)) / 2
    # Rounding can leave a divergence just outside its range.
    return np.where(target.any(axis=1) & shown.any(axis=1), 1 - np.clip(divergence, 0, 1), np.nan)


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy of each row in bits."""
    logarithms, some = np.zeros_like(shares), shares > 0
    logarithms[some] = elementwise.log2(shares[some])
    entropy: NDArray[np.float64] = -(shares * logarithms).sum(axis=1)
    return entropy
