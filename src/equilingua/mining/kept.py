"""What a mining run is known by when it goes on: identities of its inputs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus

_BATCH_ROWS = 4096


def identity(*parts: object) -> str:
    """Return a short name that is equal for equal parts; they must be what JSON can hold."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def corpus_identity(corpus: ParallelCorpus) -> str:
    """Return a name that is equal for corpora with the same pairs in the same order, apart from their negatives."""
    digest = hashlib.sha256()
    for batch in corpus.table.drop_columns(["negatives"]).to_batches(max_chunksize=_BATCH_ROWS):
        digest.update(batch.serialize())
    return digest.hexdigest()[:16]


def encoder_identity(encoder: SentenceTransformer) -> str:
    """Return a name that is equal for encoders with the same modules, weights, vocabulary, prompts and length limit."""
    import torch

    digest = hashlib.sha256(repr((encoder, encoder.prompts, encoder.max_seq_length)).encode())
    for name, tensor in encoder.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    backend = getattr(getattr(encoder[0], "tokenizer", None), "backend_tokenizer", None)
    if backend is not None:
        # Truncation and padding are left behind by the last call, whoever made it.
        vocabulary = json.loads(backend.to_str()) | {"truncation": None, "padding": None}
        digest.update(json.dumps(vocabulary).encode())
    return digest.hexdigest()[:16]
