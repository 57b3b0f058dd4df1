"""The effect of a recipe rather than of one run: differences between encoders trained with several seeds each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation.significance import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def deviation(values: NDArray[np.float64]) -> float | None:
    """Return the standard deviation of runs' figures, with n − 1 below; None for a single run."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How much the runs of one recipe differ, estimated from several recipes that were run alike.

    Attributes:
        variance: of a run's figure.
        freedom: degrees of freedom of that estimate.
    """

    variance: float
    freedom: int


def pooled(samples: Sequence[NDArray[np.float64]]) -> Spread | None:
    """Pool the spread of several recipes' runs, as analysis of variance does; None if none has two runs.

    Args:
        samples: the figures of each recipe's runs, float64 [runs].
    """
    several = [sample for sample in samples if len(sample) > 1]
    freedom = sum(len(sample) - 1 for sample in several)
    if not freedom:
        return None
    squares = sum(float(np.var(sample, ddof=1)) * (len(sample) - 1) for sample in several)
    return Spread(squares / freedom, freedom)


def over_seeds(
    a: NDArray[np.float64], b: NDArray[np.float64], *, confidence: float = 0.95, spread: Spread | None = None
) -> Estimate:
    r"""Estimate the difference of two recipes, of which some runs answered the same groups of questions.

    Two things are samples here, runs (by their seeds) and groups, and the variance of the mean difference has a share
    of each:

    $$ V = \frac{s_a^2}{n_a} + \frac{s_b^2}{n_b} + \frac{s_g^2}{G} $$

    with s_a and s_b the deviations of the runs' means, n their numbers, and s_g the deviation over the G groups of the
    difference between the two recipes' means. It is the variance of two-way clustering (Cameron, Gelbach and Miller,
    "Robust Inference with Multiway Clustering", 2011) without its last term, the share of single runs on single
    groups, which is counted twice: conservative, and never negative. Interval and test are Student's t with
    Satterthwaite's degrees of freedom ("An Approximate Distribution of Estimates of Variance Components", 1946), which
    with s_g = 0 is Welch's test.

    A bootstrap over seeds is not used: of three runs a draw holds all three in 22 % of the cases only, and the variance
    between draws is two thirds of what it should be, so that its intervals are too narrow where runs differ much (on
    tests with few seeds: Colas, Sigaud and Oudeyer, "How Many Random Seeds?", arXiv 1806.08295).

    Three runs say little of how much runs vary. Where more recipes were run alike, `spread` pools what all of them say,
    and is used in place of s_a or s_b where it is larger: it steadies an estimate that is small by luck, and a recipe
    that varies more than the others is held to what it varies.

    A recipe with one run counts as fixed, as an encoder that nobody trained anew does: the estimate is then about that
    run.

    Args:
        a: float64 [runs, groups], of the first recipe; the groups' figures average to the run's.
        b: float64 [runs, groups], of the second.
        confidence: of the interval.
        spread: of single runs, from these recipes and others; see `pooled`.

    Raises:
        DataError: fewer than two groups, or a single run on both sides.
    """
    from scipy import stats

    groups = a.shape[1]
    if groups < 2:
        raise DataError(f"a paired test needs at least two groups of questions, and here is {groups}")
    if len(a) < 2 and len(b) < 2:
        raise DataError("an effect over seeds needs at least two runs of one of the recipes")
    difference = float(a.mean() - b.mean())
    by_group = a.mean(axis=0) - b.mean(axis=0)
    shares = [(float(np.var(by_group, ddof=1)) / groups, groups - 1)]
    shares += [_share_of_runs(side.mean(axis=1), spread) for side in (a, b) if len(side) > 1]
    variance = sum(share for share, _ in shares)
    if variance == 0:
        return Estimate(difference, difference, difference, 0.0 if difference else 1.0)
    freedom = variance**2 / sum(share**2 / own for share, own in shares)
    error = variance**0.5
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(difference) / error, freedom))
    return Estimate(difference, difference - reach, difference + reach, p)


def _share_of_runs(figures: NDArray[np.float64], spread: Spread | None) -> tuple[float, int]:
    """Return the variance of the mean of runs' figures, and its degrees of freedom."""
    own = Spread(float(np.var(figures, ddof=1)), len(figures) - 1)
    used = own if spread is None or spread.variance < own.variance else spread
    return used.variance / len(figures), used.freedom
