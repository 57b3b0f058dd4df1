"""Mr. TyDi: questions that people asked of Wikipedia in 11 languages, with the paragraphs that answer them.

The layout is that of https://huggingface.co/datasets/castorini/mr-tydi: `mrtydi-v1.1-LANGUAGE/SPLIT.jsonl.gz`, one
question a line with the texts of its paragraphs. `judgements` has the same questions and judgements without texts. All
paragraphs are in https://huggingface.co/datasets/castorini/mr-tydi-corpus: `mrtydi-v1.1-LANGUAGE/corpus.jsonl.gz`, one
a line with the keys `docid`, `title` and `text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources import hub, judgements, records
from equilingua.corpus.sources.json_text import field
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair
    from equilingua.corpus.sources.trec import Qrels, Topics

SOURCE = "mr-tydi"
REPOSITORY = "castorini/mr-tydi"
PASSAGES = "castorini/mr-tydi-corpus"
LANGUAGES = {
    "ar": "arabic",
    "bn": "bengali",
    "en": "english",
    "fi": "finnish",
    "id": "indonesian",
    "ja": "japanese",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
    "th": "thai",
}

INFO = SetInfo(
    name=SOURCE,
    kind="both",
    version="1.1, of the hub when built",
    licence="Apache-2.0",
    description="questions → paragraphs of Wikipedia in 11 languages, not parallel",
    origin=f"https://huggingface.co/datasets/{REPOSITORY}",
    parallel=False,
    splits=("train", "dev", "test"),
    options={"negatives": "0"},
)
# Judged by people: nothing is to be left out.
QUALITY = Quality(shortest_query=1, shortest_passage=1, untranslated=None, wrong_language=False, repeated=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each paragraph that answers it.

    The option `negatives` is the most paragraphs that do not answer to keep with each question; only training
    questions have any.

    Raises:
        UsageError: a language that the set does not have, or a wrong option.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    negatives = negatives_of(inputs)
    for language in inputs.choose(LANGUAGES):
        if inputs.languages is None or language in inputs.languages:
            for split in inputs.info.splits if inputs.split is None else (inputs.split,):
                path = f"mrtydi-v1.1-{LANGUAGES[language]}/{split}.jsonl.gz"
                for where, record in hub.records(REPOSITORY, path):
                    yield from _question(record, where, f"{language}/{split}", negatives, inputs)


def judged(split: str, language: str) -> tuple[Topics, Qrels]:
    """Return the questions and the judgements of one language, from the archive of `judgements` or from the hub.

    Raises:
        DataError: they cannot be had, or are malformed.
    """
    if judgements.available():
        asked, found = judgements.topics(SOURCE, split, [language]), judgements.qrels(SOURCE, split, [language])
        return asked[language], found[language]
    topics: Topics = {}
    qrels: Qrels = {}
    for where, record in hub.records(REPOSITORY, f"mrtydi-v1.1-{LANGUAGES[language]}/{split}.jsonl.gz"):
        identity = records.identifier(record, "query_id", where)
        topics[identity] = records.text(record, "query", where)
        answers = field(record, "positive_passages", list, where)
        qrels[identity] = {records.identifier(answer, "docid", where): 1 for answer in answers}
    return topics, qrels


def passages(language: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of every paragraph in a language.

    Raises:
        DataError: they cannot be had, or a line is malformed.
    """
    for where, record in hub.records(PASSAGES, f"mrtydi-v1.1-{LANGUAGES[language]}/corpus.jsonl.gz"):
        text = record.get("text")
        if not isinstance(text, str):
            raise DataError(f"{where}: the key 'text' is missing or no text")
        yield records.identifier(record, "docid", where), records.titled(record.get("title"), text.strip())


def negatives_of(inputs: Inputs) -> int:
    """Return the number that the option `negatives` gives.

    Raises:
        UsageError: it is no whole number.
    """
    given = inputs.options.get("negatives", "0")
    if not given.isdigit():
        raise UsageError(f"{inputs.info.name}: option negatives is a whole number, not '{given}'")
    return int(given)


def _question(record: dict[str, Any], where: str, part: str, negatives: int, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    language = part.partition("/")[0]
    identity = records.identifier(record, "query_id", where)
    answers = field(record, "positive_passages", list, where)
    others = field(record, "negative_passages", list, where)[:negatives] if negatives else []
    if not answers:
        inputs.drop(language, "without_answer")
    for answer in answers:
        yield Pair(
            group=f"{SOURCE}:{part}/{identity}",
            language=language,
            query=records.text(record, "query", where),
            passage=_paragraph(answer, where),
            source=SOURCE,
            passage_id=f"{language}/{records.identifier(answer, 'docid', where)}",
            negatives=tuple(_paragraph(other, where) for other in others),
        )


def _paragraph(record: dict[str, Any], where: str) -> str:
    return records.titled(record.get("title"), records.text(record, "text", where))
