"""Matryoshka dimensions: the loss of shortened vectors, so that the first few dimensions alone retrieve well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import normalize

from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch


def matryoshka_loss(
    loss: Callable[..., torch.Tensor],
    vectors: Sequence[torch.Tensor],
    dims: Sequence[int],
    weights: Sequence[float] = (),
) -> torch.Tensor:
    """Return Σ_d w_d L(v[:d] / ‖v[:d]‖) / Σ_d w_d.

    Matryoshka representation learning (arXiv 2205.13147), as a weighted mean, so that the loss stays of the same size
    however many dimensions there are.

    Args:
        loss: L, a function of as many tensors as `vectors` holds.
        vectors: tensors [texts, dim].
        dims: lengths of the prefixes; the whole length is trained only if it is among them.
        weights: one a prefix; all alike by default.
    """
    weights = list(weights) or [1.0] * len(dims)
    terms = [
        weight * loss(*(normalize(part[:, :dim], dim=-1) for part in vectors))
        for dim, weight in zip(dims, weights, strict=True)
    ]
    return sum(terms[1:], terms[0]) / sum(weights)


def check_dims(dims: Sequence[int], dimension: int) -> None:
    """Refuse prefixes longer than an encoder's vectors.

    Raises:
        UsageError: it names both sizes.
    """
    if dims and max(dims) > dimension:
        raise UsageError(f"loss.matryoshka: {max(dims)} dimensions asked for, the encoder's vectors have {dimension}")
