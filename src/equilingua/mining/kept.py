"""What a mining run is known by when it goes on: identities of its inputs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
