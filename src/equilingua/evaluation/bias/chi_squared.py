"""The chi-squared distribution's upper tail; importing scipy for it would take a tenth of a cached evaluation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise

if TYPE_CHECKING:
    from numpy.typing import NDArray


def upper_tail(statistic: NDArray[np.float64], degrees: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Return the probability that a chi-squared variable is at least as large as each statistic.

    For whole degrees of freedom ν a finite sum (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.4.4 and
    26.4.5): with h = χ²/2,

    $$ Q = \operatorname{erfc}(\sqrt h)\,[ν\ odd] + e^{-h} \sum_{a} \frac{h^a}{\Gamma(a + 1)}, \quad
    a = \tfrac ν 2 - 1, \tfrac ν 2 - 2, \ldots \ge 0 $$

    Args:
        statistic: float64 [tests], at least 0.
        degrees: int64 [tests], at least 1.

    Returns:
        float64 [tests], in 0–1.
    """
    half = statistic / 2
    odd = degrees % 2 == 1
    root = np.sqrt(half)
    tail = np.zeros(len(half))
    tail[odd] = [math.erfc(value) for value in root[odd].tolist()]
    # The summand of the lowest power: h^½ / Γ(3/2) or h^0 / Γ(1); each further one is h / a times the one before.
    power = np.where(odd, 0.5, 0.0)
    summand = elementwise.exp(-half) * np.where(odd, root / math.gamma(1.5), 1.0)
    while (inside := power < degrees / 2 - 0.5).any():
        tail[inside] += summand[inside]
        power += 1
        summand *= half / power
    return tail
