"""MIRACL: TREC's topics and qrels a language, and shards of paragraphs as in `tevatron`, on the hub.

Topics and qrels come from the archive of `judgements` where the mirror or the cache holds it, otherwise from
https://huggingface.co/datasets/miracl/miracl, which has the same files; the paragraphs always come from
https://huggingface.co/datasets/miracl/miracl-corpus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus import hub
from equilingua.corpus.formats import judgements, tevatron, trec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.formats.trec import Qrels, Topics
    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_REPOSITORY = "miracl/miracl"
_COLLECTION = judgements.COLLECTIONS["miracl"]
_PASSAGES = ("miracl/miracl-corpus", "miracl-corpus-v1.0-{language}/docs-*.jsonl.gz")


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each paragraph judged relevant, a language after the other.

    The option `negatives` is the most paragraphs judged not relevant to keep with each question.

    Raises:
        UsageError: a language that the split does not have, or a wrong option.
        DataError: the hub cannot be reached, or a file is malformed.
    """
    negatives = inputs.number("negatives")
    known = dict.fromkeys(code for split in inputs.splits for code in _COLLECTION.splits[split])
    for language in inputs.choose(known, reference=False):
        splits = [split for split in inputs.splits if language in _COLLECTION.splits[split]]
        found = [(split, *judged(split, language)) for split in splits]
        yield from _language(inputs, language, found, negatives)


def judged(split: str, language: str) -> tuple[Topics, Qrels]:
    """Return the questions and the judgements of one language.

    Raises:
        DataError: they cannot be had, or are malformed.
    """
    if judgements.available():
        topics = judgements.topics("miracl", split, [language])[language]
        return topics, judgements.qrels("miracl", split, [language])[language]
    folder = f"miracl-v1.0-{language}"
    names = (_COLLECTION.topics, _COLLECTION.qrels)
    topics_file, qrels_file = (name.format(language=language, split=split) for name in names)
    return (
        trec.parse_topics(hub.lines(_REPOSITORY, f"{folder}/topics/{topics_file}")),
        trec.parse_qrels(hub.lines(_REPOSITORY, f"{folder}/qrels/{qrels_file}")),
    )


def passages(language: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of every paragraph in a language, of which there may be tens of millions.

    Raises:
        DataError: they cannot be had, or a line is malformed.
    """
    for shard in _shards(language):
        yield from tevatron.shard_passages(_PASSAGES[0], shard)


def _shards(language: str) -> list[str]:
    return hub.paths(_PASSAGES[0], _PASSAGES[1].format(language=language))


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
                group=f"{inputs.info.name}:{language}/{question}",
                language=language,
                query=query,
                passage=texts[passage],
                source=inputs.info.name,
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
    shards = _shards(language)
    for number, shard in enumerate(shards, start=1):
        found |= {name: text for name, text in tevatron.shard_passages(_PASSAGES[0], shard) if name in wanted}
        inputs.progress(f"{inputs.info.name}: passages in {language}", number, len(shards))
        if len(found) == len(wanted):
            break
    return found
