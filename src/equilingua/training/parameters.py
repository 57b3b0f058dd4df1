"""What trains: all layers of an encoder, the top ones or low-rank adapters, and the texts as it reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from safetensors import SafetensorError

from equilingua import digests, durable
from equilingua.encoder.activations import Activations
from equilingua.encoder.encode import dimension
from equilingua.encoder.fast_path import fast_path
from equilingua.encoder.layers import check_top_layers, layers_of, split, transformer
from equilingua.encoder.load import load
from equilingua.encoder.precision import product_dtype
from equilingua.encoder.silent import silent_loading
from equilingua.encoder.token_store import check_cut, token_store
from equilingua.encoder.trimmed import trim
from equilingua.errors import MissingExtraError, TrainingError, UsageError
from equilingua.training import model_card
from equilingua.training.collate import TextSource
from equilingua.training.losses.matryoshka import check_dims
from equilingua.training.losses.temperature import LearnedTemperature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.fast_path import FastPath
    from equilingua.encoder.token_store import Progress, TokenStore
    from equilingua.encoder.trimmed import TrimmedVocabulary
    from equilingua.training.data import TrainingData
    from equilingua.training.recipe import EncoderChoice, Optimiser, Recipe
    from equilingua.training.run_folder import RunFolder

_TEMPERATURE = "loss.log_temperature"
# Of whole values, of channels, and of self-normalising networks' values.
_DROPOUT_LAYERS = (
    torch.nn.Dropout,
    torch.nn.Dropout1d,
    torch.nn.Dropout2d,
    torch.nn.Dropout3d,
    torch.nn.AlphaDropout,
    torch.nn.FeatureAlphaDropout,
)


@dataclass(frozen=True, eq=False)
class EncoderInTraining:
    """An encoder in training and its texts.

    Attributes:
        encoder: changed in place.
        path: how much of our own code gives the encoder's vectors.
        weights: those of the encoder that train, by name.
        temperature: where it is learned.
        vocabulary: where the token embeddings in training are the used ones only.
        train: the texts that it trains on.
        validation: the texts that it is judged by.
    """

    encoder: SentenceTransformer
    path: FastPath
    weights: dict[str, torch.nn.Parameter]
    temperature: LearnedTemperature | None
    vocabulary: TrimmedVocabulary | None
    train: TextSource
    validation: TextSource | None

    @classmethod
    def of(
        cls, recipe: Recipe, data: TrainingData, device: torch.device, progress: Progress | None = None
    ) -> EncoderInTraining:
        """Load the encoder of a recipe, freeze what shall not train, and tokenise the texts.

        Args:
            recipe: of the run.
            data: its pairs.
            device: where the encoder trains.
            progress: told about the tokenising.

        Raises:
            UsageError: the recipe asks for what this encoder cannot do.
        """
        choice = recipe.encoder
        encoder = load(choice.base, device=str(device))
        path = fast_path(encoder, product_dtype(device, recipe.precision))
        if path.way == "none":
            raise UsageError(f"encoder '{choice.base}' cannot be trained here: {path.reason}")
        check_cut(encoder, "query", recipe.lengths.query)
        check_cut(encoder, "passage", recipe.lengths.passage)
        check_dims(recipe.loss.matryoshka, dimension(encoder))
        if choice.dropout is not None:
            set_dropout(encoder, choice.dropout)
        stores = [token_store(encoder, each, progress) for each in (data.train, data.validation) if each is not None]
        trimmed = choice.token_embeddings == "trimmed"
        vocabulary = trim(encoder, [store.tokens for store in stores]) if trimmed else None
        weights = _trainable(encoder, choice)
        settings = recipe.loss
        temperature = LearnedTemperature(settings.temperature).to(device) if settings.learned_temperature else None
        shared = [_activations(encoder, store, recipe) if choice.shared_activations else None for store in stores]
        sources = [TextSource(store, states, vocabulary) for store, states in zip(stores, shared, strict=True)]
        return cls(
            encoder, path, weights, temperature, vocabulary, sources[0], sources[1] if len(sources) > 1 else None
        )

    @property
    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """All that trains, the loss's own parameters included, by name."""
        if self.temperature is None:
            return self.weights
        return self.weights | {_TEMPERATURE: self.temperature.log_temperature}

    @property
    def pad_id(self) -> int:
        """The token that fills up short texts."""
        return self.encoder.tokenizer.pad_token_id or 0 if self.vocabulary is None else self.vocabulary.pad_id

    def digest(self) -> str:
        """Return a digest of the encoder's weights and of what trains."""
        return _digest([*self.encoder.named_parameters(), *self.parameters.items()])

    def frozen_digest(self) -> str:
        """Return a digest of the encoder's weights that do not train."""
        trained = {id(weight) for weight in self.weights.values()}
        return _digest((name, weight) for name, weight in self.encoder.named_parameters() if id(weight) not in trained)

    def save(self, recipe: Recipe, corpus: ParallelCorpus, run: RunFolder) -> None:
        """Write the trained encoder as a plain one with its model card, whole or not at all.

        Args:
            recipe: how it was trained.
            corpus: on what.
            run: the run's folder.

        Raises:
            TrainingError: it cannot be written.
        """
        if recipe.encoder.adapter is not None:
            merge_lora(self.encoder)
        if self.vocabulary is not None:
            self.vocabulary.restore(self.encoder)
        self.encoder.eval()
        self.encoder.to(getattr(torch, recipe.encoder.save_dtype))
        try:
            with silent_loading(), durable.replacing(run.encoder) as aside:
                self.encoder.save(str(aside), create_model_card=False)
                model_card.write(aside, self.encoder, recipe, corpus, run.path)
        except (OSError, SafetensorError) as error:
            raise TrainingError(
                f"the encoder cannot be written to {run.encoder}: {error}; its training is done and saved: make room "
                f"and {run.go_on}"
            ) from error


def _digest(weights: Iterable[tuple[str, torch.nn.Parameter]]) -> str:
    return digests.of_parts(part for name, weight in weights for part in (f"{name} {weight.requires_grad}\n", weight))


def _trainable(encoder: SentenceTransformer, choice: EncoderChoice) -> dict[str, torch.nn.Parameter]:
    top_layers = None if choice.trainable == "all" else choice.trainable
    if choice.adapter is not None:
        return add_lora(encoder, choice.adapter.rank, choice.adapter.alpha, top_layers=top_layers)
    return choose_trainable(encoder, top_layers=top_layers, freeze_token_embeddings=choice.token_embeddings == "frozen")


def _activations(encoder: SentenceTransformer, store: TokenStore, recipe: Recipe) -> Activations:
    """What comes out of the layers below those that train; in float32 where the recipe wants exact arithmetic."""
    assert recipe.encoder.trainable != "all"
    dtype: Literal["bfloat16", "float32"] = "float32" if recipe.precision == "float32" else "bfloat16"
    lengths = recipe.lengths
    halves = split(encoder, recipe.encoder.trainable)
    return Activations.open(halves, store, lengths.query, lengths.passage, dtype=dtype)


def optimiser(parameters: Mapping[str, torch.nn.Parameter], optim: Optimiser) -> torch.optim.AdamW:
    """AdamW that decays matrices only: biases and normalisation gains are no measure of complexity."""
    groups = [
        {"params": [weight for weight in parameters.values() if weight.ndim > 1], "weight_decay": optim.weight_decay},
        {"params": [weight for weight in parameters.values() if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=optim.lr, fused=True)


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
