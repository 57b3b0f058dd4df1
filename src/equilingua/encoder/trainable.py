"""Which of an encoder's weights train: all layers, the top ones, or low-rank adapters; the embedding table or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from equilingua.encoder.layers import check_top_layers, layers_of, transformer
from equilingua.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Of whole values, of channels, and of self-normalising networks' values.
_DROPOUT_LAYERS = (
    torch.nn.Dropout,
    torch.nn.Dropout1d,
    torch.nn.Dropout2d,
    torch.nn.Dropout3d,
    torch.nn.AlphaDropout,
    torch.nn.FeatureAlphaDropout,
)


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
    model = transformer(encoder)
    if freeze_token_embeddings and model is not None:
        model.get_input_embeddings().requires_grad_(False)
    if top_layers is not None:
        check_top_layers(encoder, top_layers)
        encoder.requires_grad_(False)
        for layer in layers_of(encoder)[-top_layers:]:
            layer.requires_grad_(True)
    return trainable_weights(encoder)


def add_lora(
    encoder: SentenceTransformer, rank: int, alpha: int | None, *, top_layers: int | None = None
) -> dict[str, torch.nn.Parameter]:
    """Put low-rank adapters on linear layers, freeze the rest, and return the adapters' weights by name.

    Args:
        encoder: changed in place.
        rank: of an adapter.
        alpha: scale of its update; None for twice the rank.
        top_layers: adapt only so many of the uppermost layers; None adapts every linear layer.

    Raises:
        MissingExtraError: `peft` is not installed.
        UsageError: the encoder is no transformer, has fewer layers, or PEFT cannot adapt it.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingExtraError("encoder.adapter", "peft", "lora") from error
    model = transformer(encoder)
    if model is None:
        raise UsageError("encoder.adapter: this encoder is no transformer, it has no linear layers to adapt")
    encoder.requires_grad_(False)
    adapted = set(model.modules())
    if top_layers is not None:
        check_top_layers(encoder, top_layers)
        adapted = {part for layer in layers_of(encoder)[-top_layers:] for part in layer.modules()}
    linear = [name for name, part in model.named_modules() if part in adapted and _is_hidden_linear(name, part)]
    if not linear:
        raise UsageError(f"encoder.adapter: a {type(model).__name__} has no linear layers to adapt")
    config = LoraConfig(r=rank, lora_alpha=alpha or 2 * rank, target_modules=linear, bias="none")
    try:
        inject_adapter_in_model(config, model)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, ImportError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(f"encoder.adapter: PEFT cannot adapt a {type(model).__name__}: {reason}") from error
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
    """Set every probability of dropout: of dropout layers, and those that modules keep as plain numbers.

    Attention often keeps its own as a number. A module that left a dropout layer out, because the encoder came with a
    probability of 0, gets one. Configurations stay as they are, so that what is saved says what the encoder came with.
    """
    for part in encoder.modules():
        if isinstance(part, _DROPOUT_LAYERS):
            part.p = probability
        for name, value in list(vars(part).items()):
            if "dropout" in name and isinstance(value, float | int) and not isinstance(value, bool):
                setattr(part, name, probability)
        for name, child in part.named_children():
            if isinstance(child, torch.nn.Identity) and "drop" in name and "path" not in name:
                setattr(part, name, torch.nn.Dropout(probability))


def _is_hidden_linear(name: str, part: torch.nn.Module) -> bool:
    return isinstance(part, torch.nn.Linear) and "pooler" not in name
