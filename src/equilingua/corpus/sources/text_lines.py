"""Text files read line by line: every line with the place it stands at, a bad byte or a cut-off file blamed on it."""

from __future__ import annotations

import gzip
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from equilingua.corpus.sources.json_text import loads
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# No text that is worth a place in memory has such a line; a file without line ends would be read whole otherwise.
LONGEST_LINE = 64 << 20
_BYTE_ORDER_MARK = "\ufeff"
# Characters that show nothing: spaces, controls and marks for layout by their category, and these besides: the
# combining grapheme joiner, fillers of Hangul, Khmer's inherent vowels, variation selectors, and Braille's blank.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_INVISIBLE = frozenset(
    map(
        chr,
        [
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2065, 0x2800, 0x3164, 0xFFA0),
            *range(0xFE00, 0xFE10),
            *range(0xFFF0, 0xFFF9),
            *range(0xE0000, 0xE1000),
        ],
    )
)


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
        DataError: a line is not usable JSON (see `json_text.loads`), or no object.
    """
    for where, line in lines:
        if not line.strip():
            continue
        record = loads(line, where)
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
    r"""Drop byte-order marks, which some files hold inside a text, and spaces around it.

    Nothing is left of a text that shows nothing, whatever invisible characters it has: that is what an empty text is in
    every source.

    >>> tidy(" bees\ufeff "), tidy("\u200b\u00ad\u3164")
    ('bees', '')
    """
    tidied = text.replace(_BYTE_ORDER_MARK, "").strip()
    return tidied if any(map(_shows, tidied)) else ""


def tidy_id(text: str) -> str:
    r"""Tidy an id: two that differ in how their accents are encoded are one (Unicode's NFC).

    >>> tidy_id("cafe\u0301") == tidy_id("caf\u00e9")
    True
    """
    return unicodedata.normalize("NFC", tidy(text))


def _shows(character: str) -> bool:
    return character not in _INVISIBLE and unicodedata.category(character) not in _INVISIBLE_CATEGORIES
