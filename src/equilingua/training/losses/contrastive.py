"""The contrastive loss: each question asks for its passage among those of the batch."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy


def contrastive_loss(
    queries: torch.Tensor,
    passages: torch.Tensor,
    *,
    temperature: float | torch.Tensor,
    excluded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean over i of −log[ exp(s_ii / τ) / Σ_j exp(s_ij / τ) ], with s the cosine.

    InfoNCE (arXiv 1807.03748) as dense retrieval uses it (arXiv 2004.04906): the passages of the other pairs, and any
    further passages, such as mined hard negatives, are a question's negatives.

    Args:
        queries: [batch, dim], of unit length.
        passages: [batch + further, dim], of unit length; row i answers query i.
        temperature: τ.
        excluded: bool [batch, batch + further]; True where a passage is no negative of a query. The diagonal must be
            False.

    Returns:
        A scalar.
    """
    scores = queries @ passages.T / temperature
    if excluded is not None:
        scores = scores.masked_fill(excluded, float("-inf"))
    return cross_entropy(scores, torch.arange(len(queries), device=scores.device))
