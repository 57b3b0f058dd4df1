"""Tevatron's JSON Lines on the hub: a question a line with the paragraphs that answer it and some that do not.

A question has `query_id`, `query`, `positive_passages` and `negative_passages`; a paragraph `docid`, `title` and
`text`, in a file of all of them as well as here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus import hub
from equilingua.corpus.formats import judgements
from equilingua.corpus.sources import records
from equilingua.corpus.sources.json_text import field
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.formats.trec import Qrels, Topics
    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files are; `{language}` stands for the set's own name of a language.

    Attributes:
        languages: BCP-47 code → the set's own name.
        questions: repository and path of the questions, with `{split}`.
        passages: repository and path, or pattern, of all paragraphs.
    """

    languages: dict[str, str]
    questions: tuple[str, str]
    passages: tuple[str, str]


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each paragraph that answers it, a language after the other.

    The option `negatives` is the most paragraphs that do not answer to keep with each question.

    Raises:
        UsageError: a language that the set does not have, or a wrong option.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    layout, negatives = inputs.layout(Layout), inputs.number("negatives")
    for language in inputs.choose(layout.languages, reference=False):
        for split in inputs.splits:
            for where, record in _questions(layout, split, language):
                yield from _question(record, where, f"{language}/{split}", negatives, inputs)


def judged(name: str, layout: Layout, split: str, language: str) -> tuple[Topics, Qrels]:
    """Return the questions and the judgements of one language, from the archive of `judgements` or from the hub.

    Raises:
        DataError: they cannot be had, or are malformed.
    """
    if judgements.available():
        return judgements.topics(name, split, [language])[language], judgements.qrels(name, split, [language])[language]
    topics: Topics = {}
    qrels: Qrels = {}
    for where, record in _questions(layout, split, language):
        identity = records.identifier(record, "query_id", where)
        topics[identity] = records.text(record, "query", where)
        answers = field(record, "positive_passages", list, where)
        qrels[identity] = {records.identifier(answer, "docid", where): 1 for answer in answers}
    return topics, qrels


def passages(layout: Layout, language: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of every paragraph in a language, of which there may be tens of millions.

    Raises:
        DataError: they cannot be had, or a line is malformed.
    """
    repository, pattern = layout.passages
    for shard in hub.paths(repository, pattern.format(language=layout.languages[language])):
        yield from shard_passages(repository, shard)


def shard_passages(repository: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text, below its title, of every paragraph of a file.

    Raises:
        DataError: it cannot be had, or a line is malformed.
    """
    for where, record in hub.records(repository, path):
        text = record.get("text")
        if not isinstance(text, str):
            raise DataError(f"{where}: the key 'text' is missing or no text")
        yield records.identifier(record, "docid", where), records.titled(record.get("title"), text.strip())


def _questions(layout: Layout, split: str, language: str) -> Iterator[tuple[str, dict[str, Any]]]:
    repository, path = layout.questions
    yield from hub.records(repository, path.format(language=layout.languages[language], split=split))


def _question(record: dict[str, Any], where: str, part: str, negatives: int, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    language, source = part.partition("/")[0], inputs.info.name
    identity = records.identifier(record, "query_id", where)
    answers = field(record, "positive_passages", list, where)
    others = field(record, "negative_passages", list, where)[:negatives] if negatives else []
    if not answers:
        inputs.drop(language, "without_answer")
    for answer in answers:
        yield Pair(
            group=f"{source}:{part}/{identity}",
            language=language,
            query=records.text(record, "query", where),
            passage=_paragraph(answer, where),
            source=source,
            passage_id=f"{language}/{records.identifier(answer, 'docid', where)}",
            negatives=tuple(_paragraph(other, where) for other in others),
        )


def _paragraph(record: dict[str, Any], where: str) -> str:
    return records.titled(record.get("title"), records.text(record, "text", where))
