"""The contrastive loss over a batch, with in-batch negatives."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy


def contrastive_loss(
    queries: torch.Tensor,
    passages: torch.Tensor,
    *,
    temperature: float,
    excluded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean over i of −log[ exp(s_ii / τ) / Σ_j exp(s_ij / τ) ], with s the cosine.

    InfoNCE (arXiv 1807.03748) as dense retrieval uses it (arXiv 2004.04906): the passages of the other pairs, and any
    further passages, are a question's negatives.

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


def related(query_codes: torch.Tensor, passage_codes: torch.Tensor) -> torch.Tensor:
    """Tell which passages are no negatives of which queries because they share an id (a group or a passage).

    Args:
        query_codes: int [batch, ids]; column k is the k-th kind of id of the query's own pair.
        passage_codes: int [passages, ids].

    Returns:
        bool [batch, passages]; False on the diagonal, where the positives stand.

    >>> related(torch.tensor([[0, 7], [1, 8], [2, 7]]), torch.tensor([[0, 7], [1, 8], [2, 7]])).int().tolist()
    [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    """
    shared = (query_codes[:, None, :] == passage_codes[None, :, :]).any(dim=-1)
    return shared.fill_diagonal_(False)
