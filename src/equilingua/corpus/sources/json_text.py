"""JSON as sources publish it: whole files and lines of records, with the place of what is wrong in the message."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_KINDS = {str: "text", list: "a list", dict: "an object", int: "a whole number"}
# What tells the objects and keys of a text that is known to be JSON.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]')


class _RepeatedKeyError(ValueError):
    """An object has a key twice, of which `json` would keep the last."""


def loads(text: str, where: str, *, whole_file: bool = False) -> Any:  # noqa: ANN401  (`field` checks it)
    """Parse JSON, where a key that an object has twice is an error.

    Args:
        text: the JSON.
        where: its place, for the message.
        whole_file: `where` names a file, so that the message has to tell the line.

    Raises:
        DataError: it is not JSON, is nested too deeply, or an object has a key twice.
    """

    def place(position: int) -> str:
        return f"{where}:{text.count(chr(10), 0, position) + 1}" if whole_file else where

    def column(position: int) -> int:
        return position - text.rfind("\n", 0, position)

    try:
        return json.loads(text, object_pairs_hook=_once)
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
    except ValueError as error:
        raise DataError(f"{where}: not usable JSON: {error}") from error


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
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} is not UTF-8: {error.reason}") from error
    return loads(text, where, whole_file=True)


def lines(stream: BinaryIO, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place (`file:line`) and the record of each line that is not blank.

    Raises:
        DataError: a line is not UTF-8, not JSON or not an object.
    """
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        at = f"{where}:{number}"
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"{at}: byte {error.start} is not UTF-8: {error.reason}") from error
        record = loads(text, at)
        if not isinstance(record, dict):
            raise DataError(f"{at}: is not a JSON object")
        yield at, record


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
