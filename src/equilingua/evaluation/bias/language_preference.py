"""Language preference: does the question's language get more of the first hits than it deserves?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.bias.hits import Hits


def language_preference(hits: Hits, query_language: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    r"""Return how much larger the question's language is among the first k hits than among what is relevant.

    $$ \frac{|\{i \le k : language(i) = L\}|}{k} - \frac{|\{r \in R : language(r) = L\}|}{|R|} $$

    with L the question's language. Above 0 the question's own language is preferred, below 0 the others are. The
    difference, not the ratio, since a language may have nothing relevant. Hits that share a score share their ranks.
    The share of the question's language among the first hits is the "same-language bias" that LAReQA counts (Roy et
    al., "LAReQA: Language-agnostic answer retrieval from a multilingual pool", EMNLP 2020); what is subtracted makes it
    0 for an encoder that shows the relevant candidates alone.

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
