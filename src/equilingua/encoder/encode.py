"""Fast bulk encoding: each distinct text once, ordered by length, in micro-batches of a token budget, in bfloat16."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING
from weakref import WeakSet

import numpy as np
import torch

from equilingua.encoder.fast_path import fast_path, own_vectors
from equilingua.encoder.layers import embed
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.precision import autocast, product_dtype
from equilingua.encoder.threads import Workers
from equilingua.encoder.tokens import (
    Role,
    TokenizedTexts,
    collate,
    default_token_budget,
    length_ordered_batches,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.fast_path import FastPath
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
    starts = range(0, len(distinct_texts), _CHUNK)
    if path.way != "none":
        parts = (tokenize(encoder, distinct_texts[i : i + _CHUNK], role, max_tokens) for i in starts)
        vectors = _encode_tokens(encoder, path, TokenizedTexts.concatenate(list(parts)), token_budget, report)
    else:
        if encoder not in _said:
            _said.add(encoder)
            _log.warning("this encoder is run by sentence-transformers itself, which takes longer: %s", path.reason)
        blocks = []
        for start in starts:
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


def _encode_tokens(
    encoder: SentenceTransformer,
    path: FastPath,
    tokens: TokenizedTexts,
    token_budget: int | None,
    report: Callable[[np.ndarray], None],
) -> np.ndarray:
    packed = PackedBert.of(encoder, path.products) if path.way == "packed" else None
    pad_id = encoder.tokenizer.pad_token_id or 0

    def vectors(rows: np.ndarray) -> torch.Tensor:
        if packed is None:
            return embed(encoder, collate(tokens, rows, pad_id, encoder.device))
        # Nothing is dropped here, so that no text needs a seed.
        return packed.embed(pack(tokens, rows, np.zeros(len(rows), np.int64)))

    return gathered(in_micro_batches(encoder, path, tokens.lengths, vectors, token_budget), len(tokens.lengths), report)


def in_micro_batches(
    encoder: SentenceTransformer,
    path: FastPath,
    lengths: np.ndarray,
    run: Callable[[np.ndarray], torch.Tensor],
    token_budget: int | None = None,
) -> Iterator[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Run an encoder over texts, longest first and side by side where that is faster, without dropout and gradients.

    Args:
        encoder: its mode, training or not, is as it was once all is done.
        path: how it is run.
        lengths: int64 [texts], tokens of each.
        run: what is done with the numbers of some texts.
        token_budget: of a micro-batch; by default what suits the processor.

    Yields:
        The numbers of the texts of some micro-batches, and what `run` gave for each of these.
    """
    device = encoder.device
    kind = "packed" if path.way == "packed" else device.type
    batches = length_ordered_batches(lengths, token_budget or default_token_budget(kind))
    workers = torch.get_num_threads() if device.type == "cpu" else 1
    # Autocast converts the weights once a chunk; small chunks keep the workers busy to the end.
    size = max(1, min(_BATCHES_A_CHUNK, len(batches) // (2 * workers)))
    chunks = [batches[i : i + size] for i in range(0, len(batches), size)]
    # The packed path takes care of its products itself.
    products = torch.float32 if path.way == "packed" else path.products

    def computed(chunk: list[np.ndarray]) -> list[np.ndarray]:
        with torch.inference_mode(), autocast(device, products):
            return [run(rows).cpu().numpy() for rows in chunk]

    was_training = encoder.training
    encoder.eval()
    try:
        with closing(Workers(workers)) as pool:
            yield from zip(chunks, pool.map(computed, chunks), strict=True)
    finally:
        encoder.train(was_training)


def gathered(
    micro_batches: Iterable[tuple[list[np.ndarray], list[np.ndarray]]],
    texts: int,
    report: Callable[[np.ndarray], None],
) -> np.ndarray:
    """Put what `in_micro_batches` yields in the order of the texts, at least one: float32 [texts, dim]."""
    vectors: np.ndarray | None = None
    for chunk, blocks in micro_batches:
        for rows, block in zip(chunk, blocks, strict=True):
            if vectors is None:
                vectors = np.empty((texts, block.shape[1]), np.float32)
            vectors[rows] = block
            report(rows)
    assert vectors is not None
    return vectors


def dimension(encoder: SentenceTransformer) -> int:
    """Return the length of an encoder's vectors; sentence-transformers has renamed the method."""
    method = getattr(encoder, "get_embedding_dimension", None) or encoder.get_sentence_embedding_dimension
    return int(method() or 0)
