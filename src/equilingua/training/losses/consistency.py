"""The language-consistency term: a question's score distribution over a batch should not depend on its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import log_softmax

if TYPE_CHECKING:
    import torch


def consistency_loss(
    queries: torch.Tensor,
    translations: torch.Tensor,
    candidates: torch.Tensor,
    *,
    temperature: float | torch.Tensor,
    excluded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean over i of ½ [ KL(p_i ‖ p′_i) + KL(p′_i ‖ p_i) ].

    p_i is the softmax of s(query_i, candidate_j) / τ over the candidates j of the batch, p′_i the same of the query's
    translation. The divergence between the scores of parallel questions is LaKDA's idea (arXiv 2509.06195); the
    symmetric form, in which no language teaches the other, is that of consistency training between translations (xTune,
    arXiv 2106.08226) and of R-Drop (arXiv 2106.14448).

    Args:
        queries: [n, dim], of unit length.
        translations: [n, dim], of unit length; row i says what query i says, in another language.
        candidates: [candidates, dim], of unit length.
        temperature: τ.
        excluded: bool [n, candidates]; True where a candidate has no part in a query's distribution. Each row must
            leave at least one.

    Returns:
        A scalar; 0 where there is no query.
    """
    if not len(queries):
        return queries.sum() + translations.sum()  # 0, and a gradient for both
    ours = log_distribution(queries @ candidates.T / temperature, excluded)
    theirs = log_distribution(translations @ candidates.T / temperature, excluded)
    # ½ Σ p (log p − log p′) + ½ Σ p′ (log p′ − log p)
    return ((ours.exp() - theirs.exp()) * (ours - theirs)).sum(dim=1).mean() / 2


def log_distribution(scores: torch.Tensor, excluded: torch.Tensor | None) -> torch.Tensor:
    """Return the log of the softmax of each row [n, candidates]; 0 where excluded, so that any two agree there."""
    if excluded is None:
        return log_softmax(scores, dim=1)
    return log_softmax(scores.masked_fill(excluded, float("-inf")), dim=1).masked_fill(excluded, 0.0)
