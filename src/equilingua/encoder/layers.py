"""A transformer cut between two of its layers: the lower ones run alone, the upper ones go on from what they gave.

Neither half is a model of its own: each is a view of the encoder, made of its own modules, whose `forward` is the
transformer's own. So masks, position biases and final norms are whatever the installed version of transformers makes
them, and a view that does not give the whole encoder's vectors is refused.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from equilingua.encoder.tokens import TokenizedTexts, collate
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, eq=False)
class Split:
    """An encoder cut below its top layers.

    Attributes:
        encoder: whose modules both halves share.
        top_layers: how many layers the upper half has.
    """

    encoder: SentenceTransformer
    top_layers: int

    def bottom(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the states that enter the top layers, [texts, longest, dim].

        Args:
            features: `input_ids` and `attention_mask`, int64 [texts, longest].
        """
        return bottom_forward(self.encoder, features, self.top_layers)

    def top(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the vectors of such states: see `top_forward`."""
        return top_forward(self.encoder, hidden, attention_mask, self.top_layers)


def split(encoder: SentenceTransformer, top_layers: int) -> Split:
    """Cut an encoder below its top layers, and make sure that both halves together give its own vectors.

    Raises:
        UsageError: the encoder has fewer layers, or cannot be cut.
    """
    check_top_layers(encoder, top_layers)
    halves = Split(encoder, top_layers)
    features = _probe(encoder)
    was_training = encoder.training
    encoder.eval()
    try:
        with torch.no_grad():
            whole = encoder(dict(features))["sentence_embedding"].float()
            composed = halves.top(halves.bottom(features), features["attention_mask"]).float()
    except (TypeError, ValueError, AttributeError, LookupError, RuntimeError, StopIteration) as error:
        raise UsageError(f"{_cannot_cut(encoder)}: {error}") from error
    finally:
        encoder.train(was_training)
    tolerance = 1e-4 if next(encoder.parameters()).dtype == torch.float32 else 3e-2
    if not torch.allclose(whole, composed, rtol=tolerance, atol=tolerance * float(whole.abs().max())):
        raise UsageError(f"{_cannot_cut(encoder)}: its halves give other vectors than the whole")
    return halves


def bottom_forward(encoder: SentenceTransformer, features: dict[str, torch.Tensor], layers: int) -> torch.Tensor:
    """Run a transformer up to its `layers` uppermost layers and return the states there, [texts, longest, dim].

    Threads may run it side by side.
    """
    every = list(layers_of(encoder))
    lower, upper = every[: len(every) - layers], every[len(every) - layers :]
    view = _with_layers(encoder, [*lower, _Stop(upper[0])])
    try:
        view(**features)
    except _ReachedError as reached:
        return reached.hidden
    raise ValueError("its layers are not run one after the other")


def top_forward(
    encoder: SentenceTransformer, hidden: torch.Tensor, attention_mask: torch.Tensor, layers: int
) -> torch.Tensor:
    """Run the uppermost layers and the modules after the transformer over the states that enter them.

    Args:
        encoder: its layers are used as they are, dropout and gradients included.
        hidden: [texts, longest, dim], what `bottom_forward` gave, in any precision.
        attention_mask: int64 [texts, longest].
        layers: how many.

    Returns:
        float32 [texts, dim].
    """
    every = list(layers_of(encoder))
    hidden = hidden.to(next(every[-1].parameters()).dtype)
    first: list[torch.nn.Module] = [_PositionBias(every[0], hidden)] if _shares_position_bias(every[0]) else []
    view = _with_layers(encoder, [*first, *every[len(every) - layers :]])
    if "embeddings" in view._modules:
        view._modules["embeddings"] = _Given()
    output = view(inputs_embeds=hidden, attention_mask=attention_mask)
    return pooled(encoder, {"token_embeddings": output.last_hidden_state, "attention_mask": attention_mask})


def embed(encoder: SentenceTransformer, features: dict[str, torch.Tensor]) -> torch.Tensor:
    """Run an encoder's modules over one micro-batch and return its vectors, float32 [rows, dim], with gradients.

    Only the transformer runs in the surrounding autocast's precision; pooling and what follows stay in float32.
    """
    return pooled(encoder, encoder[0](features))


def pooled(encoder: SentenceTransformer, output: dict[str, Any]) -> torch.Tensor:
    """Run the modules after the transformer over its output, in float32, and return the vectors [texts, dim].

    They are as long as the encoder declares, which may be less than its modules give.
    """
    with torch.autocast(output["token_embeddings"].device.type, enabled=False):
        # What of the transformer's states further modules read.
        output["token_embeddings"] = output["token_embeddings"].float()
        if "all_layer_embeddings" in output:
            output["all_layer_embeddings"] = tuple(layer.float() for layer in output["all_layer_embeddings"])
        for module in list(encoder)[1:]:
            output = module(output)
    vectors: torch.Tensor = output["sentence_embedding"]
    return vectors[:, : encoder.truncate_dim]


def layers_of(encoder: SentenceTransformer) -> torch.nn.ModuleList:
    """Return the encoder's layers: the longest list of modules that is in no other list.

    Raises:
        UsageError: it has none.
    """
    return _named_layers(encoder)[1]


def check_top_layers(encoder: SentenceTransformer, top_layers: int) -> None:
    """Raise UsageError unless the encoder has so many layers, and at least one is asked for."""
    available = len(layers_of(encoder))
    if not 1 <= top_layers <= available:
        raise UsageError(f"encoder.trainable: {top_layers} top layers asked for, the encoder has {available}")


def transformer(encoder: SentenceTransformer) -> Any:  # noqa: ANN401  (a transformers model)
    """Return the encoder's transformer, or None if it is none."""
    return getattr(encoder[0], "auto_model", None)


def _named_layers(encoder: SentenceTransformer) -> tuple[str, torch.nn.ModuleList]:
    model = transformer(encoder)
    outermost: dict[str, torch.nn.ModuleList] = {}
    # Parents come before what is in them.
    for name, part in model.named_modules() if model is not None else ():
        if isinstance(part, torch.nn.ModuleList) and not any(name.startswith(f"{seen}.") for seen in outermost):
            outermost[name] = part
    if not outermost:
        raise UsageError("encoder.trainable: this encoder has no layers; use 'all'")
    name = max(outermost, key=lambda name: len(outermost[name]))
    return name, outermost[name]


def _with_layers(encoder: SentenceTransformer, layers: Sequence[torch.nn.Module]) -> Any:  # noqa: ANN401
    """A view of the transformer with other layers; the transformer itself stays as it is."""
    return _view(transformer(encoder), _named_layers(encoder)[0].split("."), torch.nn.ModuleList(layers))


def _view(module: torch.nn.Module, path: list[str], replacement: torch.nn.Module) -> torch.nn.Module:
    if not path:
        return replacement
    view = copy.copy(module)
    # The copy shares its table of modules until it is given one of its own.
    children = dict(module._modules)
    children[path[0]] = _view(module.get_submodule(path[0]), path[1:], replacement)
    view._modules = children
    return view


class _ReachedError(Exception):
    """The states that enter a layer, carried out of a forward pass that need not go on."""

    def __init__(self, hidden: torch.Tensor) -> None:
        super().__init__("reached")
        self.hidden = hidden


class _Stop(torch.nn.Module):
    """Ends a forward pass where a layer would begin."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        # Not as a module of this one: some transformers ask a layer what mask it wants.
        self.__dict__["layer"] = layer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.__dict__["layer"], name)

    def forward(self, hidden_states: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        raise _ReachedError(hidden_states)


class _Given(torch.nn.Module):
    """Stands where embeddings are looked up, and hands on the states that were passed in their place."""

    def forward(self, *arguments: object, **named: object) -> torch.Tensor:
        return next(
            value for value in (*arguments, *named.values()) if isinstance(value, torch.Tensor) and value.ndim == 3
        )


class _PositionBias(torch.nn.Module):
    """Stands for T5's lower blocks, the first of which makes the position bias that all others share."""

    def __init__(self, block: torch.nn.Module, hidden: torch.Tensor) -> None:
        super().__init__()
        self.__dict__["attention"] = block.get_submodule("layer.0.SelfAttention")
        # T5 drops out of its inputs, which ours are not.
        self.__dict__["hidden"] = hidden

    def forward(self, hidden_states: torch.Tensor, *_: object, **__: object) -> tuple[torch.Tensor | None, ...]:
        longest = hidden_states.shape[1]
        with torch.no_grad():
            bias = self.__dict__["attention"].compute_bias(longest, longest, device=hidden_states.device)
        return self.__dict__["hidden"], bias, None


def _shares_position_bias(block: torch.nn.Module) -> bool:
    parts = dict(block.named_modules())
    return bool(getattr(parts.get("layer.0.SelfAttention"), "has_relative_attention_bias", False))


def _probe(encoder: SentenceTransformer) -> dict[str, torch.Tensor]:
    """Two texts of unlike length, so that padding and masks count."""
    ids = [encoder.tokenizer(text)["input_ids"] for text in ("one", "one two three, four five six")]
    tokens = TokenizedTexts(np.array(ids[0] + ids[1], np.int32), np.cumsum([0, len(ids[0]), len(ids[1])]))
    return collate(tokens, np.array([0, 1]), encoder.tokenizer.pad_token_id or 0, encoder.device)


def _cannot_cut(encoder: SentenceTransformer) -> str:
    kind = type(transformer(encoder)).__name__
    return f"encoder.shared_activations: a {kind} cannot be cut between its layers (BERT, XLM-R and T5 can)"
