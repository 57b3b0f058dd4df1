"""The figures of language bias, a function each, and `FIGURES`: those that are reported.

PEER has a module of its own. Where hits share a score, they share their ranks' attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise
from equilingua.evaluation.bias.peer import peer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.bias.hits import Hits
    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.ranking import Rankings

# How many hits exposure is measured over.
SHALLOW, DEEP = 10, 100


def rank_distance(pool: Rankings, candidates: int) -> NDArray[np.float64]:
    """Return how far apart the best and the worst relevant candidate of every question stand in the pool.

    Worst rank − best rank, the figure of arXiv 2408.10536; lower is fairer. Relevant candidates hold ranks of their own
    even when tied, so n of them are at least n − 1 apart; a question with a single one has 0. Ties count against us:
    where all relevant candidates share one score, as where none was retrieved, they are as far apart as it allows. What
    was not retrieved stands last.

    Args:
        pool: rankings over the candidates of all languages.
        candidates: how many there are.

    Returns:
        float64 [lists], in ranks.
    """
    best, worst = pool.offsets[:-1], pool.offsets[1:] - 1
    level = (best < worst) & (pool.above[best] == pool.above[worst])
    first = np.where(level, pool.above[best] + 1, np.minimum(pool.rank[best], candidates))
    last = np.where(level, pool.at_or_above[worst], pool.rank[worst])
    distance: NDArray[np.float64] = np.minimum(last, candidates) - first
    return distance


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


def language_preference(hits: Hits, query_language: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    r"""Return how much larger the question's language is among the first k hits than among what is relevant.

    $$ \frac{|\{i \le k : language(i) = L\}|}{k} - \frac{|\{r \in R : language(r) = L\}|}{|R|} $$

    with L the question's language. Above 0 the question's own language is preferred, below 0 the others are. The
    difference, not the ratio, since a language may have nothing relevant. The share of the question's language among
    the first hits is the "same-language bias" that LAReQA counts (Roy et al., "LAReQA: Language-agnostic answer
    retrieval from a multilingual pool", EMNLP 2020); what is subtracted makes it 0 for an encoder that shows the
    relevant candidates alone.

    Args:
        hits: the first hits.
        query_language: int32 [questions].
        k: how many hits to look at; all of them where there are fewer.

    Returns:
        float64 [questions], in −1 to 1.
    """
    weights = np.zeros(hits.kept)
    weights[:k] = 1
    own = hits.language == query_language[:, None]
    share: NDArray[np.float64] = (hits.attention(weights) * own).sum(axis=1) / hits.within(weights)
    return share - hits.target[np.arange(len(own)), query_language]


def discount(ranks: int) -> NDArray[np.float64]:
    """Return the attention that ranks 1 to `ranks` get: 1 / log2(max(rank, 2)), that of the TREC Fair Ranking track."""
    weights: NDArray[np.float64] = 1 / elementwise.log2(np.maximum(np.arange(1, ranks + 1), 2))
    return weights


def exposure(hits: Hits, k: int) -> NDArray[np.float64]:
    r"""Return the share of the attention to the first k hits that each language gets, for every question.

    $$ E_l = \sum_{i \le k, language(i) = l} v_i \Big/ \sum_{i \le k} v_i, \quad v_i = 1 / \log_2 \max(i, 2) $$

    The exposure of Singh and Joachims, "Fairness of Exposure in Rankings" (KDD 2018), with languages for groups.

    Args:
        hits: the first hits.
        k: how many to look at; all of them where there are fewer.

    Returns:
        float64 [questions, languages]; rows add up to 1, or to 0 where nothing was retrieved.
    """
    weights = np.zeros(hits.kept)
    weights[:k] = discount(min(k, hits.kept))
    return hits.by_language(hits.attention(weights)) / hits.within(weights)[:, None]


def awrf(hits: Hits, k: int) -> NDArray[np.float64]:
    r"""Return how near each question's exposure by language is to the languages' shares of what is relevant.

    $$ AWRF = 1 - JSD(E, T), \quad JSD(E, T) = H\Big(\frac{E + T}{2}\Big) - \frac{H(E) + H(T)}{2} $$

    Attention-weighted rank fairness, with E the exposure of the first k hits, T the share of each language among the
    relevant candidates and H the entropy. Sapiezynski, Zeng, Robertson, Mislove and Wilson, "Quantifying the impact of
    user attention on fair group representation in ranked lists" (WWW 2019 companion), in the form of the TREC Fair
    Ranking track (Ekstrand, McDonald, Raj and Johnson, "Overview of the TREC 2021 Fair Ranking Track"), its discount
    included. Logarithms have base 2, so that the figure is in 0–1; the track's own script takes natural ones.

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


def score_offset(counts: Counts, benchmark: Benchmark) -> NDArray[np.float64]:
    r"""Return the mean score of unrelated candidates in the question's language less that of the other languages'.

    $$ \frac{\sum_{c \notin R, language(c) = L} s(c)}{|\{c \notin R : language(c) = L\}|} -
    \frac{\sum_{c \notin R, language(c) \ne L} s(c)}{|\{c \notin R : language(c) \ne L\}|} $$

    with L the question's language. In units of the score, so for cosines between −2 and 2: compare it with the spread
    of the encoder's scores, not between encoders. Exact: the sums over a language come from the sum of its vectors
    where scores are dot products, and from the scores themselves otherwise.

    Returns:
        float64 [questions]; NaN where one of the two means is of nothing, or not finite.
    """
    questions, languages = counts.total.shape
    sizes = np.diff(counts.offsets)
    place = np.repeat(np.arange(questions), sizes) * languages + benchmark.candidate_language[counts.candidate]
    related = np.bincount(place, minlength=questions * languages).reshape(-1, languages)
    scores = np.bincount(place, counts.score, questions * languages).reshape(-1, languages)
    number = benchmark.candidate_counts - related
    with np.errstate(invalid="ignore"):
        total = counts.total - scores
    own = np.zeros(total.shape, np.bool_)
    own[np.arange(questions), benchmark.query_language] = True
    means = []
    for side in (own, ~own):
        among = np.where(side, number, 0).sum(axis=1)
        summed = np.where(side & (number > 0), total, 0).sum(axis=1)
        means.append(np.divide(summed, among, out=np.full(questions, np.nan), where=among > 0))
    with np.errstate(invalid="ignore"):
        offset = means[0] - means[1]
    return np.where(np.isfinite(offset), offset, np.nan)


@dataclass(frozen=True, eq=False)
class Ranked:
    """What figures are made of: a benchmark's questions, how they were ranked, and their first hits.

    Attributes:
        benchmark: what was counted.
        counts: of its scores.
        pool: one list for each question with a relevant candidate.
        hits: the first of each question.
    """

    benchmark: Benchmark
    counts: Counts
    pool: Rankings
    hits: Hits

    @property
    def candidates(self) -> int:
        """How many candidates each question was ranked against."""
        return int(self.benchmark.candidate_counts.sum())

    def by_question(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values [lists of the pool] as those of the questions, float64 [questions]; NaN for one without."""
        whole = np.full(len(self.benchmark.queries), np.nan)
        whole[self.pool.question] = values
        return whole


# By the name that each has in results; every one gives float64 [questions].
FIGURES: Mapping[str, Callable[[Ranked], NDArray[np.float64]]] = {
    "rank_distance": lambda ranked: ranked.by_question(rank_distance(ranked.pool, ranked.candidates)),
    "same_language_top1": lambda ranked: same_language_top1(ranked.counts.best, ranked.benchmark.query_language),
    "language_preference@10": lambda ranked: language_preference(ranked.hits, ranked.benchmark.query_language, 10),
    "peer": lambda ranked: peer(ranked.hits),
    "awrf": lambda ranked: awrf(ranked.hits, DEEP),
    "score_offset": lambda ranked: score_offset(ranked.counts, ranked.benchmark),
}
