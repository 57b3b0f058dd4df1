"""A user's own pairs, of any columns: a file of rows, or a folder of them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from equilingua.corpus.formats.hub_columns import identifier, value
from equilingua.corpus.schema import Pair
from equilingua.corpus.sources import json_text, tables
from equilingua.corpus.sources.records import titled
from equilingua.corpus.sources.text_lines import tidy, tidy_id
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise
from equilingua.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

_NEEDED = ("query", "passage", "language")
_OPTIONAL = ("group", "passage_id", "negatives", "source")
_IDS = ("group", "passage_id", "source")
# What others call a column, for a proposal in a message; nothing is read by these names unasked.
_ALIASES = {
    "query": ("question", "anchor", "sentence1", "prompt", "heading"),
    "passage": ("answer", "context", "positive", "pos", "document", "text", "sentence2", "response", "content"),
    "language": ("lang", "locale", "language_code", "lang_code"),
    "group": ("group_id", "parallel_id", "id", "question_id", "qid"),
    "passage_id": ("pid", "doc_id", "docid", "document_id", "context_id"),
    "negatives": ("negative", "neg", "hard_negatives"),
}

_log = logging.getLogger(__name__)


def pairs(
    path: Path, options: Mapping[str, str] | None = None, on_error: Callable[[DataError], None] | None = None
) -> Iterator[Pair]:
    """Yield the pairs of a file, or of all files of a folder and the folders in it, in the order of their names.

    Each record has the columns query, passage and language, and may have group, passage_id, negatives (texts; in a CSV
    cell, one text or a JSON list of them) and source. A group may have rows in several files, as where each language
    has a file of its own; without the column, every row is a group. Language codes are normalised here.

    Args:
        path: the file or folder.
        options: the name of the column that stands for `query`, `passage`, `group`, `passage_id` or `negatives`, or a
            path such as `answers.text.0`; `title`, of one to put before the passage; `language`, the code of all
            texts, or `language_column`; and `source`, of records that name none, by default the path's name.
        on_error: told what is wrong with a record or line, which is then passed over; None raises it.

    Raises:
        UsageError: the suffix is none of those above, or an option contradicts another.
        DataError: there is no such file, it cannot be read, or a record lacks a column or holds what it must not; the
            message names the file, the line and the column.
    """
    given = dict(options or {})
    source = given.setdefault("source", tables.stem(path.resolve()))
    for file in tables.files(path):
        inside = plain(f"/{file.relative_to(path)}") if file != path else ""
        records = tables.read(file, _wanted(given))
        empty = True
        for pair in from_records(records, f"{source}{inside}", given, place=str(path), on_error=on_error):
            empty = False
            yield pair
        if empty:
            raise DataError(f"{file}: the file has no pairs")


def from_records(
    records: Iterable[tuple[str, object]],
    name: str,
    options: Mapping[str, str] | None = None,
    *,
    place: str | None = None,
    on_error: Callable[[DataError], None] | None = None,
) -> Iterator[Pair]:
    """Turn records into pairs.

    Args:
        records: each with its place, for messages; an error stands for what could not be read.
        name: the source of records that name none, and what groups begin with where there is no column for them.
        options: see `pairs`.
        place: the path that they come from, where options can be told.
        on_error: see `pairs`.

    Raises:
        UsageError, DataError: as for `pairs`.
    """
    columns = dict(options or {})
    source, code = columns.pop("source", name), columns.pop("language", None)
    language = None if code is None else normalise(code)
    if "language_column" in columns:
        if language:
            raise UsageError(f"{place}: give language=CODE or language_column=COLUMN, not both")
        columns["language"] = columns.pop("language_column")
    layouts: set[tuple[str, ...]] = set()
    grouped = False
    for number, (where, record) in enumerate(records, 1):
        with _told(on_error):
            if not isinstance(record, dict):
                none = DataError(f"{where}: is not an object with the keys {', '.join(_NEEDED)}")
                raise record if isinstance(record, DataError) else none
            layout = tuple(map(str, record))
            if layout not in layouts:
                needed = [key for key in _NEEDED if key != "language" or not language]
                if not layouts:
                    grouped = "group" in columns or "group" in layout
                    needed += [key for key in columns if key not in needed]
                elif grouped:
                    needed.append("group")
                _check_layout(layout, columns, needed, where, place, language)
                if not grouped and not layouts:
                    _log.warning(
                        "%s: without a column 'group', no two rows are translations of each other; the columns are %s",
                        where.rpartition(":")[0] or where,
                        ", ".join(layout),
                    )
                layouts.add(layout)
            cells = {key: _cell(record, key, columns, where) for key in (*_NEEDED, *_OPTIONAL)}
            if not grouped:
                cells["group"] = f"{name}:{number}"
            yield _pair(cells, columns, where, language, source, _cell(record, "title", columns, where))


@contextmanager
def _told(on_error: Callable[[DataError], None] | None) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        if on_error is None:
            raise
        on_error(error)


def _check_layout(
    layout: tuple[str, ...],
    columns: Mapping[str, str],
    needed: list[str],
    where: str,
    place: str | None,
    language: str | None,
) -> None:
    """Check that what is needed is there, and that nothing optional is misspelt."""
    there = [key for key, column in columns.items() if _is_in(layout, key, column)]
    lacking = [key for key in needed if key not in (there if key in columns else layout)]
    if lacking:
        names = ", ".join(columns.get(key, key) for key in lacking)
        given = {key: columns[key] for key in there}
        advice = f"say which is which, as in '{place}?{_proposal(layout, given, lacking, language)}'"
        raise DataError(
            f"{where}: missing columns: {names}; there are {', '.join(layout) or 'none'}: "
            f"{advice if place else 'rename those that mean it'}"
        )
    others = [name for name in layout if name not in (*_NEEDED, *_OPTIONAL, *columns.values())]
    # A source is told by an option too, and other words look like it.
    for key in _OPTIONAL[:-1]:
        if key not in layout and key not in columns and (near := get_close_matches(key, others, n=1, cutoff=0.8)):
            raise DataError(f"{where}: the optional column '{key}' is misspelt: is '{near[0]}' meant?")


def _proposal(layout: tuple[str, ...], given: Mapping[str, str], lacking: list[str], language: str | None) -> str:
    """Return options that map the columns there are, with a placeholder for what nobody can guess."""
    options = dict(given)
    for key in (*lacking, *(key for key in _ALIASES if key not in lacking)):
        names = [name for name in layout if name not in options.values() and name not in (*_NEEDED, *_OPTIONAL)]
        lower = {name.lower(): name for name in names}
        known = next((lower[alias] for alias in (key, *_ALIASES.get(key, ())) if alias in lower), None)
        known = known or next(iter(get_close_matches(key, names, n=1, cutoff=0.8)), None)
        if known is not None and key not in options and key not in layout:
            options[key] = known
        elif key in lacking:
            options[key] = "CODE" if key == "language" else "COLUMN"
    if language is not None:
        options["language"] = language
    elif options.get("language") in layout:
        options["language_column"] = options.pop("language")
    return "&".join(f"{key}={quote(column, safe='/.:{}')}" for key, column in options.items())


def _cell(record: Mapping[str, Any], key: str, columns: Mapping[str, str], where: str) -> Any:  # noqa: ANN401
    if key not in columns:
        return record.get(key) if key != "title" else None
    if key not in _NEEDED and not _is_in(record, key, columns[key]):
        return None
    read = identifier if key in _IDS and "+" in columns[key] else value
    return read(record, columns[key], where)


def _is_in(layout: Collection[str], key: str, column: str) -> bool:
    """Tell whether a record has a column, or all those of a joined id; of a path, whether it has where that begins."""
    parts = column.split("+") if key in _IDS else [column]
    return all(part in layout or part.partition(".")[0] in layout for part in parts)


def _wanted(options: Mapping[str, str]) -> set[str]:
    """Return the columns that may be read."""
    parts = [part for column in options.values() for part in (column, *column.split("+"))]
    return {*_NEEDED, *_OPTIONAL, *parts, *(part.partition(".")[0] for part in parts)}


def _pair(
    cells: dict[str, Any], columns: Mapping[str, str], where: str, language: str | None, source: str, title: object
) -> Pair:
    def text(key: str) -> str:
        found, name = cells[key], columns.get(key, key)
        if key in _IDS and isinstance(found, int) and not isinstance(found, bool):
            found = str(found)
        if found is not None and not isinstance(found, str):
            hint = f"; take its first with {key}={name}.0" if isinstance(found, list) and found else ""
            raise DataError(f"{where}: column '{name}' holds {type(found).__name__}, not text{hint}")
        found = tidy_id(found or "") if key in _IDS else tidy(found or "")
        if not found:
            raise DataError(f"{where}: column '{name}' is empty")
        return found

    if language is None:
        try:
            language = normalise(text("language"))
        except UsageError as error:
            raise DataError(f"{where}: column '{columns.get('language', 'language')}': {error}") from error
    passage, name = titled(title, text("passage")), columns.get("negatives", "negatives")
    negatives = _negatives(cells["negatives"], f"{where}: column '{name}'")
    if passage in negatives:
        raise DataError(f"{where}: column '{name}' holds the passage, which cannot both answer and not")
    return Pair(
        group=text("group"),
        language=language,
        query=text("query"),
        passage=passage,
        source=source if cells["source"] is None else text("source"),
        passage_id=None if cells["passage_id"] is None else text("passage_id"),
        negatives=negatives,
        place=where,
    )


def _negatives(found: object, where: str) -> tuple[str, ...]:
    if isinstance(found, str):
        found = json_text.loads(found, where) if found.lstrip().startswith("[") else [found]
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(text, str) and tidy(text) for text in found):
        raise DataError(f"{where} is not a list of texts")
    return tuple(map(tidy, found))
