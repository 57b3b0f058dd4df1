"""Files of rows, JSONL, JSON, CSV, TSV or Parquet: which a folder holds, and each of their rows with its place."""

from __future__ import annotations

import csv
import logging
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus import archives
from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Rows = Iterator[tuple[str, object]]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SPREADSHEET = "save the sheet as CSV in UTF-8"
_ADVICE = {".xlsx": _SPREADSHEET, ".xls": _SPREADSHEET, ".ods": _SPREADSHEET, ".zip": "unpack it"}

_log = logging.getLogger(__name__)


def read(file: Path, wanted: set[str]) -> Rows:
    """Yield the rows of a file with their places; an error stands for a row that could not be read.

    Args:
        file: one of `files`.
        wanted: columns that may be read.

    Raises:
        DataError: the file cannot be read, or is not what its suffix says.
    """
    yield from _READERS[_suffix(file)](file, wanted)


def stem(path: Path) -> str:
    """Return a file's name without its suffix and that of a compression."""
    return Path(path.stem if path.suffix.lower() in archives.PACKED else path).stem


def _suffix(path: Path) -> str:
    """Return a file's suffix, below that of a compression."""
    return Path(path.stem if path.suffix.lower() in archives.PACKED else path).suffix.lower()


def files(path: Path) -> list[Path]:
    """Return the file, or the files of pairs in the folder and the folders in it, hidden ones aside, by their names.

    Raises:
        UsageError: the file has another suffix.
        DataError: there is no such file, or none in the folder; the message says what is there instead.
    """
    known = f"{', '.join(_READERS)}, or one of these and .gz or .zst"
    if not path.is_dir():
        if _suffix(path) not in _READERS:
            advice = _ADVICE.get(path.suffix.lower(), "give it the suffix of what it is")
            raise UsageError(f"{path}: files of pairs end in {known}: {advice}")
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: is no regular file: write it to one first")
        return [path]
    found = []
    for folder, folders, names in os.walk(path, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    asked = {file.parent for file in found if stem(file) == "queries"}
    for collection in sorted(asked & {file.parent for file in found if stem(file) == "corpus"}):
        spec = f"beir:{path}?language=CODE" if collection == path else f"beir:{collection.parent}"
        raise DataError(f"{collection}: is in BEIR's layout: use {spec}")
    chosen = sorted(file for file in found if _suffix(file) in _READERS)
    if not chosen:
        there = ", ".join(sorted(str(file.relative_to(path)) for file in found)[:5]) or "nothing"
        raise DataError(f"{path}: holds no file of pairs, which end in {known}: there is {there}")
    return chosen


def _unreadable(error: OSError) -> None:
    raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _json_lines(path: Path, _wanted: set[str]) -> Rows:
    for where, line in text_lines.of_file(path):
        text = line.lstrip("\ufeff")
        if text.strip():
            try:
                record = json_text.loads(text, where)
            except DataError as error:
                record = error
            yield where, record


def _json(path: Path, wanted: set[str]) -> Rows:
    """Read a list of objects; a file of that suffix may also have an object a line."""
    with archives.unpacked(path) as stream:
        start = stream.read(1 << 10).lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb'\{\s*"(data|version)"', start):
        raise DataError(
            f"{path}: seems to be in SQuAD's layout: use squad:{path}, with ?language=CODE unless named by it"
        )
    if re.match(rb"\{\s*\n", start):
        raise DataError(f"{path}: is neither a list of objects nor an object a line")
    if not start.startswith(b"["):
        yield from _json_lines(path, wanted)
        return
    for number, record in enumerate(json_text.read(path), 1):
        yield f"{path}:record {number}", record


def _separated(path: Path, _wanted: set[str]) -> Rows:
    csv.field_size_limit(2**31 - 1)
    header = next((line for _, line in text_lines.of_file(path) if line.strip()), "")
    expected = "\t" if _suffix(path) == ".tsv" else ","
    columns = {mark: len(next(csv.reader([header], delimiter=mark), ())) for mark in (expected, *_SEPARATORS)}
    separator = max(columns, key=columns.__getitem__)
    if separator != expected:
        _log.warning("%s: its columns are separated by %s", path, _SEPARATORS[separator])
    rows = csv.reader((f"{line}\n" for _, line in text_lines.of_file(path)), delimiter=separator, strict=True)
    try:
        names: list[str] = []
        for row in rows:
            where = f"{path}:{rows.line_num}"
            if not row:
                continue
            if not names:
                names = row
                _require_distinct(names, where)
            elif len(row) != len(names):
                yield where, DataError(f"{where}: has {len(row)} cells, the header has {len(names)}")
            else:
                yield where, {name: cell or None for name, cell in zip(names, row, strict=True)}
    except csv.Error as error:
        raise DataError(f"{path}:{rows.line_num}: not CSV: {error}") from error


def _require_distinct(columns: list[str], where: str) -> None:
    for name, number in Counter(columns).items():
        if number > 1 and name.strip():
            places = ", ".join(str(place) for place, column in enumerate(columns, 1) if column == name)
            raise DataError(f"{where}: the column '{name}' is there {number} times, as columns {places}")


def _parquet(path: Path, wanted: set[str]) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = file.schema_arrow.names
            _require_distinct(names, str(path))
            for batch in file.iter_batches(batch_size=4096, columns=[name for name in names if name in wanted]):
                for record in batch.to_pylist():
                    number += 1
                    yield f"{path}:row {number}", dict.fromkeys(names) | record
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: a text in or after row {number + 1} is not UTF-8: write the file anew") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno:
            raise DataError(f"{path}: cannot be read: {os.strerror(error.errno)}") from error
        raise DataError(f"{path}: not Parquet, or damaged: {str(error).partition(chr(10))[0]}") from error


_READERS = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _separated,
    ".tsv": _separated,
    ".parquet": _parquet,
}
