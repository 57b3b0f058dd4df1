"""Text files read line by line: every line with the place it stands at, a bad byte or a cut-off file blamed on it."""

from __future__ import annotations

import codecs
import unicodedata
from typing import TYPE_CHECKING, BinaryIO

from equilingua.corpus import archives
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
# What files that are taken for text are instead, by their first bytes.
_OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32: save it as UTF-8",
    codecs.BOM_UTF32_BE: "UTF-32: save it as UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16: save it as UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16: save it as UTF-8",
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save the sheet as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "a spreadsheet: save the sheet as CSV in UTF-8",
    b"PAR1": "Parquet: give it the suffix .parquet",
}


def of_file(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a file, unpacked if it is compressed.

    Yields:
        `PATH:NUMBER`, counted from 1, and the line without its end.

    Raises:
        DataError: the file cannot be read, is cut short, is not UTF-8, or has an endless line.
    """
    with archives.unpacked(path) as stream:
        yield from of_stream(stream, str(path))


def of_stream(stream: BinaryIO, name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of an open file under the given name; see `of_file`."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        where = f"{name}:{number}"
        if len(raw) > LONGEST_LINE:
            raise DataError(f"{where}: the line is longer than {LONGEST_LINE >> 20} MiB")
        yield where, decoded(raw, name, number).rstrip("\r\n")


def decoded(content: bytes, name: str, line: int = 1) -> str:
    """Decode a file, or a line of it, as UTF-8; a byte-order mark at its beginning is passed over.

    Args:
        content: bytes.
        name: of the file, for the message.
        line: the number of the content's first line.

    Raises:
        DataError: it is not UTF-8 text; the message says what it seems to be.
    """
    if line == 1:
        for mark, kind in _OTHERS.items():
            if content.startswith(mark):
                raise DataError(f"{name}: is {kind}")
    try:
        text = content.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        place = line + content.count(b"\n", 0, error.start)
        byte = error.start - content.rfind(b"\n", 0, error.start)
        wrong = f"byte {byte} of the line is not UTF-8 (0x{content[error.start]:02x})"
        raise DataError(f"{name}:{place}: {wrong}: save the file as UTF-8") from error
    if line == 1 and "\0" in text:
        raise DataError(f"{name}: holds NUL bytes, so it is no UTF-8 text: save it as UTF-8 if it is UTF-16")
    return text


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
