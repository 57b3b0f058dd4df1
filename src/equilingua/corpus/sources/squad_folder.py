"""A user's own questions about paragraphs in SQuAD's JSON: one file, or a folder with a file or folder a language."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from equilingua.corpus.sources import json_text, records
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.own_folder import by_language
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair


def pairs(path: Path, language: str | None = None, source: str | None = None) -> Iterator[Pair]:
    """Yield each question that has an answer with its paragraph.

    Questions of one id in several languages are a group. Paragraphs count as one passage where they share the least
    question id, as translations of a paragraph do.

    Args:
        path: a file, or a folder with `LANGUAGE.json`, compressed or not, or with folders named by language.
        language: BCP-47 code of every text; None reads it from the names.
        source: what the pairs' source is; by default the path's name.

    Raises:
        UsageError: an unknown language code.
        DataError: nothing fits, or a file is malformed; the message names the file and the key.
    """
    source = source or path.stem
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    for code, file in by_language(path, ("*.json", "*.json.gz", "*.json.zst"), language):
        yield from _file(file, seen[code], code, source)


def _file(file: Path, seen: dict[str, str], language: str, source: str) -> Iterator[Pair]:
    record = json_text.read(file)
    for number, article in enumerate(field(record, "data", list, str(file))):
        where = f"{file}: data[{number}]"
        for place, paragraph in enumerate(field(article, "paragraphs", list, where)):
            yield from _paragraph(paragraph, f"{where}.paragraphs[{place}]", seen, language, source)


def _paragraph(record: object, where: str, seen: dict[str, str], language: str, source: str) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    context = records.text(record, "context", where)
    asked: list[tuple[str, str]] = []
    for number, question in enumerate(field(record, "qas", list, where)):
        at = f"{where}.qas[{number}]"
        identity = records.identifier(question, "id", at)
        if identity in seen:
            raise DataError(f"{at}: question id '{identity}' is there twice, first in {seen[identity]}")
        seen[identity] = at
        if _answered(question, at):
            asked.append((identity, records.text(question, "question", at)))
    for identity, query in asked:
        yield Pair(
            group=f"{source}:{identity}",
            language=language,
            query=query,
            passage=context,
            source=source,
            passage_id=min(identity for identity, _ in asked),
        )


def _answered(question: dict[str, Any], where: str) -> bool:
    """Tell whether the paragraph answers; SQuAD 2.0 says so of every question, others may leave the answers out."""
    if question.get("is_impossible") is True:
        return False
    return "answers" not in question or bool(field(question, "answers", list, where))
