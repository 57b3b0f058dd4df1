"""A folder of a user's own JSONL, CSV and Parquet files of pairs, taken as one corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.sources import files
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair

_SUFFIXES = frozenset({".jsonl", ".csv", ".parquet"})


def pairs(path: Path, source: str | None = None) -> Iterator[Pair]:
    """Yield the pairs of a file, or of all files of a folder and the folders in it, in the order of their names.

    A group may have rows in several files, as where each language has a file of its own.

    Args:
        path: the file or folder; what a record must have is told by `files.read`.
        source: of records that name none; by default the path's name.

    Raises:
        DataError: there is no such file, or a record is malformed; the message names the file and the line.
    """
    from dataclasses import replace

    source = source or path.resolve().stem
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not found:
            raise DataError(f"{path}: the folder has no {', '.join(sorted(_SUFFIXES))} file")
    else:
        found = [path]
    for file in found:
        for pair in files.read(file):
            # A record without a source has the name of its file, which in a folder is a language as a rule.
            yield replace(pair, source=source) if pair.source == file.stem else pair
