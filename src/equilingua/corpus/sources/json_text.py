"""JSON as sources publish it, with the place of what is wrong in the message."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from equilingua.corpus import archives
from equilingua.corpus.sources.text_lines import decoded
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_KINDS = {str: "text", list: "a list", dict: "an object", int: "a whole number"}
# What tells the objects and keys of a text that is known to be JSON.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]')
# An escape of half a character: with its other half it is fine, alone it cannot be written as UTF-8.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class _RepeatedKeyError(ValueError):
    """An object has a key twice, of which `json` would keep the last."""


def loads(text: str, where: str, *, whole_file: bool = False) -> Any:  # noqa: ANN401  (`field` checks it)
    """Parse JSON, where a key that an object has twice is an error.

    Args:
        text: the JSON.
        where: its place, for the message.
        whole_file: `where` names a file, so that the message has to tell the line.

    Raises:
        DataError: it is not JSON, is nested too deeply, holds half a character, or an object has a key twice.
    """

    def place(position: int) -> str:
        return f"{where}:{text.count(chr(10), 0, position) + 1}" if whole_file else where

    def column(position: int) -> int:
        return position - text.rfind("\n", 0, position)

    try:
        value = json.loads(text, object_pairs_hook=_once)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DataError(f"{place(error.pos)}: not JSON: {error.msg} at column {error.colno}") from error
    except _RepeatedKeyError as error:
        key, first, second = _repeated_key(text)
        before = f"{place(first)}, column {column(first)}" if whole_file else f"column {column(first)}"
        raise DataError(
            f"{place(second)}: the key '{key}' at column {column(second)} is in its object already, at {before}"
        ) from error
    except RecursionError as error:
        raise DataError(f"{where}: not usable JSON: nested too deeply") from error
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise DataError(f"{where}: {half} is half a character, cut off from its other half: mend the text") from error
    except ValueError as error:
        raise DataError(f"{where}: not usable JSON: {error}") from error
    return value


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(items)
    if len(record) < len(items):
        raise _RepeatedKeyError
    return record


def _repeated_key(text: str) -> tuple[str, int, int]:
    """Return the first key that an object of a JSON text has twice, and where both stand."""
    inside: list[dict[str, int]] = []
    name = ("", 0)
    for token in _TOKENS.finditer(text):
        match token[0]:
            case "{" | "[":
                inside.append({})
            case "}" | "]":
                inside.pop()
            case ":":
                key, place = json.loads(name[0]), name[1]
                if key in inside[-1]:
                    return key, inside[-1][key], place
                inside[-1][key] = place
            case string:
                name = (string, token.start())
    raise AssertionError("no key is repeated")


def parse(content: bytes, where: str) -> Any:  # noqa: ANN401  (whatever the file holds; `field` checks it)
    """Parse UTF-8 JSON; a byte-order mark before it is passed over.

    Args:
        content: the file.
        where: its name, for the message.

    Raises:
        DataError: it is not UTF-8 or not usable JSON; see `loads`.
    """
    return loads(decoded(content, where), where, whole_file=True)


def read(path: Path) -> Any:  # noqa: ANN401  (whatever the file holds; `field` checks it)
    """Parse a JSON file, unpacked if it is compressed.

    Raises:
        DataError: it cannot be read, is not UTF-8 or not usable JSON.
    """
    with archives.unpacked(path) as stream:
        content = stream.read()
    return parse(content, str(path))


def objects(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parse lines that each hold a JSON object; empty ones are passed over.

    Raises:
        DataError: a line is not usable JSON, or no object.
    """
    for where, line in lines:
        # Files with byte-order marks may have been joined.
        text = line.lstrip("\ufeff")
        if not text.strip():
            continue
        record = loads(text, where)
        if not isinstance(record, dict):
            raise DataError(f"{where}: is not a JSON object")
        yield where, record


def field(record: object, key: str, kind: type, where: str) -> Any:  # noqa: ANN401  (of the asked kind, checked here)
    """Return a record's value.

    Args:
        record: an object.
        key: what to look up in it.
        kind: `str`, `list`, `dict` or `int`, which the value must be.
        where: the record's place, for the message.

    Raises:
        DataError: the key is missing or its value is of another kind.
    """
    if not isinstance(record, dict):
        raise DataError(f"{where}: is not an object with the key '{key}'")
    if key not in record:
        raise DataError(f"{where}: the key '{key}' is missing")
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"{where}: the key '{key}' is not {_KINDS[kind]}")
    return value
