"""MIRACL: questions of native speakers in 18 languages, with judged paragraphs of Wikipedia.

Questions and judgements come from the archive of `judgements` where the mirror or the cache holds it, otherwise from
https://huggingface.co/datasets/miracl/miracl, which has the same files; the paragraphs always come from
https://huggingface.co/datasets/miracl/miracl-corpus: `miracl-corpus-v1.0-LANGUAGE/docs-NUMBER.jsonl.gz`, one paragraph
a line with the keys `docid`, `title` and `text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources import hub, judgements, records, trec
from equilingua.corpus.sources.mr_tydi import negatives_of
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair
    from equilingua.corpus.sources.trec import Qrels, Topics

SOURCE = "miracl"
REPOSITORY = "miracl/miracl"
PASSAGES = "miracl/miracl-corpus"
_COLLECTION = judgements.COLLECTIONS[SOURCE]

INFO = SetInfo(
    name=SOURCE,
    kind="both",
    version="1.0, of the hub when built",
    licence="Apache-2.0",
    description="questions → judged paragraphs of Wikipedia in 18 languages, not parallel",
    origin=f"https://huggingface.co/datasets/{REPOSITORY} and Anserini's topics and qrels",
    parallel=False,
    splits=tuple(_COLLECTION.splits),
    options={"negatives": "0"},
    large=True,
)
# Judged by people: nothing is to be left out.
QUALITY = Quality(shortest_query=1, shortest_passage=1, untranslated=None, wrong_language=False, repeated=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each paragraph judged relevant, a language after the other.

    The option `negatives` is the most paragraphs judged not relevant to keep with each question.

    Raises:
        UsageError: a language that the split does not have, or a wrong option.
        DataError: the hub cannot be reached, or a file is malformed.
    """
    negatives = negatives_of(inputs)
    splits = inputs.info.splits if inputs.split is None else (inputs.split,)
    known = dict.fromkeys(code for split in splits for code in _COLLECTION.splits[split])
    for language in inputs.choose(known):
        if inputs.languages is None or language in inputs.languages:
            found = [(split, *judged(split, language)) for split in splits if language in _COLLECTION.splits[split]]
            yield from _language(inputs, language, found, negatives)


def judged(split: str, language: str) -> tuple[Topics, Qrels]:
    """Return the questions and the judgements of one language.

    Raises:
        DataError: they cannot be had, or are malformed.
    """
    if judgements.available():
        topics = judgements.topics(SOURCE, split, [language])[language]
        return topics, judgements.qrels(SOURCE, split, [language])[language]
    folder = f"miracl-v1.0-{language}"
    names = (_COLLECTION.topics, _COLLECTION.qrels)
    topics_file, qrels_file = (name.format(language=language, split=split) for name in names)
    return (
        trec.parse_topics(hub.lines(REPOSITORY, f"{folder}/topics/{topics_file}")),
        trec.parse_qrels(hub.lines(REPOSITORY, f"{folder}/qrels/{qrels_file}")),
    )


def passages(language: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of every paragraph in a language, of which there may be tens of millions.

    Raises:
        DataError: they cannot be had, or a line is malformed.
    """
    for shard in hub.paths(PASSAGES, f"miracl-corpus-v1.0-{language}/docs-*.jsonl.gz"):
        for where, record in hub.records(PASSAGES, shard):
            yield records.identifier(record, "docid", where), _paragraph(record, where)


def _language(inputs: Inputs, language: str, judged: list[tuple[str, Topics, Qrels]], negatives: int) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    chosen = [
        (f"{split}/{question}", topics[question], *_sides(found, negatives))
        for split, topics, qrels in judged
        for question, found in qrels.items()
        if question in topics
    ]
    texts = _wanted(inputs, language, {passage for *_, yes, no in chosen for passage in (*yes, *no)})
    for question, query, yes, no in chosen:
        others = tuple(texts[passage] for passage in no if passage in texts)
        for passage in yes:
            if passage not in texts:
                inputs.drop(language, "passage_missing")
                continue
            yield Pair(
                group=f"{SOURCE}:{language}/{question}",
                language=language,
                query=query,
                passage=texts[passage],
                source=SOURCE,
                passage_id=f"{language}/{passage}",
                negatives=others,
            )


def _sides(found: dict[str, float], negatives: int) -> tuple[list[str], list[str]]:
    return (
        [passage for passage, relevance in found.items() if relevance > 0],
        [passage for passage, relevance in found.items() if relevance <= 0][:negatives],
    )


def _wanted(inputs: Inputs, language: str, wanted: set[str]) -> dict[str, str]:
    """Read the wanted paragraphs, stopping once all are found."""
    found: dict[str, str] = {}
    shards = hub.paths(PASSAGES, f"miracl-corpus-v1.0-{language}/docs-*.jsonl.gz")
    for number, shard in enumerate(shards, start=1):
        for where, record in hub.records(PASSAGES, shard):
            identity = records.identifier(record, "docid", where)
            if identity in wanted:
                found[identity] = _paragraph(record, where)
        inputs.progress(f"{SOURCE}: passages in {language}", number, len(shards))
        if len(found) == len(wanted):
            break
    return found


def _paragraph(record: dict[str, Any], where: str) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise DataError(f"{where}: the key 'text' is missing or no text")
    return records.titled(record.get("title"), text.strip())
