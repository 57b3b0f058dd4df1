"""Blocks of rows in one memory-mapped file that is filled bit by bit, by one process or several."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import durable
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_ROWS = "rows"
_DONE = "done"
# What a mark has above the checksum, which may be 0.
_THERE = 1 << 32
_MARK = np.dtype("<u8")


@dataclass(frozen=True, eq=False)
class RowsFile:
    """Blocks of rows, each written once.

    The file has room for all blocks and is sparse: it takes up what is written. A mark a block has the CRC-32 of its
    rows; it is written once they have reached the disk, so that a crash never leaves a block that seems whole.

    Attributes:
        folder: holds the rows and the marks.
        offsets: int64 [blocks + 1], where the rows of each block begin.
        dim: numbers in a row.
        dtype: of a number, as numpy names it.
    """

    folder: Path
    offsets: NDArray[np.int64]
    dim: int
    dtype: str

    @classmethod
    def open(cls, folder: Path, offsets: NDArray[np.int64], dim: int, dtype: str) -> RowsFile:
        """Open a file of rows, or begin an empty one.

        Args:
            folder: where it is, or goes; its name tells what the rows are of.
            offsets: int64 [blocks + 1].
            dim: numbers in a row.
            dtype: of a number.

        Raises:
            DataError: the folder cannot be read or written.
        """
        self = cls(folder, offsets, dim, dtype)
        try:
            durable.make_once(folder, self._begin, self._check_sizes)
        except OSError as error:
            raise DataError(f"{folder}: cannot be read or written: {error.strerror or error}") from error
        return self

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self.dim * np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Size of the file once all blocks are in it."""
        return int(self.offsets[-1]) * self.row_bytes

    @property
    def rows(self) -> NDArray[Any]:
        """All rows as they lie on the disk, [rows, dim]; those of blocks that are not there are 0."""
        shape = (int(self.offsets[-1]), self.dim)
        return np.memmap(self.folder / _ROWS, self.dtype, mode="r", shape=shape) if self.bytes else np.empty(shape)

    def there(self, blocks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of the given blocks are written, bool [n]."""
        written: NDArray[np.bool_] = self._marks[blocks] != 0
        return written

    def check(self, blocks: NDArray[np.int64]) -> None:
        """Make sure that blocks are there as they were written.

        Raises:
            DataError: one is not.
        """
        kept, marks = self.rows, self._marks
        for block in blocks.tolist():
            self._check_block(block, marks[block], kept[self.offsets[block] : self.offsets[block + 1]])

    def write(self, blocks: NDArray[np.int64], rows: Sequence[NDArray[Any]]) -> None:
        """Write blocks, but those that another process has written meanwhile.

        Args:
            blocks: int64 [n] their numbers.
            rows: n arrays [rows of the block, dim].

        Raises:
            OSError: the disk is full or fails; none of these blocks then counts as written.
        """
        with (
            durable.locked(self.folder),
            (self.folder / _ROWS).open("r+b") as content,
            (self.folder / _DONE).open("r+b") as marks,
        ):
            wanted = zip(blocks.tolist(), rows, self.there(blocks), strict=True)
            fresh = [(block, values) for block, values, there in wanted if not there]
            checksums = []
            for block, values in fresh:
                data = values.astype(self.dtype, copy=False).tobytes()
                checksums.append(zlib.crc32(data))
                content.seek(int(self.offsets[block]) * self.row_bytes)
                content.write(data)
            content.flush()
            os.fsync(content.fileno())
            for (block, _), checksum in zip(fresh, checksums, strict=True):
                marks.seek(block * _MARK.itemsize)
                marks.write((_THERE | checksum).to_bytes(_MARK.itemsize, "little"))
            marks.flush()
            os.fsync(marks.fileno())

    def read(self, blocks: NDArray[np.int64]) -> NDArray[Any]:
        """Return the rows of blocks that are there, one block after the other, [rows, dim].

        Raises:
            DataError: a block is not as it was written.
        """
        starts, lengths = self.offsets[blocks], self.offsets[blocks + 1] - self.offsets[blocks]
        out = np.empty((int(lengths.sum()), self.dim), self.dtype)
        kept, marks = self.rows, self._marks[blocks].tolist()
        places = zip(blocks.tolist(), marks, starts, lengths, np.cumsum(lengths), strict=True)
        for block, mark, start, length, end in places:
            out[end - length : end] = kept[start : start + length]
            self._check_block(block, mark, out[end - length : end])
        return out

    @property
    def _marks(self) -> NDArray[np.uint64]:
        return np.memmap(self.folder / _DONE, _MARK, mode="r")

    def _check_block(self, block: int, mark: int, rows: NDArray[Any]) -> None:
        if mark != _THERE | zlib.crc32(np.ascontiguousarray(rows).data):
            raise DataError(f"{self.folder}: is damaged (block {block} has another checksum): remove it")

    def _begin(self, folder: Path) -> None:
        folder.mkdir()
        for name, size in self._sizes().items():
            with (folder / name).open("wb") as file:
                file.truncate(size)

    def _check_sizes(self, folder: Path) -> None:
        for name, size in self._sizes().items():
            with (folder / name).open("rb") as file:
                if file.seek(0, os.SEEK_END) != size:
                    raise ValueError(f"file '{name}' has another size")

    def _sizes(self) -> dict[str, int]:
        return {_ROWS: self.bytes, _DONE: (len(self.offsets) - 1) * _MARK.itemsize}
