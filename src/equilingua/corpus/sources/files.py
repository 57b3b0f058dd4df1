"""A user's own pairs, from JSONL, CSV or Parquet."""

from __future__ import annotations

import csv
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.corpus.sources.json_text import loads
from equilingua.corpus.sources.text_lines import tidy, tidy_id
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

NEEDED = ("group", "language", "query", "passage")
OPTIONAL = ("passage_id", "negatives", "source")
_IDS = ("group", "passage_id", "source")


def read(path: Path) -> ParallelCorpus:
    """Read a file of pairs.

    Each record has the keys group, language, query and passage, and may have passage_id, negatives (a list of texts; in
    a CSV cell, a JSON list) and source (by default the file's stem). Language codes are normalised here.

    Raises:
        UsageError: the suffix is none of .jsonl, .csv, .parquet.
        DataError: the file cannot be read or is empty, or a record lacks a key or holds what it must not; the message
            names the file, the line and the key.
    """
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path}: files of pairs end in {', '.join(readers)}")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        corpus = ParallelCorpus.from_pairs(pair_from(record, where, source=path.stem) for where, record in reader(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not len(corpus):
        raise DataError(f"{path}: the file has no pairs")
    return corpus


def pair_from(record: object, where: str, source: str) -> Pair:
    """Turn one record into a pair.

    Args:
        record: a mapping with the keys named in `read`.
        where: file and line, for the message.
        source: what the pair's source is if the record does not say.

    Raises:
        DataError: the message names `where` and the key.
    """
    if not isinstance(record, dict):
        raise DataError(f"{where}: is not an object with the keys {', '.join(NEEDED)}")
    for key in NEEDED:
        if record.get(key) is None:
            raise DataError(f"{where}: the key '{key}' is missing{_misspelt(key, record)}")
    for key in OPTIONAL:
        if record.get(key) is None and (near := _misspelt(key, record)):
            raise DataError(f"{where}: the optional key '{key}' is misspelt{near}")
    try:
        language = normalise(_text(record, "language", where))
    except UsageError as error:
        raise DataError(f"{where}: key 'language': {error}") from error
    return Pair(
        group=_text(record, "group", where),
        language=language,
        query=_text(record, "query", where),
        passage=_text(record, "passage", where),
        source=source if record.get("source") is None else _text(record, "source", where),
        passage_id=None if record.get("passage_id") is None else _text(record, "passage_id", where),
        negatives=_negatives(record.get("negatives"), where),
    )


def _text(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record[key]
    if key in _IDS and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise DataError(f"{where}: key '{key}' holds {type(value).__name__}, not text")
    value = tidy_id(value) if key in _IDS else tidy(value)
    if not value:
        raise DataError(f"{where}: key '{key}' is empty")
    return value


def _negatives(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(text, str) and tidy(text) for text in value):
        raise DataError(f"{where}: key 'negatives' is not a list of texts")
    return tuple(map(tidy, value))


def _misspelt(key: str, record: Mapping[str, Any]) -> str:
    """Say which other key of the record probably means this one."""
    others = [other for other in record if isinstance(other, str) and other not in NEEDED + OPTIONAL]
    near = get_close_matches(key, others, n=1, cutoff=0.8)
    return f": is '{near[0]}' meant?" if near else ""


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Decode line by line, so that a bad byte is blamed on its line and the file need not fit in memory."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8") from error


def _jsonl(path: Path) -> Iterator[tuple[str, object]]:
    for number, line in _lines(path):
        if line.strip():
            where = f"{path}:{number}"
            yield where, loads(line, where)


def _csv(path: Path) -> Iterator[tuple[str, object]]:
    rows = csv.reader((line for _, line in _lines(path)), strict=True)
    try:
        header = next(rows, [])
        _require_distinct(header, f"{path}:1")
        for key in NEEDED:
            if header and key not in header:
                raise DataError(f"{path}:1: the column '{key}' is missing{_misspelt(key, dict.fromkeys(header))}")
        for row in rows:
            where = f"{path}:{rows.line_num}"
            if not row:
                continue
            if len(row) != len(header):
                raise DataError(f"{where}: has {len(row)} cells, the header has {len(header)}")
            yield where, _cells(header, row, where)
    except csv.Error as error:
        raise DataError(f"{path}:{rows.line_num}: not CSV: {error}") from error


def _cells(header: Iterable[str], row: Iterable[str], where: str) -> dict[str, Any]:
    record: dict[str, Any] = dict(zip(header, row, strict=True))
    for key in OPTIONAL:
        record[key] = record.get(key) or None
    if record["negatives"] is not None:
        record["negatives"] = loads(record["negatives"], f"{where}: key 'negatives'")
    return record


def _require_distinct(columns: list[str], where: str) -> None:
    for name, number in Counter(columns).items():
        if number > 1 and name.strip():
            places = ", ".join(str(place) for place, column in enumerate(columns, 1) if column == name)
            raise DataError(f"{where}: the column '{name}' is there {number} times, as columns {places}")


def _parquet(path: Path) -> Iterator[tuple[str, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            columns = list(file.schema_arrow.names)
            _require_distinct(columns, str(path))
            for key in NEEDED:
                if key not in columns:
                    raise DataError(f"{path}: the column '{key}' is missing{_misspelt(key, dict.fromkeys(columns))}")
            number = 0
            for batch in file.iter_batches(batch_size=4096):
                for record in batch.to_pylist():
                    number += 1
                    yield f"{path}:row {number}", record
    except pa.ArrowException as error:
        raise DataError(f"{path}: not Parquet: {str(error).splitlines()[0]}") from error
