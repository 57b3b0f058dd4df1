"""Many comparisons at once: p-values raised so that chance alone is not mistaken for a find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from equilingua.errors import unknown_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Correction = Literal["holm", "bh", "none"]
CORRECTIONS: tuple[str, ...] = get_args(Correction)


def correct(p: ArrayLike, method: Correction = "holm") -> NDArray[np.float64]:
    """Return the p-values of one family of tests, corrected; each compared with the level of significance as it is.

    - "holm": the chance of *any* false find stays below the level, whatever depends on what (Holm, "A Simple
      Sequentially Rejective Multiple Test Procedure", 1979).
    - "bh": the expected *share* of false finds does (Benjamini and Hochberg, "Controlling the False Discovery Rate",
      1995), which finds more among many; proven for independent and positively dependent tests.
    - "none": as they are.

    >>> correct([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]

    Args:
        p: [tests], in 0–1.
        method: how to correct.

    Returns:
        float64 [tests], in the order given.

    Raises:
        UsageError: an unknown method.
    """
    values = np.asarray(p, np.float64)
    if method not in CORRECTIONS:
        raise unknown_name("correction", method, CORRECTIONS)
    if method == "none" or not len(values):
        return values
    if method == "bh":
        from scipy.stats import false_discovery_control

        corrected: NDArray[np.float64] = false_discovery_control(values, method="bh")
        return corrected
    order = np.argsort(values, kind="stable")
    # The smallest of m is held against level / m, the next against level / (m − 1), and none falls below an earlier.
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    holm = np.empty_like(values)
    holm[order] = np.minimum(raised, 1.0)
    return holm


def smallest(resamples: int, tests: int, method: Correction = "holm") -> float:
    """Return the smallest corrected p-value that a randomisation test of so many resamples can lead to.

    Where it is not below the level of significance, no difference of the family can be told from chance, however large.
    """
    return min(1.0, (tests if method == "holm" else 1) / (resamples + 1))
