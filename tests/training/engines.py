"""Engines over tiny encoders, and batches of texts for them."""

import numpy as np
import torch

from equilingua.encoder.fast_path import fast_path
from equilingua.encoder.precision import product_dtype
from equilingua.encoder.threads import Workers
from equilingua.encoder.token_store import token_store
from equilingua.encoder.tokens import tokenize
from equilingua.training.batch_loss import BatchLoss
from equilingua.training.collate import Texts, TextSource, Translations
from equilingua.training.forward import choose_forward
from equilingua.training.gradient_cache import GradientCache
from equilingua.training.losses.temperature import LearnedTemperature
from equilingua.training.memory import GIB, GraphMemory
from equilingua.training.parameters import trainable_weights
from equilingua.training.processes import Processes

ALONE = Processes(rank=0, world=1, device=torch.device("cpu"))


def engine(encoder, *, budget=None, memory=GIB, workers=1, precision="float32"):
    weights = trainable_weights(encoder)
    path = fast_path(encoder, product_dtype(encoder.device, precision))
    through = choose_forward(encoder, weights, path, encoder.tokenizer.pad_token_id)
    return GradientCache(encoder, weights, through, GraphMemory(memory), ALONE, Workers(workers), budget)


def objective(recipe, encoder, corpus):
    """A recipe's loss over a corpus, and what its learned temperature and translations need."""
    temperature = LearnedTemperature(recipe.loss.temperature) if recipe.loss.learned_temperature else None
    translations = Translations(corpus, recipe.seed) if recipe.loss.consistency else None
    source = TextSource(token_store(encoder, corpus))
    return BatchLoss(recipe, corpus, source, engine(encoder, precision=recipe.precision), temperature, translations)


def texts(encoder, words, limit=32):
    tokens = tokenize(encoder, list(dict.fromkeys(words)), "passage", limit)
    numbers = np.arange(len(tokens.lengths))
    return Texts(tokens, numbers, np.full(len(numbers), limit))


def taken(encoder):
    """The gradients by name, which are then cleared."""
    found = {name: weight.grad for name, weight in encoder.named_parameters() if weight.grad is not None}
    encoder.zero_grad()
    return found
