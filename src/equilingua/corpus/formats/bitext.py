"""A user's own parallel text: a file of lines with a text in each language between tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.sources import text_lines
from equilingua.corpus.sources.text_lines import tidy, tidy_id
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair

_GROUP = "group"
_SIDES = ("query", "passage")


def of_file(path: Path, languages: str | None = None, source: str | None = None) -> Iterator[Pair]:
    """Yield a pair for each text: the group is the line, and the text both asks and answers.

    Where columns are named `CODE.query` and `CODE.passage`, the one asks and the other answers. A column named `group`
    holds ids to use in place of line numbers. An empty cell means that the line is missing in that language.

    Args:
        path: a file whose name ends in `.tsv`, or in `.gz` after that.
        languages: names of the columns, separated by commas; None takes them from the first line.
        source: what the pairs' source is; by default the file's name.

    Raises:
        UsageError: `languages` has an unknown code.
        DataError: the file cannot be read, its first line names no languages, or a line has another number of fields.
    """
    from equilingua.corpus.schema import Pair

    source = source or path.name.partition(".")[0]
    lines = text_lines.of_file(path)
    if languages is None:
        where, header = next(lines, (f"{path}:1", ""))
        try:
            columns = _columns(header.split("\t"), where)
        except UsageError as error:
            raise DataError(
                f"{where}: the first line does not name the columns ({error}): add ?languages=en,de"
            ) from error
    else:
        columns = _columns(languages.split(","), f"bitext:{path}: languages")
    first: dict[str, str] = {}
    for where, cells in text_lines.fields(lines, len(columns)):
        texts = {column: tidy(cell) for column, cell in zip(columns, cells, strict=True)}
        group = tidy_id(texts.pop((_GROUP, ""), "")) or where.rpartition(":")[2]
        if group in first:
            raise DataError(f"{where}: group '{group}' is there twice, first in {first[group]}")
        first[group] = where
        for language in dict.fromkeys(language for language, _ in texts):
            query, passage = _two_sides(texts, language, where)
            if query:
                yield Pair(group=f"{source}:{group}", language=language, query=query, passage=passage, source=source)


def _columns(names: list[str], where: str) -> list[tuple[str, str]]:
    """Return language and side of each column; the side is empty for one that asks and answers."""
    columns: list[tuple[str, str]] = []
    for name in (name.strip() for name in names):
        code, _, side = name.partition(".")
        if side and side not in _SIDES:
            raise UsageError(f"{where}: column '{name}' is neither CODE, CODE.query nor CODE.passage")
        columns.append((_GROUP, "") if name == _GROUP else (normalise(code), side))
    for language, side in columns:
        if columns.count((language, side)) > 1 or (side and (language, "") in columns):
            raise UsageError(f"{where}: two columns are in {language}")
        if side and not all((language, other) in columns for other in _SIDES):
            raise UsageError(f"{where}: {language} needs both {language}.query and {language}.passage")
    if not any(language != _GROUP for language, _ in columns):
        raise UsageError(f"{where}: no column is in a language")
    return columns


def _two_sides(texts: dict[tuple[str, str], str], language: str, where: str) -> tuple[str, str]:
    if (language, "") in texts:
        return texts[language, ""], texts[language, ""]
    query, passage = (texts[language, side] for side in _SIDES)
    if bool(query) != bool(passage):
        raise DataError(f"{where}: {language}.{'passage' if query else 'query'} is empty and its other side is not")
    return query, passage
