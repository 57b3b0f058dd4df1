"""Metrics of ranked lists, a function each, and `METRICS`: those that every setting reports.

Every one returns float64 [lists], in 0–1. Ties count against us: see `equilingua.evaluation.ranking.Rankings`. Average
precision alone treats tied candidates alike.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from equilingua.evaluation.ranking import Rankings


def average_precision(rankings: Rankings) -> NDArray[np.float64]:
    r"""Return the average precision of every list: the area under the steps of precision over recall.

    $$ AP = \frac{1}{|R|} \sum_{r \in R} \frac{|\{r' \in R : s(r') \ge s(r)\}|}{|\{c : s(c) \ge s(r)\}|} $$

    with R the relevant candidates and s the score. Candidates that share a score cannot be told apart, so a precision
    counts all that are tied: the definition of `sklearn.metrics.average_precision_score`, which LAReQA and arXiv
    2408.10536 use.
    """
    return rankings.total(rankings.found / rankings.at_or_above) / rankings.relevant


def average_precision_at(rankings: Rankings, k: int) -> NDArray[np.float64]:
    r"""Return what the first k ranks contribute to the average precision of every list.

    $$ AP@k = \frac{1}{|R|} \sum_{r \in R, rank(r) \le k} \frac{|\{r' \in R : rank(r') \le rank(r)\}|}{rank(r)} $$

    trec_eval's `map_cut_k`. It is the mAP@20 by which XTREME-R (Ruder et al., "XTREME-R: Towards More Challenging and
    Nuanced Multilingual Evaluation", 2021) scores LAReQA as well: that divides by min(|R|, k), and there |R| ≤ 11.
    """
    place = np.arange(1, len(rankings.rank) + 1) - np.repeat(rankings.offsets[:-1], rankings.relevant)
    return rankings.total(np.where(rankings.rank <= k, place / rankings.rank, 0.0)) / rankings.relevant


def recall(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return the share of the relevant candidates that are among the first k of every list.

    trec_eval's `recall_k`: divided by the number of relevant candidates, also where that is more than k. R@10 in the
    multilingual setting of arXiv 2408.10536 is read in this way: with 11 relevant passages a question (XQuAD-R) 10/11
    is the most that can be had, and its figures lie below its mAP there, yet above it on MLQA-R with 2 to 4. Where a
    list has one relevant candidate, as in the other two settings, it is the share of questions answered within the
    first k.
    """
    return rankings.total(rankings.rank <= k) / rankings.relevant


def precision(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return the number of relevant candidates among the first k of every list, divided by k.

    trec_eval's `P_k`: divided by k also where a list has fewer candidates, or fewer relevant ones.
    """
    return rankings.total(rankings.rank <= k) / k


def f1(rankings: Rankings, k: int) -> NDArray[np.float64]:
    r"""Return the harmonic mean of precision@k and recall@k of every list; 0 where none of the first k is relevant.

    $$ F_1@k = \frac{2 P R}{P + R} = \frac{2 |\{r \in R : rank(r) \le k\}|}{k + |R|} $$

    van Rijsbergen, "Information Retrieval", 1979, chapter 7, with both sides weighing the same.
    """
    return 2 * rankings.total(rankings.rank <= k) / (k + rankings.relevant)


def success(rankings: Rankings, k: int) -> NDArray[np.float64]:
    """Return 1 for every list with a relevant candidate among its first k, 0 for the others.

    trec_eval's `success_k`; with one relevant candidate a list it is the recall, and with k = 1 the accuracy.
    """
    return (rankings.rank[rankings.offsets[:-1]] <= k).astype(np.float64)


def reciprocal_rank(rankings: Rankings) -> NDArray[np.float64]:
    """Return 1 / rank of the best relevant candidate of every list; its mean is the MRR.

    trec_eval's `recip_rank` (Voorhees, "The TREC-8 Question Answering Track Report", 1999).
    """
    reciprocal: NDArray[np.float64] = 1.0 / rankings.rank[rankings.offsets[:-1]]
    return reciprocal


def ndcg(rankings: Rankings, k: int) -> NDArray[np.float64]:
    r"""Return the normalised discounted cumulative gain of every list, with a gain of 1 for a relevant candidate.

    $$ nDCG@k = \sum_{r \in R, rank(r) \le k} \frac{1}{\log_2(rank(r) + 1)} \Big/ \sum_{i=1}^{\min(k, |R|)}
    \frac{1}{\log_2(i + 1)} $$

    trec_eval's `ndcg_cut_k` (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002).
    """
    gain = np.append(1 / elementwise.log2(np.arange(2, k + 2)), 0.0)
    gains, ideal = gain[np.minimum(rankings.rank - 1, k).astype(np.int64)], np.cumsum(gain[:k])
    normalised: NDArray[np.float64] = rankings.total(gains) / ideal[np.minimum(rankings.relevant, k) - 1]
    return normalised


# By the name that each has in results.
METRICS: Mapping[str, Callable[[Rankings], NDArray[np.float64]]] = {
    "map": average_precision,
    "map@20": partial(average_precision_at, k=20),
    "recall@1": partial(recall, k=1),
    "recall@5": partial(recall, k=5),
    "recall@10": partial(recall, k=10),
    "recall@100": partial(recall, k=100),
    "mrr": reciprocal_rank,
    "ndcg@10": partial(ndcg, k=10),
    "precision@10": partial(precision, k=10),
    "f1@10": partial(f1, k=10),
    "success@10": partial(success, k=10),
}
