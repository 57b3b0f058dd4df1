"""Vectors on disk: each text is encoded once per encoder, whoever asks and in whatever process.

A cache is a folder of segments. Each is written aside and renamed, so that a kill loses the segment at hand and no
more, and two processes at once do no harm: at worst both encode the same text. Many small segments are merged by
whoever gets the lock; readers need none. One that is damaged is said and removed, and its texts are encoded again.

A segment is a file of safetensors, sorted by the texts' keys, memory-mapped, each row checked when it is used.

| tensor | type, shape | what |
|---|---|---|
| `keys` | uint64 [2, rows] | both halves of a 128-bit hash of the text; columns ascend by the first |
| `sums` | uint32 [rows] | sum of each vector's 32-bit words, modulo 2³² |
| `vectors` | float32 [rows, dim] | as they were given |
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import digests, durable
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_SUFFIX = ".safetensors"
# Segments below this many rows are merged once there are so many of them.
_SMALL = 2**15
_MERGE_AT = 16
_ATTEMPTS = 20
_TYPES = {"keys": "<u8", "sums": "<u4", "vectors": "<f4"}
_PREFIX = 8
_LONGEST_HEADER = 2**16


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
            DataError: a segment cannot be read, or its vectors are of another length.
        """
        keys, missing = text_keys(texts), np.arange(len(texts))
        segments = self._segments()
        vectors = np.zeros((len(texts), segments[0].dim if segments else 0), np.float32)
        for segment in segments:
            rows = segment.find(keys[:, missing])
            found = rows >= 0
            taken = _taken(segment, rows[found])
            if taken is None:
                continue
            vectors[missing[found]] = taken
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
        rows = np.flatnonzero(usable(vectors))
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
        _write_segment(self.place / name, keys[:, first], vectors[first], self.label)

    def _segments(self) -> list[Segment]:
        """Open all segments, oldest first, and check that they fit together."""
        for _ in range(_ATTEMPTS):
            try:
                segments = [segment for path in self._paths() if (segment := self._segment(path)) is not None]
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

    def _segment(self, path: Path) -> Segment | None:
        try:
            return Segment.read(path, self.label)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            _discard(path, error)
            return None

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
        taken = [_taken(segment, np.arange(segment.rows)) for segment in chosen]
        whole = [(segment.keys, vectors) for segment, vectors in zip(chosen, taken, strict=True) if vectors is not None]
        if not whole:
            return
        keys, vectors = np.concatenate([keys for keys, _ in whole], axis=1), np.concatenate([each for _, each in whole])
        # In place before its parts go: nothing is missing at any moment, and a kill leaves duplicates at worst.
        self._write(keys, vectors, age=chosen[0].path.name.partition("-")[0])
        for segment in chosen:
            segment.path.unlink(missing_ok=True)
        durable.sweep(self.place, seconds=durable.ABANDONED_SECONDS)


def text_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Hash texts to 128 bits each (BLAKE2b), uint64 [2, texts]."""
    hashes = b"".join(map(digests.of_text, texts))
    return np.ascontiguousarray(np.frombuffer(hashes, "<u8").reshape(-1, 2).T)


def _taken(segment: Segment, rows: NDArray[np.int64]) -> NDArray[np.float32] | None:
    try:
        return segment.take(rows)
    except ValueError as error:
        _discard(segment.path, error)
        return None


def _discard(path: Path, error: ValueError) -> None:
    _log.warning("%s: is damaged (%s): removed, its texts are encoded again", path, error)
    with suppress(OSError):
        path.unlink()


@dataclass(frozen=True, eq=False)
class Segment:
    """An open file of vectors; rows are read from disk when they are taken.

    Attributes:
        path: of the file.
        keys: uint64 [2, rows].
        sums: uint32 [rows].
        vectors: float32 [rows, dim].
    """

    path: Path
    keys: NDArray[np.uint64]
    sums: NDArray[np.uint32]
    vectors: NDArray[np.float32]

    @classmethod
    def read(cls, path: Path, label: Mapping[str, str]) -> Segment:
        """Open a file whose vectors have to be of what the label says.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged, or its vectors are of something else.
        """
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_PREFIX), "little")
            header: Any = json.loads(file.read(length)) if length < _LONGEST_HEADER else None
        try:
            found = header["__metadata__"]
            for name in sorted({*found, *label}):
                if found.get(name) != label.get(name):
                    raise ValueError(f"its vectors are of {name} {found.get(name)!r}, not {label.get(name)!r}")
            data = np.memmap(path, np.uint8, mode="r", offset=_PREFIX + length)
            places = [(kind, header[name]["shape"], *header[name]["data_offsets"]) for name, kind in _TYPES.items()]
            keys, sums, vectors = (data[start:stop].view(kind).reshape(shape) for kind, shape, start, stop in places)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"its header is no segment's: {error}") from error
        rows = len(sums)
        if keys.shape != (2, rows) or vectors.ndim != 2 or len(vectors) != rows or not vectors.size:
            raise ValueError(f"it holds {keys.shape} keys and {vectors.shape} vectors")
        return cls(path, keys, sums, vectors)

    @property
    def rows(self) -> int:
        """Number of vectors."""
        return len(self.vectors)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the row of each key [2, wanted], −1 where the file does not hold it."""
        place = np.searchsorted(self.keys[0], keys[0])
        inside = np.minimum(place, self.rows - 1)
        # Two texts whose first halves agree are not both found; the second is encoded again, never mistaken.
        return np.where((self.keys[:, inside] == keys).all(axis=0), inside, -1).astype(np.int64)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return some vectors, float32 [len(rows), dim].

        Raises:
            ValueError: one is not as it was written, is zero, or is not finite.
        """
        taken: NDArray[np.float32] = np.take(self.vectors, rows, axis=0)
        if not np.array_equal(_checksums(taken), self.sums[rows]):
            raise ValueError("a vector is not as it was written")
        if not usable(taken).all():
            raise ValueError("a vector is zero, NaN or infinite")
        return taken


def _write_segment(
    path: Path, keys: NDArray[np.uint64], vectors: NDArray[np.float32], label: Mapping[str, str]
) -> None:
    """Write a file of distinct keys in any order, whole or not at all, or raise OSError."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    order = np.argsort(keys[0], kind="stable")
    vectors = np.ascontiguousarray(vectors[order], np.float32)
    tensors: dict[str, NDArray[Any]] = {
        "keys": np.ascontiguousarray(keys[:, order]),
        "sums": _checksums(vectors),
        "vectors": vectors,
    }
    with durable.replacing(path) as aside:
        try:
            save_file(tensors, aside, dict(label))
        except SafetensorError as error:
            # The library hides the system's error in a text.
            raise OSError(None, str(error), str(path)) from error


def _checksums(vectors: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Add up each row's words, uint32 [rows]: any one flipped bit changes it."""
    words = np.ascontiguousarray(vectors, np.float32).view(np.uint32)
    summed: NDArray[np.uint32] = words.sum(axis=1, dtype=np.uint32)
    return summed


def usable(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which rows have a finite length above 0, bool [rows]."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    fine: NDArray[np.bool_] = np.isfinite(squares) & (squares > 0)
    return fine
