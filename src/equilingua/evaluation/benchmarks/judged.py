"""Benchmarks of judged questions: which passage answers is told by ids, in whatever languages the two are."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    # Language and id of a passage; ids are unique within a language.
    Key = tuple[str, str]

_log = logging.getLogger(__name__)
UNANSWERED = "questions_without_relevant_passage"


@dataclass(frozen=True, slots=True)
class Question:
    """A judged question.

    Attributes:
        id: unique within its language.
        language: BCP-47 code.
        text: the question.
        group: shared by its translations, which share what is relevant.
    """

    id: str
    language: str
    text: str
    group: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage: its id, unique within its language, that language, and its text."""

    id: str
    language: str
    text: str


def from_judgements(
    name: str, questions: Iterable[Question], passages: Iterable[Passage], relevant: Mapping[str, Iterable[Key]]
) -> Benchmark:
    """Make a benchmark of questions, all passages, and judgements by id.

    Args:
        name: what results are reported under.
        questions: those to ask. Ones to which nothing is relevant are left out, counted in `dropped` and logged.
        passages: the pool, what answers nothing included.
        relevant: group → language and id of each passage that answers it. Groups that nobody asks do not matter.

    Raises:
        DataError: an id is there twice in one language, a relevant passage is not in the pool, or no question is left.
    """
    asked, dropped = answerable(name, questions, relevant)
    found: dict[Key, str] = {}
    for passage in passages:
        key = (passage.language, passage.id)
        if key in found:
            raise DataError(f"{name}: {passage.language}: passage '{passage.id}' is there twice")
        found[key] = passage.text
    # By language, within one as they came.
    ordered = sorted(found, key=lambda key: key[0])
    places = {key: place for place, key in enumerate(ordered)}
    require_all(name, asked, relevant, places)
    return assemble(
        name,
        asked,
        ordered,
        places,
        relevant,
        texts=[found[key] for key in ordered],
        languages=sorted({question.language for question in asked} | {language for language, _ in ordered}),
        dropped=dropped,
    )


def answerable(
    name: str, questions: Iterable[Question], relevant: Mapping[str, Iterable[Key]]
) -> tuple[list[Question], dict[str, int]]:
    """Return the questions to which something is relevant, and how many there are to which nothing is.

    Raises:
        DataError: an id is there twice in one language, or no question is left.
    """
    seen: set[Key] = set()
    asked: list[Question] = []
    unanswered: Counter[str] = Counter()
    for question in questions:
        key = (question.language, question.id)
        if key in seen:
            raise DataError(f"{name}: {question.language}: question '{question.id}' is there twice")
        seen.add(key)
        if any(True for _ in relevant.get(question.group, ())):
            asked.append(question)
        else:
            unanswered[question.language] += 1
    if not asked:
        raise DataError(f"{name}: there is no question with a relevant passage (of {len(seen)} questions)")
    if unanswered:
        places = ", ".join(f"{language} {number}" for language, number in sorted(unanswered.items()))
        _log.warning("%s: left out questions with no relevant passage: %s", name, places)
    return asked, {UNANSWERED: unanswered.total()} if unanswered else {}


def require_all(
    name: str, asked: Iterable[Question], relevant: Mapping[str, Iterable[Key]], places: Mapping[Key, int]
) -> None:
    """Check that every passage that answers a question is in the pool.

    Raises:
        DataError: one is not.
    """
    missing = {
        (language, passage): question
        for question in asked
        for language, passage in relevant[question.group]
        if (language, passage) not in places
    }
    if missing:
        (language, passage), question = next(iter(missing.items()))
        others = f" (nor are {len(missing) - 1} others)" if len(missing) > 1 else ""
        raise DataError(
            f"{name}: {language}: passage '{passage}', which answers question '{question.id}', is not in the pool"
            f"{others}: the judgements are of other passages, or some are missing"
        )


def assemble(
    name: str,
    asked: list[Question],
    ordered: list[Key],
    places: Mapping[Key, int],
    relevant: Mapping[str, Iterable[Key]],
    *,
    texts: list[str],
    languages: list[str],
    dropped: Mapping[str, int],
) -> Benchmark:
    """Put checked parts together.

    Args:
        name: what results are reported under.
        asked: the questions.
        ordered: the passages, by language.
        places: their positions in that list.
        relevant: group → the passages that answer it.
        texts: of the passages.
        languages: of all, sorted.
        dropped: why, and how many, items are not there.
    """
    codes = {language: code for code, language in enumerate(languages)}
    groups: dict[str, int] = {}
    query_group = [groups.setdefault(question.group, len(groups)) for question in asked]
    judged = np.array([(code, places[key]) for group, code in groups.items() for key in relevant[group]], np.int64)
    offsets, answers = by_group(judged[:, 0], judged[:, 1], len(groups))
    return Benchmark(
        name=name,
        languages=tuple(languages),
        queries=[question.text for question in asked],
        query_language=np.array([codes[question.language] for question in asked], np.int32),
        query_group=np.array(query_group, np.int32),
        groups=list(groups),
        candidates=texts,
        candidate_language=np.array([codes[language] for language, _ in ordered], np.int32),
        relevant_offsets=offsets,
        relevant=answers,
        query_ids=[question.id for question in asked],
        candidate_ids=[identity for _, identity in ordered],
        dropped=dropped,
    )
