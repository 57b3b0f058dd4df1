"""Text files read line by line: every line with the place it stands at, a bad byte or a cut-off file blamed on it."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# No text that is worth a place in memory has such a line; a file without line ends would be read whole otherwise.
LONGEST_LINE = 64 << 20
_BYTE_ORDER_MARK = "\ufeff"


def of_file(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a file, unpacked if its name ends in `.gz`.

    Yields:
        `PATH:NUMBER`, counted from 1, and the line without its end.

    Raises:
        DataError: the file cannot be read, is cut short, is not UTF-8, or has an endless line.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield from of_stream(cast("BinaryIO", stream), str(path))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged or cut short: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def of_stream(stream: BinaryIO, name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of an open file under the given name; see `of_file`."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        where = f"{name}:{number}"
        if len(raw) > LONGEST_LINE:
            raise DataError(f"{where}: the line is longer than {LONGEST_LINE >> 20} MiB")
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: byte {error.start + 1} of the line is not UTF-8") from error
        yield where, line.rstrip("\r\n")


def json_objects(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parse lines that each hold a JSON object; empty ones are passed over.

    Raises:
        DataError: a line is not JSON, or no object.
    """
    for where, line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{where}: not JSON: {error.msg} at column {error.colno}") from error
        except RecursionError as error:
            raise DataError(f"{where}: not usable JSON: nested too deeply") from error
        if not isinstance(record, dict):
            raise DataError(f"{where}: is not a JSON object")
        yield where, record


def fields(lines: Iterable[tuple[str, str]], count: int) -> Iterator[tuple[str, list[str]]]:
    """Split lines at tabs into exactly `count` fields; empty lines are passed over.

    Raises:
        DataError: a line has more or fewer.
    """
    for where, line in lines:
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != count:
            raise DataError(f"{where}: has {len(cells)} fields between tabs, not {count}")
        yield where, cells


def tidy(text: str) -> str:
    """Drop byte-order marks, which some files hold inside a text, and spaces around it."""
    return text.replace(_BYTE_ORDER_MARK, "").strip()
