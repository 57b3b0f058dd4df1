"""Exposure: how much of a reader's attention the passages of each language get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import elementwise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.bias.hits import Hits


def discount(ranks: int) -> NDArray[np.float64]:
    """Return the attention that ranks 1 to `ranks` get: 1 / log2(max(rank, 2)), that of the TREC Fair Ranking track."""
    weights: NDArray[np.float64] = 1 / elementwise.log2(np.maximum(np.arange(1, ranks + 1), 2))
    return weights


def exposure(hits: Hits, k: int) -> NDArray[np.float64]:
    r"""Return the share of the attention to the first k hits that each language gets, for every question.

    $$ E_l = \sum_{i \le k, language(i) = l} v_i \Big/ \sum_{i \le k} v_i, \quad v_i = 1 / \log_2 \max(i, 2) $$

    The exposure of Singh and Joachims, "Fairness of Exposure in Rankings" (KDD 2018), with languages for groups. Hits
    that share a score share their attention.

    Args:
        hits: the first hits.
        k: how many to look at; all of them where there are fewer.

    Returns:
        float64 [questions, languages]; rows add up to 1, or to 0 where nothing was retrieved.
    """
    weights = np.zeros(hits.kept)
    weights[:k] = discount(min(k, hits.kept))
    return hits.by_language(hits.attention(weights)) / hits.within(weights)[:, None]


def matrix(
    shares: NDArray[np.float64], query_language: NDArray[np.int32], languages: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """Average shares by the question's language.

    Args:
        shares: float64 [questions, languages].
        query_language: int32 [questions].
        languages: their codes.

    Returns:
        question's language → candidate's language → mean share; only languages with a question.
    """
    return {
        asking: dict(zip(languages, shares[query_language == code].mean(axis=0).tolist(), strict=True))
        for code, asking in enumerate(languages)
        if (query_language == code).any()
    }


def averaged(
    parts: Sequence[Mapping[str, Mapping[str, float]]], weights: Sequence[NDArray[np.int64]], languages: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Average what `matrix` made of the questions in several parts.

    Args:
        parts: of the same languages.
        weights: int64 [languages], questions of each language in each part.
        languages: their codes.
    """
    found = {}
    for code, asking in enumerate(languages):
        number = sum(int(weight[code]) for weight in weights)
        rows = [(part[asking], int(weight[code])) for part, weight in zip(parts, weights, strict=True) if weight[code]]
        if rows:
            found[asking] = {to: sum(row[to] * weight for row, weight in rows) / number for to in languages}
    return found
