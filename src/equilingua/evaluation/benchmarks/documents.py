"""Benchmarks of paragraphs with questions, as LAReQA's: every sentence is a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.corpus.formats.squad import SquadParagraph


def from_documents(
    name: str, documents: Mapping[str, Sequence[SquadParagraph]], *, paragraph: bool = False
) -> Benchmark:
    r"""Make a benchmark of paragraphs with questions: every sentence is a candidate, duplicates included.

    Relevant is the sentence that holds the start of the answer. A question's translations share its id.

    Args:
        name: what results are reported under.
        documents: language code → paragraphs.
        paragraph: let a candidate be its sentence followed by the paragraph that it is from, as LAReQA's encoder is
            given both (arXiv 2004.05484). They are joined by a line break, sentence first, so that an encoder that cuts
            long texts never cuts the sentence; LAReQA's had an input, or a segment, for each.

    Raises:
        DataError: an answer starts in no sentence, a question is there twice in one language, or there is no question.
    """
    languages = tuple(sorted(documents))
    queries: list[str] = []
    candidates: list[str] = []
    groups: dict[str, int] = {}
    query_language: list[int] = []
    query_group: list[int] = []
    candidate_language: list[int] = []
    gold: list[int] = []
    for code, language in enumerate(languages):
        asked: set[str] = set()
        for section in documents[language]:
            first = len(candidates)
            context = tidy(section.context)
            candidates.extend(f"{text}\n{context}" if paragraph else text for text in section.sentences)
            candidate_language.extend([code] * len(section.sentences))
            for question in section.questions:
                sentence = section.sentence_at(question.answer_start)
                if sentence is None:
                    raise DataError(f"{name}: {language}: question {question.id}: its answer starts in no sentence")
                if question.id in asked:
                    raise DataError(f"{name}: {language}: question {question.id} is there twice")
                asked.add(question.id)
                queries.append(question.text)
                query_language.append(code)
                query_group.append(groups.setdefault(question.id, len(groups)))
                gold.append(first + sentence)
    offsets, relevant = by_group(query_group, gold, len(groups))
    return Benchmark(
        name=name,
        languages=languages,
        queries=queries,
        query_language=np.array(query_language, np.int32),
        query_group=np.array(query_group, np.int32),
        groups=list(groups),
        candidates=candidates,
        candidate_language=np.array(candidate_language, np.int32),
        relevant_offsets=offsets,
        relevant=relevant,
    )
