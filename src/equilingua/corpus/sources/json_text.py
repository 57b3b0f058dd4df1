"""JSON as sources publish it: whole files and lines of records, with the place of what is wrong in the message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_KINDS = {str: "text", list: "a list", dict: "an object", int: "a whole number"}


def parse(content: bytes, where: str) -> Any:  # noqa: ANN401  (whatever the file holds; `field` checks it)
    """Parse UTF-8 JSON; a byte-order mark before it is passed over.

    Args:
        content: the file.
        where: its name, for the message.

    Raises:
        DataError: it is not UTF-8 or not JSON.
    """
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} is not UTF-8: {error.reason}") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{where}:{error.lineno}: not JSON: {error.msg} at column {error.colno}") from error


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
            record = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise DataError(f"{at}: byte {error.start} is not UTF-8: {error.reason}") from error
        except json.JSONDecodeError as error:
            raise DataError(f"{at}: not JSON: {error.msg} at column {error.colno}") from error
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
