"""JSON Lines with one key a language: a question a line, translated, with its answers in every language.

A line has an id, an object of language → question, and one of language → answer: a text, or a list of `type`, `text`
and more, of which the first with a text counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus import fetch, hub
from equilingua.corpus.sources import json_text, records, text_lines
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the file is and what its keys are called.

    Attributes:
        url: of the file, which is published without a checksum.
        mirror: its path below `hub` in the mirror.
        id: key of the parallel id.
        queries: key of the questions.
        passages: key of the answers.
        languages: BCP-47 code → the file's own.
        no_passage: types of answers that say nothing without their question.
    """

    url: str
    mirror: str
    id: str
    queries: str
    passages: str
    languages: dict[str, str]
    no_passage: frozenset[str] = frozenset()


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its first answer, in every language; questions without a text for answer are counted.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the file cannot be had, or a line is malformed.
    """
    layout = inputs.layout(Layout)
    languages = inputs.choose(layout.languages, reference=False)
    for where, record in json_text.objects(text_lines.of_file(_file(layout, inputs))):
        yield from _question(record, where, languages, layout, inputs)


def _file(layout: Layout, inputs: Inputs) -> Path:
    """Return the mirror's copy of the file, else download it."""
    repository, _, name = layout.mirror.rpartition("/")
    mirror = hub.mirrored(repository)
    if mirror is not None:
        return mirror / name
    target = inputs.scratch / name
    try:
        fetch.download(layout.url, target)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise DataError(
            f"{layout.url}: cannot be downloaded: {reason}; try again, or put it at hub/{layout.mirror} below the "
            "folder EQUILINGUA_MIRROR"
        ) from error
    return target


def _question(
    record: dict[str, Any], where: str, languages: list[str], layout: Layout, inputs: Inputs
) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    group = f"{inputs.info.name}:{records.identifier(record, layout.id, where)}"
    queries, answers = (field(record, key, dict, where) for key in (layout.queries, layout.passages))
    for language in languages:
        own, at = layout.languages[language], f"{where}: {layout.passages}"
        text = answers.get(own)
        answer = tidy(text) if isinstance(text, str) else _first(field(answers, own, list, at), f"{at}.{own}", layout)
        if not answer:
            inputs.drop(language, "no_short_answer")
        else:
            query = records.text(queries, own, f"{where}: {layout.queries}")
            yield Pair(group, language, query, answer, inputs.info.name)


def _first(answers: list[Any], where: str, layout: Layout) -> str:
    for number, answer in enumerate(answers):
        kind = field(answer, "type", str, f"{where}[{number}]")
        text = answer.get("text")
        if kind not in layout.no_passage and isinstance(text, str) and tidy(text):
            return tidy(text)
    return ""
