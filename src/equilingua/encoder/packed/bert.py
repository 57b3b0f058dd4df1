"""BERT-shaped encoders over packed texts: the vectors and gradients of their own modules, in far less time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import layer_norm

from equilingua.encoder.layers import pooled, transformer
from equilingua.encoder.packed.layer import LayerShape, LayerWeights, Masks, run_layer
from equilingua.encoder.packed.texts import Dropout

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.packed.texts import PackedTexts

# The activations whose gradient we have, by the name that configurations use.
_GELU = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
_MODELS = ("BertModel", "RobertaModel", "XLMRobertaModel")
# Where a layer keeps the weights of `LayerWeights`; the first three products are one there.
_PRODUCTS = ("attention.output.dense", "intermediate.dense", "output.dense")
_QUERY_KEY_VALUE = ("attention.self.query", "attention.self.key", "attention.self.value")
_IS_NORM = [name.endswith(("gain", "shift")) for name in LayerWeights._fields]
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")


@dataclass(frozen=True, eq=False)
class PackedBert:
    """An encoder as a function of packed texts, by a working copy of its layers' weights.

    Attributes:
        encoder: holds the weights, float32, and the modules after the transformer.
        layers: the working copies, bottom layer first; they take gradients where their originals train.
        precision: of the layers' matrix products and of what passes between them.
    """

    encoder: SentenceTransformer
    layers: tuple[LayerWeights, ...]
    precision: torch.dtype

    @classmethod
    def of(cls, encoder: SentenceTransformer, precision: torch.dtype) -> PackedBert | None:
        """Return the packed form of an encoder; None where its transformer is no plain BERT, as with adapters."""
        model = transformer(encoder)
        if not _is_plain_bert(model):
            return None
        copies = []
        for layer in model.encoder.layer:
            originals = _originals(layer)
            copy = [torch.cat([part.detach() for part in parts]) for parts in originals]
            # Normalisation computes in float32 anyway.
            copy = [each if norm else each.to(precision) for each, norm in zip(copy, _IS_NORM, strict=True)]
            for tensor, parts in zip(copy, originals, strict=True):
                tensor.requires_grad_(any(part.requires_grad for part in parts))
            copies.append(LayerWeights(*copy))
        return cls(encoder, tuple(copies), precision)

    def refresh(self) -> None:
        """Copy the weights that train to the working copies, as after an optimiser's step."""
        with torch.no_grad():
            for layer, copy in zip(transformer(self.encoder).encoder.layer, self.layers, strict=True):
                for tensor, parts in zip(copy, _originals(layer), strict=True):
                    if tensor.requires_grad:
                        for part, place in zip(parts, tensor.chunk(len(parts)), strict=True):
                            place.copy_(part)

    def copies(self) -> list[tuple[torch.Tensor, tuple[torch.nn.Parameter, ...]]]:
        """Return each working copy that takes a gradient, with the weights that it holds, one below the other."""
        layers = transformer(self.encoder).encoder.layer
        pairs = [
            pair
            for layer, copy in zip(layers, self.layers, strict=True)
            for pair in zip(copy, _originals(layer), strict=True)
        ]
        return [(tensor, parts) for tensor, parts in pairs if tensor.requires_grad]

    def embed(self, packed: PackedTexts, hidden: torch.Tensor | None = None, first_layer: int = 0) -> torch.Tensor:
        """Return the encoder's vectors, float32 [texts, dim], with gradients and, in training mode, dropout.

        Args:
            packed: the texts.
            hidden: [tokens, dim], what comes out of the layers below `first_layer`, if it is known.
            first_layer: the first layer to run.
        """
        training = self.encoder.training
        dropout = Dropout(packed) if training else None
        if hidden is None:
            hidden = self._embeddings(packed, dropout)
        hidden = hidden.float()
        model = transformer(self.encoder)
        for layer, weights in list(zip(model.encoder.layer, self.layers, strict=True))[first_layer:]:
            shape = _shape(layer, model.config, training=training)
            hidden = run_layer(hidden, weights, packed.blocks, shape, _masks(dropout, packed, shape, hidden.shape[1]))
        return self._pooled(hidden, packed)

    def _embeddings(self, packed: PackedTexts, dropout: Dropout | None) -> torch.Tensor:
        embeddings = transformer(self.encoder).embeddings
        padding = getattr(embeddings, "padding_idx", None)
        positions = packed.positions if padding is None else _roberta_positions(packed, padding)
        total = embeddings.word_embeddings(packed.ids) + embeddings.token_type_embeddings.weight[0]
        total = total + embeddings.position_embeddings(positions)
        norm = embeddings.LayerNorm
        hidden = layer_norm(total, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
        probability = embeddings.dropout.p
        kept = dropout.tokens(probability, hidden.shape[1]) if dropout is not None else None
        return hidden if kept is None else hidden * kept / (1 - probability)

    def _pooled(self, hidden: torch.Tensor, packed: PackedTexts) -> torch.Tensor:
        """Run the modules after the transformer, which want one row a text."""
        texts, longest = len(packed.lengths), int(packed.lengths[0])
        padded = hidden.new_zeros(texts, longest, hidden.shape[1])
        padded = padded.index_put((packed.texts, packed.positions), hidden)
        mask = torch.from_numpy((np.arange(longest) < packed.lengths[:, None]).astype(np.int64))
        return pooled(self.encoder, {"token_embeddings": padded, "attention_mask": mask})


def _roberta_positions(packed: PackedTexts, padding: int) -> torch.Tensor:
    """RoBERTa's positions begin behind the one that stands for padding, and skip that token where a text names it."""
    named = packed.ids == padding
    if not bool(named.any()):
        return packed.positions + (padding + 1)
    seen = torch.cat([named.new_zeros(1, dtype=torch.int64), torch.cumsum(named, 0)])
    places = torch.arange(len(named))
    skipped = seen[places + 1] - seen[places - packed.positions]
    return torch.where(named, padding, packed.positions + (padding + 1) - skipped)


def _masks(dropout: Dropout | None, packed: PackedTexts, shape: LayerShape, dim: int) -> Masks:
    if dropout is None:
        return Masks([None] * len(packed.blocks), None, None)
    scores = dropout.scores(shape.attention_dropout, shape.heads)
    return Masks(scores, dropout.tokens(shape.hidden_dropout, dim), dropout.tokens(shape.hidden_dropout, dim))


def _shape(layer: Any, config: Any, *, training: bool) -> LayerShape:  # noqa: ANN401  (transformers' own classes)
    return LayerShape(
        heads=config.num_attention_heads,
        epsilon=config.layer_norm_eps,
        approximate=_GELU[config.hidden_act],
        hidden_dropout=layer.output.dropout.p if training else 0.0,
        attention_dropout=layer.attention.self.dropout.p if training else 0.0,
    )


def _originals(layer: torch.nn.Module) -> list[tuple[torch.nn.Parameter, ...]]:
    """A layer's weights in the order of `LayerWeights`; several where those are one product."""

    def weights(*names: str) -> list[tuple[torch.nn.Parameter, ...]]:
        modules = [layer.get_submodule(name) for name in names]
        return [tuple(module.weight for module in modules), tuple(module.bias for module in modules)]  # type: ignore[misc]

    mix, up, down = (weights(name) for name in _PRODUCTS)
    first, second = (weights(name) for name in _NORMS)
    return [*weights(*_QUERY_KEY_VALUE), *mix, *first, *up, *down, *second]


def _is_plain_bert(model: Any) -> bool:  # noqa: ANN401  (any module, or none)
    if type(model).__name__ not in _MODELS or not type(model).__module__.startswith("transformers."):
        return False
    config = model.config
    plain = not config.is_decoder and getattr(config, "position_embedding_type", "absolute") == "absolute"
    linear = [layer.get_submodule(name) for layer in model.encoder.layer for name in (*_QUERY_KEY_VALUE, *_PRODUCTS)]
    exact = all(type(module) is torch.nn.Linear and module.bias is not None for module in linear)
    return plain and exact and config.hidden_act in _GELU
