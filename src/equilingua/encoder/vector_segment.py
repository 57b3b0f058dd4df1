"""One file of cached vectors: safetensors, sorted by the texts' keys, memory-mapped, each row checked when it is used.

| tensor | type, shape | what |
|---|---|---|
| `keys` | uint64 [2, rows] | both halves of a 128-bit hash of the text; columns ascend by the first |
| `sums` | uint32 [rows] | sum of each vector's 32-bit words, modulo 2³² |
| `vectors` | float32 [rows, dim] | as they were given |
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import durable
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_TYPES: dict[str, tuple[str, np.dtype[Any]]] = {
    "keys": ("U64", np.dtype("<u8")),
    "sums": ("U32", np.dtype("<u4")),
    "vectors": ("F32", np.dtype("<f4")),
}
_PREFIX = 8
_LONGEST_HEADER = 2**16


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
            DataError: one is not as it was written, is zero, or is not finite.
        """
        taken: NDArray[np.float32] = np.take(self.vectors, rows, axis=0)
        if not np.array_equal(checksums(taken), self.sums[rows]):
            raise self._damaged("a vector is not as it was written")
        if not usable(taken).all():
            raise self._damaged("a vector is zero, NaN or infinite")
        return taken

    def _damaged(self, problem: str) -> DataError:
        return DataError(f"{self.path}: {problem}: remove this file, its texts will be encoded again")


def write(path: Path, keys: NDArray[np.uint64], vectors: NDArray[np.float32], label: Mapping[str, str]) -> None:
    """Write a file, whole or not at all.

    Args:
        path: of the file.
        keys: uint64 [2, rows], distinct, in any order.
        vectors: float32 [rows, dim].
        label: what the vectors are of; must be the same when the file is opened.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    order = np.argsort(keys[0], kind="stable")
    vectors = np.ascontiguousarray(vectors[order], np.float32)
    tensors: dict[str, NDArray[Any]] = {
        "keys": np.ascontiguousarray(keys[:, order]),
        "sums": checksums(vectors),
        "vectors": vectors,
    }
    with durable.replacing(path) as aside:
        try:
            save_file(tensors, aside, dict(label))
        except SafetensorError as error:
            # The library hides the system's error in a text.
            raise OSError(None, str(error), str(path)) from error


def read(path: Path, label: Mapping[str, str]) -> Segment:
    """Open a file.

    Args:
        path: of the file.
        label: what its vectors have to be of.

    Raises:
        DataError: it is damaged, or its vectors are of something else.
        FileNotFoundError: it is not there.
    """
    try:
        header, start = _header(path)
        found = header.pop("__metadata__", {})
        for name in sorted({*found, *label}):
            if found.get(name) != label.get(name):
                raise ValueError(f"its vectors are of {name} {found.get(name)!r}, not {label.get(name)!r}")
        data = np.memmap(path, np.uint8, mode="r", offset=start)
        tensors = {name: _tensor(header.pop(name), data, *kind) for name, kind in _TYPES.items()}
        keys, sums, vectors = tensors["keys"], tensors["sums"], tensors["vectors"]
        rows = len(sums)
        if header or keys.shape != (2, rows) or vectors.ndim != 2 or len(vectors) != rows or not vectors.size:
            raise ValueError(f"it holds {keys.shape} keys and {vectors.shape} vectors")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise durable.unusable(path, error, "remove this file, its texts will be encoded again") from error
    return Segment(path, keys, sums, vectors)


def checksums(vectors: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Add up each row's words, uint32 [rows]: any one flipped bit changes it."""
    words = np.ascontiguousarray(vectors, np.float32).view(np.uint32)
    summed: NDArray[np.uint32] = words.sum(axis=1, dtype=np.uint32)
    return summed


def usable(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which rows have a finite length above 0, bool [rows]."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    fine: NDArray[np.bool_] = np.isfinite(squares) & (squares > 0)
    return fine


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_PREFIX), "little")
        if not 0 < length <= _LONGEST_HEADER:
            raise ValueError(f"its header would be {length} bytes long")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is no record")
    return header, _PREFIX + length


def _tensor(record: dict[str, Any], data: NDArray[np.uint8], code: str, kind: np.dtype[Any]) -> NDArray[Any]:
    shape = tuple(int(size) for size in record["shape"])
    start, stop = (int(place) for place in record["data_offsets"])
    if record["dtype"] != code or not 0 <= start <= stop <= len(data):
        raise ValueError("it is cut short or of another layout")
    if stop - start != kind.itemsize * math.prod(shape):
        raise ValueError("its header contradicts itself")
    return data[start:stop].view(kind).reshape(shape)
