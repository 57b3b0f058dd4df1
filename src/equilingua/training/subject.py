"""What is trained: the encoder of a recipe, its weights that train, and the texts as it reads them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from safetensors import SafetensorError

from equilingua import durable
from equilingua.encoder.activations import Activations
from equilingua.encoder.encode import dimension, product_dtype
from equilingua.encoder.fast_path import fast_path
from equilingua.encoder.layers import split
from equilingua.encoder.load import load, silent_loading
from equilingua.encoder.token_store import check_cut, token_store
from equilingua.encoder.trainable import add_lora, choose_trainable, merge_lora, set_dropout
from equilingua.encoder.trimmed import trim
from equilingua.errors import TrainingError, UsageError
from equilingua.training import model_card
from equilingua.training.losses.matryoshka import check_dims
from equilingua.training.losses.temperature import LearnedTemperature
from equilingua.training.texts import TextSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.fast_path import FastPath
    from equilingua.encoder.token_store import TokenStore
    from equilingua.encoder.trimmed import TrimmedVocabulary
    from equilingua.training.data import TrainingData
    from equilingua.training.recipe import EncoderChoice, Optimiser, Recipe
    from equilingua.training.run_folder import RunFolder

_TEMPERATURE = "loss.log_temperature"


@dataclass(frozen=True, eq=False)
class Subject:
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
    def of(cls, recipe: Recipe, data: TrainingData, device: torch.device) -> Subject:
        """Load the encoder of a recipe, freeze what shall not train, and tokenise the texts.

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
        stores = [token_store(encoder, corpus) for corpus in (data.train, data.validation) if corpus is not None]
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
    digest = hashlib.blake2b(digest_size=16)
    for name, weight in weights:
        digest.update(f"{name} {weight.requires_grad}\n".encode())
        digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


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
