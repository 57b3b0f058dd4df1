"""mMARCO: MS MARCO's questions and passages in 14 languages, 13 of them translated by machine.

The layout is that of https://huggingface.co/datasets/unicamp-dl/mmarco: below `data/`, a collection and questions for
each language as `ID<tab>TEXT`, and for all languages together training triples `QUESTION<tab>PASSAGE<tab>OTHER PASSAGE`
and the judgements of the development questions. The set's own loading script is not run.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources import hub, text_lines, trec
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

SOURCE = "mmarco"
REPOSITORY = "unicamp-dl/mmarco"
LANGUAGES = {
    "ar": "arabic",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "id": "indonesian",
    "it": "italian",
    "ja": "japanese",
    "nl": "dutch",
    "pt": "portuguese",
    "ru": "russian",
    "vi": "vietnamese",
    "zh-Hans": "chinese",
}
_TRIPLES = "data/triples.train.ids.small.tsv"
_QRELS = "data/qrels.dev.small.tsv"
_QUESTIONS = {
    "train": "data/google/queries/train/{language}_queries.train.tsv",
    "dev": "data/google/queries/dev/{language}_queries.dev.small.tsv",
}
_COLLECTION = "data/google/collections/{language}_collection.tsv"
_REPORT_EVERY = 100_000

INFO = SetInfo(
    name=SOURCE,
    kind="corpus",
    version="2, by Google Translate, of the hub when built",
    licence="LicenseRef-MS-MARCO-non-commercial",
    description="searchers' questions → web passages, parallel by machine translation in 14 languages",
    origin=f"https://huggingface.co/datasets/{REPOSITORY}",
    splits=tuple(_QUESTIONS),
    options={"questions": "all", "negatives": "0"},
    large=True,
)
# English need not be read for comparison: its collection has 8.8 million passages.
QUALITY = Quality(shortest_passage=20, untranslated=None)

# Question id → passage id → whether it answers.
Judgements = dict[str, dict[str, bool]]


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each passage that answers it, a language after the other.

    A group is a question, a passage id that of MS MARCO, so both are shared by all languages. The option `questions`
    is the most questions to keep of a split, the same ones in every language; `negatives` the most passages that do
    not answer to keep with each question.

    Raises:
        UsageError: a language that the set does not have, or a wrong option.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    most = _number(inputs.options.get("questions", "all"), "questions")
    negatives = _number(inputs.options.get("negatives", "0"), "negatives") or 0
    languages = [code for code in inputs.choose(LANGUAGES) if inputs.languages is None or code in inputs.languages]
    for split in inputs.info.splits if inputs.split is None else (inputs.split,):
        judged = _chosen(_triples(inputs, negatives) if split == "train" else _qrels(), most)
        for language in languages:
            yield from _language(inputs, split, language, judged)


def _language(inputs: Inputs, split: str, language: str, judged: Judgements) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    questions = _texts(_QUESTIONS[split].format(language=LANGUAGES[language]), judged.keys(), inputs)
    wanted = {passage for judgements in judged.values() for passage in judgements}
    passages = _texts(_COLLECTION.format(language=LANGUAGES[language]), wanted, inputs)
    for question, judgements in judged.items():
        texts = {passage: passages.get(passage) for passage in judgements}
        negatives = tuple(text for passage, text in texts.items() if text and not judgements[passage])
        for passage, answers in judgements.items():
            if not answers:
                continue
            query, text = questions.get(question), texts[passage]
            if not query or not text:
                inputs.drop(language, "text_missing")
                continue
            yield Pair(
                group=f"{SOURCE}:{question}",
                language=language,
                query=query,
                passage=text,
                source=SOURCE,
                passage_id=passage,
                negatives=negatives,
            )


def _triples(inputs: Inputs, negatives: int) -> Judgements:
    """Read which passages answer, and up to so many that do not, from the 40 million training triples."""
    judged: Judgements = {}
    others: dict[str, int] = {}
    triples = text_lines.fields(hub.lines(REPOSITORY, _TRIPLES), 3)
    for number, (_, (question, passage, other)) in enumerate(triples, start=1):
        judgements = judged.setdefault(question, {})
        judgements[passage] = True
        if others.get(question, 0) < negatives and other not in judgements:
            judgements[other] = False
            others[question] = others.get(question, 0) + 1
        if number % _REPORT_EVERY == 0:
            inputs.progress(f"{SOURCE}: triples", number, 0)
    return judged


def _qrels() -> Judgements:
    qrels = trec.parse_qrels(hub.lines(REPOSITORY, _QRELS))
    return {question: {passage: score > 0 for passage, score in found.items()} for question, found in qrels.items()}


def _chosen(judged: Judgements, most: int | None) -> Judgements:
    """Keep so many questions, by a hash of their ids, so that every language and every later build has the same."""
    if most is None or most >= len(judged):
        return judged
    order = sorted(judged, key=lambda question: hashlib.blake2b(question.encode(), digest_size=8).digest())
    return {question: judged[question] for question in order[:most]}


def _texts(path: str, wanted: Container[str], inputs: Inputs) -> dict[str, str]:
    """Read `ID<tab>TEXT` lines and keep the wanted ids; what follows a second tab belongs to the text."""
    found: dict[str, str] = {}
    for number, (where, line) in enumerate(hub.lines(REPOSITORY, path), start=1):
        identity, tab, text = line.partition("\t")
        if not tab:
            if line.strip():
                raise DataError(f"{where}: is not an id, a tab and a text")
            continue
        if identity in wanted:
            found[identity] = text_lines.tidy(text.replace("\t", " "))
        if number % _REPORT_EVERY == 0:
            inputs.progress(f"{SOURCE}: {path.rpartition('/')[2]}", number, 0)
    return found


def _number(given: str, option: str) -> int | None:
    if given == "all":
        return None
    if not given.isdigit():
        raise UsageError(f"{SOURCE}: option {option} is a whole number or 'all', not '{given}'")
    return int(given)
