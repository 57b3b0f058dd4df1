"""Fast bulk encoding: each distinct text once, ordered by length, in micro-batches of a token budget, in bfloat16."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING
from weakref import WeakSet

import numpy as np
import torch

from equilingua.encoder.fast_path import fast_path, own_vectors
from equilingua.encoder.layers import embed
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.precision import autocast, product_dtype
from equilingua.encoder.threads import in_parallel
from equilingua.encoder.tokens import (
    Role,
    TokenizedTexts,
    collate,
    default_token_budget,
    length_ordered_batches,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.activations import Activations
    from equilingua.encoder.precision import Precision

_log = logging.getLogger(__name__)

_CHUNK = 8192
# Encoders of which it has been said that they take no fast path.
_said: WeakSet[SentenceTransformer] = WeakSet()
_BATCHES_A_CHUNK = 8


def encode(
    encoder: SentenceTransformer,
    texts: Sequence[str],
    role: Role,
    *,
    max_tokens: int | None = None,
    token_budget: int | None = None,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Encode texts to unit vectors: those of `encode_query` or `encode_document`, by our fast path where it gives them.

    Args:
        encoder: any sentence-transformers encoder.
        texts: in any order, repeated or not.
        role: of the texts, whose prompt, route and limit the encoder declares.
        max_tokens: cut texts to this many tokens (default: the encoder's own limit).
        token_budget: padded tokens a micro-batch may hold.
        precision: of matrix products; "auto" is bfloat16 where the device has it. What does not take the fast path is
            encoded in the precision of its weights.
        progress: called with the number of texts done since the last call.

    Returns:
        float32 [texts, dim].
    """
    first_seen: dict[str, int] = {}
    places = np.array([first_seen.setdefault(text, len(first_seen)) for text in texts], dtype=np.int64)
    distinct_texts = list(first_seen)
    if not distinct_texts:
        return np.zeros((0, dimension(encoder)), dtype=np.float32)
    repeats = np.bincount(places, minlength=len(distinct_texts))

    def report(rows: np.ndarray) -> None:
        if progress is not None:
            progress(int(repeats[rows].sum()))

    path = fast_path(encoder, product_dtype(encoder.device, precision))
    if path.way != "none":
        parts = (tokenize(encoder, distinct_texts[i : i + _CHUNK], role, max_tokens) for i in _starts(distinct_texts))
        tokens = TokenizedTexts.concatenate(list(parts))
        vectors = encode_tokens(encoder, tokens, token_budget=token_budget, precision=precision, report=report)
    else:
        if encoder not in _said:
            _said.add(encoder)
            _log.warning("this encoder is run by sentence-transformers itself, which takes longer: %s", path.reason)
        blocks = []
        for start in _starts(distinct_texts):
            block = distinct_texts[start : start + _CHUNK]
            blocks.append(own_vectors(encoder, block, role, max_tokens))
            report(np.arange(start, start + len(block)))
        vectors = np.concatenate(blocks)
    return unit_length(vectors)[places]


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors [rows, dim] to length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled


def encode_tokens(
    encoder: SentenceTransformer,
    tokens: TokenizedTexts,
    *,
    token_budget: int | None = None,
    precision: Precision = "auto",
    report: Callable[[np.ndarray], None],
    states: Activations | None = None,
) -> np.ndarray:
    """Return the vectors of tokenised texts as the encoder gives them, float32 [texts, dim].

    Args:
        encoder: one with a fast path.
        tokens: of at least one text.
        token_budget: see `encode`.
        precision: see `encode`.
        report: called with the numbers of the texts done since the last call.
        states: what enters the encoder's top layers, of the same texts in the same order, uncut; the layers below are
            not run then.
    """
    device = encoder.device
    on_cpu = device.type == "cpu"
    path = fast_path(encoder, product_dtype(device, precision))
    packed = PackedBert.of(encoder, path.products) if path.way == "packed" else None
    kind = device.type if packed is None else "packed"
    batches = length_ordered_batches(tokens.lengths, token_budget or default_token_budget(kind))
    workers = torch.get_num_threads() if on_cpu else 1
    # Autocast converts the weights once a chunk; small chunks keep the workers busy to the end.
    size = max(1, min(_BATCHES_A_CHUNK, len(batches) // (2 * workers)))
    chunks = [batches[i : i + size] for i in range(0, len(batches), size)]
    pad_id = encoder.tokenizer.pad_token_id or 0
    vectors: np.ndarray | None = None
    was_training = encoder.training
    encoder.eval()

    def one(rows: np.ndarray) -> torch.Tensor:
        if packed is None:
            if states is not None:
                return states.split.top(*states.padded(rows, int(tokens.lengths[rows].max())))
            return embed(encoder, collate(tokens, rows, pad_id, device))
        # Nothing is dropped here, so that no text needs a seed.
        texts = pack(tokens, rows, np.zeros(len(rows), np.int64))
        if states is None:
            return packed.embed(texts)
        return packed.embed(
            texts, states.rows(rows, tokens.lengths[rows]), len(packed.layers) - states.split.top_layers
        )

    def encoded(chunk: list[np.ndarray]) -> list[np.ndarray]:
        context = nullcontext() if packed is not None else autocast(device, path.products)
        with torch.inference_mode(), context:
            return [one(rows).cpu().numpy() for rows in chunk]

    try:
        for chunk, blocks in zip(chunks, in_parallel(encoded, chunks, workers), strict=True):
            for rows, block in zip(chunk, blocks, strict=True):
                if vectors is None:
                    vectors = np.empty((len(tokens.lengths), block.shape[1]), dtype=np.float32)
                vectors[rows] = block
                report(rows)
    finally:
        encoder.train(was_training)
    assert vectors is not None
    return vectors


def dimension(encoder: SentenceTransformer) -> int:
    """Return the length of an encoder's vectors; sentence-transformers has renamed the method."""
    method = getattr(encoder, "get_embedding_dimension", None) or encoder.get_sentence_embedding_dimension
    return int(method() or 0)


def _starts(texts: Sequence[str]) -> range:
    return range(0, len(texts), _CHUNK)
