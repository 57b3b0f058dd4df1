"""Relational distillation: a question's score distribution over a batch follows a teacher's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.training.losses.consistency import log_distribution

if TYPE_CHECKING:
    import torch


def relational_loss(
    queries: torch.Tensor,
    candidates: torch.Tensor,
    taught_queries: torch.Tensor,
    taught_candidates: torch.Tensor,
    *,
    temperature: float | torch.Tensor,
    teacher_temperature: float | torch.Tensor,
    excluded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean over i of KL(p_i ‖ q_i).

    q_i is the softmax of the student's s(query_i, candidate_j) / τ over the candidates j of the batch, p_i that of the
    teacher's scores / τ′. Scores of a whole batch as what is distilled: TCT-ColBERT (arXiv 2010.11386). A teacher that
    reads English where the student reads other languages: Translate-Distill (arXiv 2401.04810). As only scores are
    compared, teacher and student may have vectors of different lengths.

    Args:
        queries: the student's, [n, dim], of unit length.
        candidates: the student's, [candidates, dim], of unit length.
        taught_queries: the teacher's, [n, its dim], of unit length.
        taught_candidates: the teacher's, [candidates, its dim], of unit length.
        temperature: τ.
        teacher_temperature: τ′.
        excluded: bool [n, candidates]; True where a candidate has no part in a query's distributions. Each row must
            leave at least one.

    Returns:
        A scalar.
    """
    student = log_distribution(queries @ candidates.T / temperature, excluded)
    teacher = log_distribution(taught_queries @ taught_candidates.T / teacher_temperature, excluded)
    return (teacher.exp() * (teacher - student)).sum(dim=1).mean()
