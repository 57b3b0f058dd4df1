"""MS MARCO's passage ranking, translated, on the hub: questions, passages, training triples and judgements as TSV.

A collection and questions for each language are `ID<tab>TEXT`; for all languages together there are training triples,
`QUESTION<tab>PASSAGE<tab>OTHER PASSAGE`, and the judgements of the development questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import hub
from equilingua.corpus.formats import trec
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_REPORT_EVERY = 100_000

# Question id → passage id → whether it answers.
Judgements = dict[str, dict[str, bool]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files are; `{language}` in a path stands for the set's own name of a language.

    Attributes:
        repository: name on the hub.
        languages: BCP-47 code → the set's own name.
        questions: path of each split's questions.
        passages: path of the passages.
        triples: path of the training triples, from which `train` is judged.
        qrels: path of the judgements of the other splits.
    """

    repository: str
    languages: dict[str, str]
    questions: dict[str, str]
    passages: str
    triples: str
    qrels: str


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with each passage that answers it, a language after the other.

    A group is a question, a passage id that of MS MARCO, so both are shared by all languages. The option `questions`
    is the most questions to keep of a split, the same ones in every language; `negatives` the most passages that do
    not answer to keep with each question.

    Raises:
        UsageError: a language that the set does not have, or a wrong option.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    layout = inputs.layout(Layout)
    most = None if inputs.options["questions"] == "all" else inputs.number("questions")
    negatives = inputs.number("negatives")
    for split in inputs.splits:
        judged = _chosen(_triples(inputs, layout, negatives) if split == "train" else _qrels(layout), most)
        for language in inputs.choose(layout.languages, reference=False):
            yield from _language(inputs, layout, split, language, judged)


def _language(inputs: Inputs, layout: Layout, split: str, language: str, judged: Judgements) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    own, source = layout.languages[language], inputs.info.name
    questions = _texts(layout, layout.questions[split].format(language=own), judged.keys(), inputs)
    wanted = {passage for judgements in judged.values() for passage in judgements}
    passages = _texts(layout, layout.passages.format(language=own), wanted, inputs)
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
                group=f"{source}:{question}",
                language=language,
                query=query,
                passage=text,
                source=source,
                passage_id=passage,
                negatives=negatives,
            )


def _triples(inputs: Inputs, layout: Layout, negatives: int) -> Judgements:
    """Read which passages answer, and up to so many that do not, from the 40 million training triples."""
    judged: Judgements = {}
    others: dict[str, int] = {}
    triples = text_lines.fields(hub.lines(layout.repository, layout.triples), 3)
    for number, (_, (question, passage, other)) in enumerate(triples, start=1):
        judgements = judged.setdefault(question, {})
        judgements[passage] = True
        if others.get(question, 0) < negatives and other not in judgements:
            judgements[other] = False
            others[question] = others.get(question, 0) + 1
        if number % _REPORT_EVERY == 0:
            inputs.progress(f"{inputs.info.name}: triples", number, 0)
    return judged


def _qrels(layout: Layout) -> Judgements:
    qrels = trec.parse_qrels(hub.lines(layout.repository, layout.qrels))
    return {question: {passage: score > 0 for passage, score in found.items()} for question, found in qrels.items()}


def _chosen(judged: Judgements, most: int | None) -> Judgements:
    """Keep so many questions, by a hash of their ids, so that every language and every later build has the same."""
    if most is None or most >= len(judged):
        return judged
    order = sorted(judged, key=lambda question: digests.of_text(question, 8))
    return {question: judged[question] for question in order[:most]}


def _texts(layout: Layout, path: str, wanted: Container[str], inputs: Inputs) -> dict[str, str]:
    """Read `ID<tab>TEXT` lines and keep the wanted ids; what follows a second tab belongs to the text."""
    found: dict[str, str] = {}
    for number, (where, line) in enumerate(hub.lines(layout.repository, path), start=1):
        identity, tab, text = line.partition("\t")
        if not tab:
            if line.strip():
                raise DataError(f"{where}: is not an id, a tab and a text")
            continue
        if identity in wanted:
            found[identity] = text_lines.tidy(text.replace("\t", " "))
        if number % _REPORT_EVERY == 0:
            inputs.progress(f"{inputs.info.name}: {path.rpartition('/')[2]}", number, 0)
    return found
