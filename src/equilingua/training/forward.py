"""How a micro-batch goes through the encoder: as packed texts where we have a fast path, else by the encoder's modules.

Both give the same vectors. What the gradient cache needs of either is `Forward`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from equilingua.encoder.layers import embed, transformer
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.precision import autocast
from equilingua.encoder.tokens import collate, default_token_budget
from equilingua.training.gradient_cache import packed_micro_batches, padded_micro_batches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.fast_path import FastPath
    from equilingua.training.collate import Texts
    from equilingua.training.gradient_cache import MicroBatch


class Forward(Protocol):
    """A way through the encoder."""

    @property
    def leaves(self) -> Sequence[torch.Tensor]:
        """What gradients of a micro-batch are taken with respect to."""

    @property
    def concurrent(self) -> bool:
        """Whether several threads may compute micro-batches at once."""

    def plan(self, lengths: np.ndarray, token_budget: int | None, shares: int) -> list[MicroBatch]:
        """Divide texts into micro-batches."""

    def vectors(self, texts: Texts, rows: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        """Return vectors, float32 [rows, dim], of texts, longest first, with dropout by their seeds in training."""

    def add(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Add gradients of the leaves to the weights' `grad`."""

    def refresh(self) -> None:
        """Take note that the weights have changed."""


def choose_forward(
    encoder: SentenceTransformer, weights: Mapping[str, torch.nn.Parameter], path: FastPath, pad_id: int
) -> Forward:
    """Return the fastest way through an encoder.

    Args:
        encoder: the one in training.
        weights: those of it that train.
        path: how much of our own code gives this encoder's vectors.
        pad_id: the token that fills up short texts.
    """
    # None where adapters have been put in since the path was found.
    bert = PackedBert.of(encoder, path.products) if path.way == "packed" else None
    return ModuleForward(encoder, weights, path.products, pad_id) if bert is None else PackedForward(bert, weights)


class PackedForward:
    """Without padding, by `PackedBert`'s working copies of the weights."""

    concurrent = True

    def __init__(self, bert: PackedBert, weights: Mapping[str, torch.nn.Parameter]) -> None:
        self._bert = bert
        self._copies = bert.copies()
        copied = {id(weight) for _, originals in self._copies for weight in originals}
        self._others = [weight for weight in weights.values() if id(weight) not in copied]
        self._dim = int(transformer(bert.encoder).config.hidden_size)
        self.leaves = [*(copy for copy, _ in self._copies), *self._others]

    def plan(self, lengths: np.ndarray, token_budget: int | None, shares: int) -> list[MicroBatch]:
        """See `Forward`."""
        return packed_micro_batches(lengths, token_budget or default_token_budget("packed"), shares, self._dim)

    def vectors(self, texts: Texts, rows: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        """See `Forward`."""
        packed = pack(texts.tokens, rows, seeds)
        if texts.activations is None:
            return self._bert.embed(packed)
        hidden = texts.activations.rows(texts.numbers[rows], texts.limits[rows])
        return self._bert.embed(packed, hidden, len(self._bert.layers) - texts.activations.split.top_layers)

    def add(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """See `Forward`."""
        for (_, originals), gradient in zip(self._copies, gradients, strict=False):
            if gradient is not None:
                for weight, part in zip(originals, gradient.chunk(len(originals)), strict=True):
                    _add(weight, part)
        for weight, gradient in zip(self._others, gradients[len(self._copies) :], strict=True):
            _add(weight, gradient)

    def refresh(self) -> None:
        """See `Forward`."""
        self._bert.refresh()


class ModuleForward:
    """By the encoder's own modules, padded to the longest text of a micro-batch."""

    def __init__(
        self,
        encoder: SentenceTransformer,
        weights: Mapping[str, torch.nn.Parameter],
        products: torch.dtype,
        pad_id: int,
    ) -> None:
        self._encoder = encoder
        self._products = products
        self._pad_id = pad_id
        self._drops = _drops(encoder)
        self.leaves = list(weights.values())

    @property
    def concurrent(self) -> bool:
        """Threads share the generator that modules draw their dropout from."""
        return self._encoder.device.type == "cpu" and not self._drops

    def plan(self, lengths: np.ndarray, token_budget: int | None, shares: int) -> list[MicroBatch]:
        """See `Forward`."""
        return padded_micro_batches(lengths, token_budget or default_token_budget(self._encoder.device.type), shares)

    def vectors(self, texts: Texts, rows: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        """See `Forward`; dropout depends on the whole micro-batch here."""
        device = self._encoder.device
        if self._drops and self._encoder.training:
            torch.manual_seed(int(seeds[0]))
        with autocast(device, self._products):
            if texts.activations is not None:
                return texts.activations.split.top(*texts.activations.padded(texts.numbers[rows], texts.limits[rows]))
            return embed(self._encoder, collate(texts.tokens, rows, self._pad_id, device))

    def add(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """See `Forward`."""
        for weight, gradient in zip(self.leaves, gradients, strict=True):
            _add(weight, gradient)

    def refresh(self) -> None:
        """See `Forward`; modules read the weights themselves."""


def _add(weight: torch.Tensor, gradient: torch.Tensor | None) -> None:
    if gradient is not None and weight.requires_grad:
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        weight.grad.add_(gradient)


def _drops(encoder: SentenceTransformer) -> bool:
    """Tell whether any module may drop something in training, by a layer or by a number of its own."""
    return any(
        isinstance(value, float) and value > 0
        for module in encoder.modules()
        for name, value in vars(module).items()
        if "drop" in name or (name == "p" and isinstance(module, torch.nn.modules.dropout._DropoutNd))
    )
