"""What a mining run keeps on disk to go on from: identities of its inputs, and arrays that are whole or absent."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from equilingua.durable import replacing
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays, whole or not at all.

    Raises:
        DataError: the disk is full or the folder cannot be written to.
    """
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    _write(path, content)


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray] | None:
    """Read what `write_arrays` wrote; None if it is not there, damaged, or has other names or shapes."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if {name: array.shape for name, array in arrays.items()} == dict(shapes) else None


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array, whole or not at all.

    Raises:
        DataError: the disk is full or the folder cannot be written to.
    """
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    _write(path, content)


def read_array(path: Path, rows: int) -> np.ndarray | None:
    """Map an array of so many rows that `write_array` wrote; None if it is not there, damaged or of other length."""
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.ndim == 2 and len(array) == rows else None


def _write(path: Path, content: io.BytesIO) -> None:
    try:
        with replacing(path) as aside:
            aside.write_bytes(content.getbuffer())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written: {error.strerror or error}; what is done is kept: make room, or choose another "
            "place with EQUILINGUA_CACHE, and run it again"
        ) from error
