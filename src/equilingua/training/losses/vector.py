"""Vector distillation: a text's vector follows a teacher's vector of the text in the pivot language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def vector_loss(vectors: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Return the mean over i of 1 − cosine(vector_i, taught_i).

    The idea of Reimers and Gurevych (arXiv 2004.09813), who take the mean squared error of vectors of any length; for
    those of unit length that is twice this.

    Args:
        vectors: the student's, [n, dim], of unit length.
        taught: the teacher's, [n, dim], of unit length.

    Returns:
        A scalar.
    """
    return 1 - (vectors * taught).sum(dim=1).mean()
