"""Texts by their keys: JSON Lines or YAML in an archive, a record in all languages or in one that a key tells."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from equilingua.corpus import archives, markup
from equilingua.corpus.formats.hub_columns import identifier, value
from equilingua.corpus.formats.manuals import unnumbered
from equilingua.corpus.sources import json_text, text_lines, yaml_text
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the records are and what their keys are called.

    A line of JSON is a record, and so is an item of a list in YAML, or each mapping in a YAML file of another kind. A
    record also has as keys what the groups of `files` match in the file's name, and its place as `path`. A key may be a
    path (`a.b` is the key `b` of the record `a`), in which `{language}` stands for each of the languages.

    Attributes:
        files: regular expression of their names in the archive.
        languages: BCP-47 code → the set's own, or several, of which the first that has text counts.
        texts: keys of what a record holds: those of a question and its answer, or one of a sentence.
        group: key of the parallel id, or several joined by `+`.
        language: key of the language, where `texts` do not tell it.
        markup: of the texts.
        numbered: questions have a number before them.
        strip: regular expressions of what is taken out of the texts.
        left_out: regular expression of texts in the reference language whose group is not for use.
    """

    files: str
    languages: dict[str, str | tuple[str, ...]]
    texts: tuple[tuple[str] | tuple[str, str], ...]
    group: str = "path"
    language: str | None = None
    markup: Literal["", "html", "markdown"] = ""
    numbered: bool = False
    strip: tuple[str, ...] = ()
    left_out: str | None = None


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield what each record holds; texts of one group are parallel.

    A sentence is yielded as both query and passage. What crosses languages is then translation retrieval; within a
    language every text finds itself.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the archive cannot be had or is damaged, holds no such file, or a record is malformed.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    wanted = inputs.choose(layout.languages)
    groups: dict[str, list[_Item]] = defaultdict(list)
    for where, record in _records(inputs, layout):
        identity = identifier(record, layout.group, where)
        own = value(record, layout.language, where) if layout.language else None
        for keys in layout.texts:
            group = f"{identity}/{keys[-1]}" if len(layout.texts) > 1 else identity
            for language in wanted:
                groups[group] += _items(record, language, keys, own, layout)
    for group, items in groups.items():
        unfit = any(
            item.language == inputs.reference and layout.left_out and re.search(layout.left_out, item.raw)
            for item in items
        )
        for item in items:
            if unfit:
                inputs.drop(item.language, "left_out")
            else:
                yield Pair(f"{source}:{group}", item.language, item.query, item.passage, source)


class _Item(NamedTuple):
    """The texts of a group in one language; `raw` is both as they are in the file."""

    language: str
    query: str
    passage: str
    raw: str


def _items(
    record: dict[str, Any], language: str, keys: tuple[str] | tuple[str, str], own: str | None, layout: Layout
) -> Iterator[_Item]:
    """Yield what a record holds in a language, if anything; `own` is the language of all of it, if it has one."""
    names = layout.languages[language]
    for name in (names,) if isinstance(names, str) else names:
        texts = [_text(record, key.format(language=name)) for key in keys]
        if own in (None, name) and all(texts):
            query, passage = (plain(text, layout.markup, layout.strip) for text in (texts[0], texts[-1]))
            if layout.numbered:
                query = unnumbered(unnumbered(query), chapter=True)
            yield _Item(language, query, passage, "\n".join(texts))
            return


def plain(text: str, kind: Literal["", "html", "markdown"] = "", strip: tuple[str, ...] = ()) -> str:
    """Return a text as running text.

    Args:
        text: as it is in its file.
        kind: its markup.
        strip: regular expressions of what is taken out of it besides.
    """
    if kind:
        text = "\n".join(line.text for line in markup.lines(markup.rendered(text) if kind == "markdown" else text))
    for pattern in strip:
        text = re.sub(pattern, "", text)
    return tidy(" ".join(text.split()))


def _records(inputs: Inputs, layout: Layout) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place and the keys of each record."""
    pattern, found = re.compile(layout.files), False
    for name, stream in archives.members(inputs.file(), pattern):
        found = True
        match = pattern.fullmatch(name)
        told = match.groupdict() if match else {}
        read = _of_lines if name.endswith(".jsonl") else _of_yaml
        for path, where, record in read(stream, name):
            yield where, {"path": path, **record, **told}
    if not found:
        raise DataError(f"{inputs.file()}: holds no file {layout.files}")


def _of_lines(stream: BinaryIO, name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for where, record in json_text.objects(text_lines.of_stream(stream, name)):
        yield where.rpartition(":")[2], where, record


def _of_yaml(stream: BinaryIO, name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    content = yaml_text.load(stream.read(), name)
    if isinstance(content, list):
        yield from ((str(number), f"{name}[{number}]", item) for number, item in enumerate(content))
    else:
        yield from ((path, f"{name}: {path}", record) for path, record in _mappings(content, ""))


def _mappings(node: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path or ".", {str(key): held for key, held in node.items()}
    for key, held in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _mappings(held, f"{path}/{key}".lstrip("/"))


def _text(record: object, path: str) -> str:
    """Return the text that a path leads to; nothing where it leads to no text."""
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return tidy(record) if isinstance(record, str) else ""
