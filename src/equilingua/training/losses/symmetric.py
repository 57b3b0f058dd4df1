"""The contrastive loss in both directions: questions ask for passages, and passages for questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.training.losses.contrastive import contrastive_loss

if TYPE_CHECKING:
    import torch


def symmetric_loss(
    queries: torch.Tensor,
    passages: torch.Tensor,
    *,
    temperature: float | torch.Tensor,
    excluded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean of the contrastive losses of the two directions.

    The mean over k of −½ ( log[ exp(s_kk / τ) / Σ_j exp(s_kj / τ) ] + log[ exp(s_kk / τ) / Σ_i exp(s_ik / τ) ] ), as in
    CLIP (arXiv 2103.00020, figure 3). Further passages answer no question of the batch, so i runs over the questions
    and only their own passages ask.

    Args:
        queries: [batch, dim], of unit length.
        passages: [batch + further, dim], of unit length; row i answers query i.
        temperature: τ.
        excluded: bool [batch, batch + further]; True where a passage is no negative of a query, and so the query none
            of the passage. The diagonal must be False.

    Returns:
        A scalar.
    """
    batch = len(queries)
    by_query = contrastive_loss(queries, passages, temperature=temperature, excluded=excluded)
    turned = None if excluded is None else excluded[:, :batch].T
    by_passage = contrastive_loss(passages[:batch], queries, temperature=temperature, excluded=turned)
    return (by_query + by_passage) / 2
