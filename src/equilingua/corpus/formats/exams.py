"""EXAMS: school exam questions whose right answer was looked up in Wikipedia, in 11 languages, partly parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.corpus.sources import json_text, text_lines
from equilingua.corpus.sources.json_text import field
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_PARAGRAPHS = "data/exams/cross-lingual/with_paragraphs/*_with_para.jsonl.tar.gz"
_PARALLEL = "data/exams/parallel_questions.jsonl"
# As in `info.language`; those below the line have no paragraphs.
_LANGUAGES = {
    "Albanian": "sq",
    "Bulgarian": "bg",
    "Croatian": "hr",
    "Hungarian": "hu",
    "Italian": "it",
    "Macedonian": "mk",
    "North Macedonian": "mk",
    "Polish": "pl",
    "Portuguese": "pt",
    "Serbian": "sr",
    "Turkish": "tr",
    "Vietnamese": "vi",
    # ——
    "Arabic": "ar",
    "French": "fr",
    "German": "de",
    "Lithuanian": "lt",
    "Spanish": "es",
}


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question that has a paragraph, with the one that a search for its right answer found.

    The paragraphs are noisy and long: sentences of many articles, strung together by the search. With the option
    `query=answered` the query is the question and the right answer, with `query=question` the question alone. Questions
    that are translations of each other share a group, named after the first of their ids. The published splits are not
    kept, for translations of a question are in several of them.

    Raises:
        DataError: an archive is damaged or a line is malformed; the message names the file and the line.
    """
    from equilingua.corpus import archives

    path = inputs.file()
    groups = parallel(path)
    inner = archives.extract(path, inputs.scratch, _PARAGRAPHS)
    for done, archive in enumerate(sorted(inner)):
        inputs.progress(inputs.info.name, done, len(inner))
        for name, stream in archives.members(archive, "*.jsonl"):
            for where, record in json_text.objects(text_lines.of_stream(stream, name)):
                yield from _pair(record, where, groups, inputs)


def parallel(path: Path) -> dict[str, str]:
    """Return the group of each question that has translations: the first of all their ids.

    Raises:
        DataError: the archive is damaged, or has no list of parallel questions, or a line is malformed.
    """
    from equilingua.corpus import archives

    links: dict[str, set[str]] = {}
    found = False
    for name, stream in archives.members(path, _PARALLEL):
        found = True
        for where, record in json_text.objects(text_lines.of_stream(stream, name)):
            for question in record:
                links.setdefault(question, set()).update(field(record, question, list, where))
                for other in record[question]:
                    links.setdefault(other, set()).add(question)
    if not found:
        raise DataError(f"{path}: has no file {_PARALLEL}")
    return _components(links)


def _components(links: dict[str, set[str]]) -> dict[str, str]:
    """Return, for each node, the first of the nodes that it is linked to, directly or by others."""
    first: dict[str, str] = {}
    for node in sorted(links):
        ahead = [node]
        while ahead:
            here = ahead.pop()
            if here not in first:
                first[here] = node
                ahead.extend(links[here])
    return first


def _pair(record: dict[str, Any], where: str, groups: dict[str, str], inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    language = field(field(record, "info", dict, where), "language", str, where)
    if language not in _LANGUAGES:
        raise DataError(f"{where}: unknown language '{language}': known: {', '.join(_LANGUAGES)}")
    code = _LANGUAGES[language]
    if not inputs.wants(code):
        return
    question = field(record, "question", dict, where)
    right = [
        choice
        for choice in field(question, "choices", list, where)
        if field(choice, "label", str, where) == record.get("answerKey")
    ]
    if not right:
        inputs.drop(code, "no_right_answer")  # marked "@": the exam's makers withdrew the question
        return
    passage = right[0].get("para") or ""
    if not isinstance(passage, str) or not passage.strip():
        inputs.drop(code, "no_paragraph")
        return
    answer = field(right[0], "text", str, where) if inputs.options["query"] == "answered" else ""
    name = field(record, "id", str, where)
    yield Pair(
        group=f"{inputs.info.name}:{groups.get(name, name)}",
        language=code,
        query=" ".join(f"{field(question, 'stem', str, where)} {answer}".split()),
        passage=passage.strip(),
        source=inputs.info.name,
    )
