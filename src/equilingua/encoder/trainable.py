"""Which of an encoder's weights train: all layers, the top ones, or low-rank adapters; the embedding table or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from equilingua.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def choose_trainable(
    encoder: SentenceTransformer, *, top_layers: int | None = None, freeze_token_embeddings: bool = True
) -> dict[str, torch.nn.Parameter]:
    """Freeze what shall not train and return what shall, by name.

    Args:
        encoder: changed in place.
        top_layers: train only so many of the uppermost layers; None trains all.
        freeze_token_embeddings: leave the token embedding table as it is. It is most of a multilingual encoder's
            weights, and a batch touches few of its rows.

    Raises:
        UsageError: the encoder has fewer layers, or nothing would train.
    """
    encoder.requires_grad_(True)
    model = _transformer(encoder)
    if freeze_token_embeddings and model is not None:
        model.get_input_embeddings().requires_grad_(False)
    if top_layers is not None:
        layers = _layers(encoder)
        if not 1 <= top_layers <= len(layers):
            raise UsageError(f"encoder.trainable: {top_layers} top layers asked for, the encoder has {len(layers)}")
        encoder.requires_grad_(False)
        for layer in layers[-top_layers:]:
            layer.requires_grad_(True)
    return trainable_weights(encoder)


def add_lora(encoder: SentenceTransformer, rank: int, alpha: int | None) -> dict[str, torch.nn.Parameter]:
    """Put low-rank adapters on every linear layer, freeze the rest, and return the adapters' weights by name.

    Raises:
        MissingExtraError: `peft` is not installed.
        UsageError: the encoder is no transformer.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingExtraError("encoder.adapter", "peft", "lora") from error
    model = _transformer(encoder)
    if model is None:
        raise UsageError("encoder.adapter: this encoder is no transformer, it has no linear layers to adapt")
    encoder.requires_grad_(False)
    linear = [name for name, part in model.named_modules() if _is_hidden_linear(name, part)]
    config = LoraConfig(r=rank, lora_alpha=alpha or 2 * rank, target_modules=linear, bias="none")
    inject_adapter_in_model(config, model)
    return trainable_weights(encoder)


def merge_lora(encoder: SentenceTransformer) -> None:
    """Add the adapters' updates to the weights and put the plain layers back, so that no adapter code is needed."""
    from peft.tuners.lora import LoraLayer

    adapted = [(name, part) for name, part in encoder.named_modules() if isinstance(part, LoraLayer)]
    for name, part in adapted:
        part.merge()
        parent, _, child = name.rpartition(".")
        setattr(encoder.get_submodule(parent), child, part.get_base_layer())


def trainable_weights(encoder: SentenceTransformer) -> dict[str, torch.nn.Parameter]:
    """Return the weights that have gradients, by name.

    Raises:
        UsageError: there are none.
    """
    weights = {name: weight for name, weight in encoder.named_parameters() if weight.requires_grad}
    if not weights:
        raise UsageError("nothing to train: every weight of this encoder is frozen")
    return weights


def set_dropout(encoder: SentenceTransformer, probability: float) -> None:
    """Set the probability of every dropout layer."""
    for part in encoder.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = probability


def _transformer(encoder: SentenceTransformer) -> Any:  # noqa: ANN401  (a transformers model)
    return getattr(encoder[0], "auto_model", None)


def _layers(encoder: SentenceTransformer) -> torch.nn.ModuleList:
    """The encoder's layers: the longest list of modules in it."""
    lists = [part for part in encoder.modules() if isinstance(part, torch.nn.ModuleList)]
    if not lists:
        raise UsageError("encoder.trainable: this encoder has no layers; use 'all'")
    return max(lists, key=len)


def _is_hidden_linear(name: str, part: torch.nn.Module) -> bool:
    return isinstance(part, torch.nn.Linear) and "pooler" not in name
