"""MLQA as mteb's MLQARetrieval asks it, from the local files: paragraphs as candidates, a task for each pair.

The questions of a pair X>Y are those asked in language X whose paragraph is there in language Y; its candidates are the
distinct paragraphs of just these questions in Y. So a question has one relevant candidate, and a pair's pool differs
from that of another pair with the same language of answers. MLQA-R's files are MLQA's development set, which is what
mteb calls the split "validation"; titles are left out on all sides.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus.load import load_documents
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # Language → id of a question → text.
    Texts = Mapping[str, Mapping[str, str]]

SET = "mlqa-r"
POOL = "all paragraphs"


def benchmarks(share: float) -> list[Benchmark]:
    """Return the pool of all languages, then every ordered pair under its name "asking>answering".

    A pair that has no question in common is left out; there are 49 of the whole set.

    Args:
        share: of the questions that are kept, with their paragraphs; the same questions in every language, by a hash of
            their ids.
    """
    questions, paragraphs = _texts(share)
    pairs = [
        _pair(questions, paragraphs, asking, answering)
        for answering in paragraphs
        for asking in questions
        if questions[asking].keys() & paragraphs[answering].keys()
    ]
    return [_pool(questions, paragraphs), *pairs]


def _texts(share: float) -> tuple[Texts, Texts]:
    documents = load_documents(SET)
    questions: dict[str, dict[str, str]] = {language: {} for language in documents}
    contexts: dict[str, dict[str, str]] = {language: {} for language in documents}
    for language, paragraphs in documents.items():
        for paragraph in paragraphs:
            for question in paragraph.questions:
                if _fraction(question.id) < share:
                    questions[language][question.id] = question.text
                    contexts[language][question.id] = paragraph.context.strip()
    return questions, contexts


def _pool(questions: Texts, paragraphs: Texts) -> Benchmark:
    languages = sorted(questions)
    asked = [(language, identity) for language in languages for identity in questions[language]]
    return _benchmark(POOL, languages, questions, paragraphs, asked, asked)


def _pair(questions: Texts, paragraphs: Texts, asking: str, answering: str) -> Benchmark:
    shared = [identity for identity in paragraphs[answering] if identity in questions[asking]]
    return _benchmark(
        f"{asking}>{answering}",
        sorted({asking, answering}),
        questions,
        paragraphs,
        [(asking, identity) for identity in shared],
        [(answering, identity) for identity in shared],
    )


def _benchmark(
    name: str,
    languages: Sequence[str],
    questions: Texts,
    paragraphs: Texts,
    asked: Sequence[tuple[str, str]],
    answers: Sequence[tuple[str, str]],
) -> Benchmark:
    """Put a benchmark together of questions and paragraphs, each given as language and the question's id."""
    groups = {identity: number for number, identity in enumerate(dict.fromkeys(identity for _, identity in asked))}
    candidates: dict[tuple[str, str], int] = {}
    gold = [candidates.setdefault((language, paragraphs[language][one]), len(candidates)) for language, one in answers]
    offsets, relevant = by_group([groups[one] for _, one in answers], gold, len(groups))
    return Benchmark(
        name=name,
        languages=tuple(languages),
        queries=[questions[language][one] for language, one in asked],
        query_language=np.array([languages.index(language) for language, _ in asked], np.int32),
        query_group=np.array([groups[one] for _, one in asked], np.int32),
        groups=list(groups),
        candidates=[text for _, text in candidates],
        candidate_language=np.array([languages.index(language) for language, _ in candidates], np.int32),
        relevant_offsets=offsets,
        relevant=relevant,
    )


def _fraction(identity: str) -> float:
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest()) / 2**64
