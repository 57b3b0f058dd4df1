"""Texts and ids of parsed records, tidied and checked, so that a wrong one is blamed on its place."""

from __future__ import annotations

from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy, tidy_id
from equilingua.errors import DataError


def text(record: object, key: str, where: str) -> str:
    """Return the text of a key without spaces around it.

    Raises:
        DataError: the record is no object, or the key is missing, no text or empty; the message begins with `where`.
    """
    value = tidy(field(record, key, str, where))
    if not value:
        raise DataError(f"{where}: the key '{key}' is empty")
    return value


def identifier(record: object, key: str, where: str) -> str:
    """Return the id of a key, which may be a text or a whole number.

    Raises:
        DataError: as for `text`.
    """
    value = record.get(key) if isinstance(record, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return tidy_id(text(record, key, where))


def titled(title: object, passage: str) -> str:
    r"""Put a title, if there is one, on a line of its own before its passage.

    >>> titled("Bees", "They dance."), titled(None, "They dance.")
    ('Bees\nThey dance.', 'They dance.')
    """
    heading = tidy(title) if isinstance(title, str) else ""
    return f"{heading}\n{passage}" if heading else passage
