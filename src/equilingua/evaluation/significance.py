"""Is a difference between two encoders more than chance? Paired tests over groups of translated questions.

The translations of one question are not independent, nor are one question's rankings in several languages, so whole
groups are resampled, never single questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Random numbers held at once, so that memory does not grow with the number of resamples.
_BATCH = 2**22


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean difference with its uncertainty.

    Attributes:
        difference: the mean.
        low: lower end of the confidence interval.
        high: upper end.
        p: two-sided p-value of "no difference".
    """

    difference: float
    low: float
    high: float
    p: float


def group_differences(
    difference: NDArray[np.float64], part: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Turn differences of lists into one number a group whose mean is the difference of the macro-averages.

    With d the differences, n their number, N parts and G groups: Δ = mean over parts p of d̄(p), and a group g counts

        u(g) = Δ + G/N · Σ_p Σ_{i in g and p} (d(i) − d̄(p)) / n(p)

    the usual linearisation of a mean of ratios (Särndal, Swensson and Wretman, "Model Assisted Survey Sampling", 1992,
    §5.5). Where every group has all its translations it is simply the group's mean difference.

    Args:
        difference: float64 [lists].
        part: int64 [lists], the language or ordered pair of each list.
        group: int64 [lists], the group of each list's question.

    Returns:
        float64 [groups that occur].
    """
    _, part = np.unique(part, return_inverse=True)
    _, group = np.unique(group, return_inverse=True)
    sizes = np.bincount(part)
    means = np.bincount(part, weights=difference) / sizes
    share = (difference - means[part]) / sizes[part] / len(sizes)
    linear: NDArray[np.float64] = means.mean() + np.bincount(group, weights=share) * (group.max() + 1)
    return linear


def paired(
    differences: NDArray[np.float64], *, resamples: int = 9999, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """Estimate a mean of paired differences: percentile bootstrap for the interval, random sign flips for the p-value.

    Args:
        differences: float64 [groups].
        resamples: of each test; p is at least 1 / (resamples + 1).
        confidence: of the interval.
        seed: makes the outcome repeatable.

    Raises:
        DataError: fewer than two groups.
    """
    from scipy import stats

    if len(differences) < 2:
        raise DataError(f"a paired test needs at least two groups of questions, and here is {len(differences)}")
    mean = float(np.mean(differences))
    if not differences.any():
        return Estimate(0.0, 0.0, 0.0, 1.0)
    batch = max(1, _BATCH // len(differences))
    interval = stats.bootstrap(
        (differences,),
        np.mean,
        n_resamples=resamples,
        confidence_level=confidence,
        method="percentile",
        vectorized=True,
        batch=batch,
        rng=np.random.default_rng([seed, 0]),
    ).confidence_interval
    flips = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=resamples,
        vectorized=True,
        batch=batch,
        rng=np.random.default_rng([seed, 1]),
    )
    return Estimate(mean, float(interval.low), float(interval.high), float(flips.pvalue))
