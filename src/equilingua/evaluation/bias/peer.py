"""PEER: could the ranks of the languages' passages be those of one language?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.bias.hits import Hits


def peer(hits: Hits) -> NDArray[np.float64]:
    r"""Return the probability of equal expected rank of every question.

    Yang, Jänich, Mayfield and Lawrie, "Language Fairness in Multilingual Information Retrieval" (SIGIR 2024): for each
    level of relevance, the p-value of the Kruskal–Wallis test of "the ranks of all languages' documents come from one
    distribution", weighted over levels.

    $$ H = (N - 1) \frac{\sum_l n_l (\bar r_l - \bar r)^2}{\sum_d (r_d - \bar r)^2}, \quad
    p = P(\chi^2_{L - 1} \ge H) $$

    with N documents of the level, n_l of them in language l, L languages that have any. The variant here:

    - the list is cut after the hits that are kept (100), PEER@100;
    - two levels, relevant and not, each of weight ½ (the paper leaves the weights to the user);
    - a relevant candidate that is not among the hits is tied with all others of its kind behind them; what is not
      relevant counts only where it is shown;
    - ranks are taken anew among the documents of the level, equal scores sharing theirs, as Kruskal and Wallis have it
      (and `scipy.stats.kruskal`); the paper's own script keeps the ranks of the whole list;
    - with documents of one language only, or all tied, p = 1.

    Where every language has just one relevant document, H is N − 1 whatever the order, and that half of the figure says
    nothing: the other half does.

    Args:
        hits: the first hits.

    Returns:
        float64 [questions], in 0–1; low where the languages stand at different ranks.
    """
    shown = hits.by_language(hits.relevant)
    behind = hits.number - shown
    others = hits.listed & ~hits.relevant
    return (_p(hits, hits.relevant, behind) + _p(hits, others, np.zeros_like(behind))) / 2


def _p(hits: Hits, level: NDArray[np.bool_], behind: NDArray[np.float64]) -> NDArray[np.float64]:
    """Test the documents of one level.

    Args:
        hits: the first hits.
        level: bool [questions, kept], which of them are of the level.
        behind: float64 [questions, languages], documents of the level that are tied behind the hits.
    """
    ranks = _ranks(hits, level)
    shown = level.sum(axis=1)
    last = shown + (behind.sum(axis=1) + 1) / 2
    sizes = hits.by_language(level) + behind
    sums = hits.by_language(ranks) + behind * last[:, None]
    squares = np.einsum("ij,ij->i", ranks, ranks) + behind.sum(axis=1) * last**2
    documents = sizes.sum(axis=1)
    expected = documents * ((documents + 1) / 2) ** 2
    between = (sums**2 / np.maximum(sizes, 1)).sum(axis=1) - expected
    within = squares - expected
    languages = (sizes > 0).sum(axis=1)
    # Sums of squares of multiples of ½: exact, so that no variance at all is exactly 0.
    testable = (languages > 1) & (within > 0)
    statistic = (documents - 1) * np.maximum(between, 0) / np.where(testable, within, 1)
    return np.where(testable, upper_tail(statistic, np.maximum(languages - 1, 1)), 1.0)


def _ranks(hits: Hits, level: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rank the hits of a level among themselves, tied ones sharing the mean; 0 for the others."""
    ranks = np.where(level, np.cumsum(level, axis=1), 0).astype(np.float64)
    rows = np.flatnonzero((hits.tied & level).any(axis=1))
    if len(rows):
        of_level = level[rows].ravel()
        # A run ends where the score changes, whether or not the hit there is of the level.
        run = np.cumsum(~hits.tied[rows].ravel())[of_level] - 1
        plain = ranks[rows].ravel()
        means = np.bincount(run, plain[of_level]) / np.maximum(np.bincount(run), 1)
        plain[of_level] = means[run]
        ranks[rows] = plain.reshape(len(rows), -1)
    return ranks


def upper_tail(statistic: NDArray[np.float64], degrees: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Return the probability that a chi-squared variable is at least as large as each statistic.

    Importing scipy for it would take a tenth of a cached evaluation. For whole degrees of freedom ν a finite sum
    (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.4.4 and 26.4.5): with h = χ²/2,

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
