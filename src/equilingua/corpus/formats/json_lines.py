"""JSON Lines in an archive: a line holds texts in every language, or in the one that a key or the file's name tells."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from equilingua.corpus import archives, markup
from equilingua.corpus.formats.manuals import unnumbered
from equilingua.corpus.sources import json_text, text_lines
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the lines are and what their keys are called.

    A key is a path (`a.b` is the key `b` of the object `a`), in which `{language}` stands for each of the languages.

    Attributes:
        files: regular expression of their names in the archive; its group `language` may tell the language.
        languages: BCP-47 code → the set's own, or several, of which the first that has text counts.
        group: keys of the parallel id; none takes the number of the line.
        language: key of the language, where neither the other keys nor the file's name tell it.
        query: key of the question.
        passage: key of the answer.
        sentences: in place of the two: keys of texts that are each both query and passage.
        html: the texts are HTML.
        numbered: headings have a number before them.
        strip: regular expressions of what is taken out of the texts.
        left_out: regular expression of a text in the reference language whose group is not for use.
    """

    files: str
    languages: dict[str, str | tuple[str, ...]]
    group: tuple[str, ...] = ()
    language: str | None = None
    query: str = ""
    passage: str = ""
    sentences: tuple[str, ...] = ()
    html: bool = False
    numbered: bool = False
    strip: tuple[str, ...] = ()
    left_out: str | None = None


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield what each line holds; texts of one group are parallel.

    A sentence is yielded as both query and passage. What crosses languages is then translation retrieval; within a
    language every text finds itself.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the archive cannot be had or is damaged, holds no such file, or a line is malformed.
    """
    from equilingua.corpus.schema import Pair

    layout = inputs.layout(Layout)
    wanted = inputs.choose(layout.languages)
    strip = re.compile("|".join(layout.strip) or "(?!)", re.DOTALL)
    groups: dict[str, list[_Item]] = defaultdict(list)
    for where, code, record in _records(inputs, layout):
        identity = "+".join(str(_value(record, key, where)) for key in layout.group) or where.rpartition(":")[2]
        own = _value(record, layout.language, where) if layout.language else code
        for query, passage in [(key, key) for key in layout.sentences] or [(layout.query, layout.passage)]:
            group = f"{identity}/{query}" if len(layout.sentences) > 1 else identity
            for language in wanted:
                groups[group] += _items(record, language, query, passage, own, layout)
    for group, items in groups.items():
        unfit = layout.left_out and any(
            re.search(layout.left_out, item.query) or re.search(layout.left_out, item.passage)
            for item in items
            if item.language == inputs.reference
        )
        for item in items:
            if unfit:
                inputs.drop(item.language, "left_out")
            else:
                query, passage = (_plain(text, strip, layout.html) for text in (item.query, item.passage))
                query = unnumbered(unnumbered(query), chapter=True) if layout.numbered else query
                yield Pair(f"{inputs.info.name}:{group}", item.language, query, passage, inputs.info.name)


class _Item(NamedTuple):
    """The texts of a group in one language, as they are in the file."""

    language: str
    query: str
    passage: str


def _items(
    record: dict[str, Any], language: str, query: str, passage: str, own: str | None, layout: Layout
) -> Iterator[_Item]:
    """Yield what a line holds in a language, if anything; `own` is the language of the whole line, if it has one."""
    names = layout.languages[language]
    for name in (names,) if isinstance(names, str) else names:
        texts = [_value(record, key.format(language=name)) for key in (query, passage)]
        if own in {None, name} and all(isinstance(text, str) and tidy(text) for text in texts):
            yield _Item(language, *texts)
            return


def _plain(text: str, strip: re.Pattern[str], html: bool) -> str:
    if html:
        text = " ".join(line.text for line in markup.lines(text))
    return tidy(_SPACES.sub(" ", strip.sub(" ", text)))


def _records(inputs: Inputs, layout: Layout) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Yield the place, the language that the file's name tells, and the object of each line."""
    pattern, found = re.compile(layout.files), False
    for name, stream in archives.members(inputs.file(), pattern):
        found = True
        match = pattern.fullmatch(name)
        code = match.groupdict().get("language") if match else None
        for where, record in json_text.objects(text_lines.of_stream(stream, name)):
            yield where, code, record
    if not found:
        raise DataError(f"{inputs.file()}: holds no file {layout.files}")


def _value(record: Any, path: str, where: str = "") -> Any:  # noqa: ANN401  (whatever JSON holds)
    """Return what a path leads to; where it leads nowhere, None or, with a place for the message, an error."""
    for key in path.split("."):
        if not isinstance(record, dict) or key not in record:
            if where:
                raise DataError(f"{where}: the key '{path}' is missing")
            return None
        record = record[key]
    return record
