"""Vectors on disk: each text is encoded once per encoder, whoever asks and in whatever process.

A cache is a folder of segments (`equilingua.encoder.vector_segment`). Each is written aside and renamed, so that a kill
loses the segment at hand and no more, and two processes at once do no harm: at worst both encode the same text. Many
small segments are merged by whoever gets the lock; readers need none.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests, durable
from equilingua.encoder import vector_segment
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.encoder.vector_segment import Segment

_SUFFIX = ".safetensors"
# Segments below this many rows are merged once there are so many of them.
_SMALL = 2**15
_MERGE_AT = 16
_ATTEMPTS = 20


@dataclass(frozen=True)
class VectorCache:
    """The vectors of one encoder's texts in one role.

    Attributes:
        folder: of all caches.
        fingerprint: of the encoder: weights, configuration, prompts, tokenizer.
        role: "query" or "passage"; with the fingerprint it settles the prompt.
        max_tokens: where texts were cut; None for the encoder's own limit.
        precision: of matrix products, "float32" or "bfloat16".
        kind: of processor that the vectors are made by; see `equilingua.encoder.precision`.
    """

    folder: Path
    fingerprint: str
    role: str
    max_tokens: int | None = None
    precision: str = "float32"
    kind: str = "any"

    @property
    def place(self) -> Path:
        """The folder of the segments; it may not exist yet."""
        name = f"{self.role}-{self.max_tokens or 'whole'}-{self.precision}-{self.kind}"
        return self.folder / self.fingerprint / name

    @property
    def label(self) -> dict[str, str]:
        """What every segment says that its vectors are of."""
        return {
            "fingerprint": self.fingerprint,
            "role": self.role,
            "max_tokens": str(self.max_tokens or "whole"),
            "precision": self.precision,
            "kind": self.kind,
        }

    def lookup(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the vectors of those texts that have one.

        Args:
            texts: any.

        Returns:
            float32 [texts, dim], zero where there is none (dim is 0 while the cache is empty), and int64 [missing],
            the texts without, ascending.

        Raises:
            DataError: a segment is damaged, or its vectors are of something else; the message names the file.
        """
        keys, missing = text_keys(texts), np.arange(len(texts))
        segments = self._segments()
        vectors = np.zeros((len(texts), segments[0].dim if segments else 0), np.float32)
        for segment in segments:
            rows = segment.find(keys[:, missing])
            found = rows >= 0
            vectors[missing[found]] = segment.take(rows[found])
            missing = missing[~found]
            if not len(missing):
                break
        return vectors, missing

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep vectors; those that are zero or not finite are left out, since nobody could use them.

        Args:
            texts: any.
            vectors: float32 [texts, dim].

        Raises:
            DataError: the disk is full or cannot be written to; earlier segments are whole.
        """
        if len(texts) != len(vectors):
            raise ValueError(f"{len(texts)} texts have {len(vectors)} vectors")
        rows = np.flatnonzero(vector_segment.usable(vectors))
        if not len(rows):
            return
        try:
            self._write(text_keys(texts)[:, rows], vectors[rows])
            self._merge()
        except OSError as error:
            raise DataError(
                f"{self.place}: vectors cannot be kept ({error.strerror or error}): make room, choose another place "
                "with EQUILINGUA_CACHE, or go without by --no-cache; what was kept before is whole"
            ) from error

    def _write(self, keys: NDArray[np.uint64], vectors: NDArray[np.float32], age: str | None = None) -> None:
        _, first = np.unique(keys[0], return_index=True)
        # Names ascend by age: of a text that two processes encoded, it is the older vector that is found.
        name = f"{age or f'{time.time_ns():020d}'}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        vector_segment.write(self.place / name, keys[:, first], vectors[first], self.label)

    def _segments(self) -> list[Segment]:
        """Open all segments, oldest first, and check that they fit together."""
        label = self.label
        for _ in range(_ATTEMPTS):
            try:
                segments = [vector_segment.read(path, label) for path in self._paths()]
            except FileNotFoundError:
                # Merged into another by another process since the folder was listed.
                continue
            for segment in segments:
                if segment.dim != segments[0].dim:
                    raise DataError(
                        f"{segment.path}: has vectors of {segment.dim} dimensions and {segments[0].path.name} of "
                        f"{segments[0].dim}: remove the wrong one of these files"
                    )
            return segments
        raise DataError(f"{self.place}: files vanish while they are read: is something clearing the cache?")

    def _paths(self) -> list[Path]:
        # What is written aside begins with a dot.
        try:
            found = sorted(self.place.iterdir())
        except FileNotFoundError:
            return []
        return [path for path in found if path.suffix == _SUFFIX and not path.name.startswith(".")]

    def _merge(self) -> None:
        """Make one segment of many small ones, unless another process is about it."""
        if len(self._paths()) < _MERGE_AT:
            return
        small = [segment for segment in self._segments() if segment.rows < _SMALL]
        if len(small) < _MERGE_AT:
            return
        with suppress(TimeoutError), durable.locked(self.place / "segments", 0):
            self._merge_locked()

    def _merge_locked(self) -> None:
        chosen: list[Segment] = []
        for segment in self._segments():
            if segment.rows < _SMALL and sum(one.rows for one in chosen) < _SMALL:
                chosen.append(segment)
        if len(chosen) < 2:
            return
        keys = np.concatenate([segment.keys for segment in chosen], axis=1)
        vectors = np.concatenate([segment.take(np.arange(segment.rows)) for segment in chosen])
        # In place before its parts go: nothing is missing at any moment, and a kill leaves duplicates at worst.
        self._write(keys, vectors, age=chosen[0].path.name.partition("-")[0])
        for segment in chosen:
            segment.path.unlink(missing_ok=True)
        durable.sweep(self.place, seconds=durable.ABANDONED_SECONDS)


def text_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Hash texts to 128 bits each (BLAKE2b), uint64 [2, texts]."""
    hashes = b"".join(map(digests.of_text, texts))
    return np.ascontiguousarray(np.frombuffer(hashes, "<u8").reshape(-1, 2).T)
