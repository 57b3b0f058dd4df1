"""Benchmarks whose questions and passages are in different languages: AfriQA, and Tatoeba's translations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import fetch, registry
from equilingua.corpus.formats import afriqa, aligned_lines
from equilingua.evaluation.benchmarks.judged import Passage, Question, from_judgements
from equilingua.evaluation.benchmarks.published import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

AFRIQA_SPLIT = "test"


def african_questions(name: str, languages: Iterable[str] | None) -> Benchmark:
    """Make AfriQA's benchmark: test questions in African languages against passages in English and French.

    The question's translation by a person, in the language of its passage, is asked as well, in the same group: what
    the encoder would find if it understood the African language as well as that one. Candidates are the passages of all
    test questions; a question's two pivot languages are one pool.

    Args:
        name: what results are reported under.
        languages: of the questions to keep; None means all. The passages all stay.

    Raises:
        UsageError: an unknown language.
        DataError: the archive cannot be had or is damaged.
    """
    found = [
        question
        for question in afriqa.questions(fetch.local_path(registry.find("afriqa").files[0]))
        if question.split == AFRIQA_SPLIT and question.passage
    ]
    questions = [
        Question(f"{question.id}/{language}", language, text, question.id)
        for question in found
        for language, text in ((question.language, question.text), (question.pivot, question.translation))
        if text
    ]
    kept = set(chosen(name, {question.language for question in questions}, languages))
    passages = {(question.pivot, _digest(question.passage)): question.passage for question in found}
    return from_judgements(
        name,
        [question for question in questions if question.language in kept],
        [Passage(identity, language, text) for (language, identity), text in passages.items()],
        {question.id: [(question.pivot, _digest(question.passage))] for question in found},
    )


def translations(name: str, languages: Iterable[str] | None) -> Benchmark:
    """Make Tatoeba's benchmark of retrieval: a sentence of any language against all English sentences of the set.

    English is no question, since it would find itself. This pool is many times larger than the published test's, which
    ranks up to 1,000 sentences for each language apart: for that see `equilingua.evaluation.extras`.

    Args:
        name: what results are reported under.
        languages: to keep; None means all. English stays.

    Raises:
        UsageError: an unknown language.
        DataError: the archive cannot be had or is damaged.
    """
    info = registry.find("tatoeba")
    layout = registry.layout(info, aligned_lines.Layout)
    bitexts = list(aligned_lines.bitexts(fetch.local_path(info.files[0]), layout))
    kept = set(chosen(name, {layout.pivot, *(language for _, language, *_ in bitexts)}, languages))
    questions, english = [], {}
    for code, language, *sides in bitexts:
        if language not in kept:
            continue
        for number, (sentence, translation) in enumerate(zip(*sides, strict=True)):
            identity = _digest(translation)
            english[identity] = translation
            questions.append(Question(f"{code}/{number}", language, sentence, identity))
    return from_judgements(
        name,
        questions,
        [Passage(identity, layout.pivot, text) for identity, text in english.items()],
        {identity: [(layout.pivot, identity)] for identity in english},
    )


def _digest(text: str) -> str:
    return digests.of_text(text, 8).hex()
