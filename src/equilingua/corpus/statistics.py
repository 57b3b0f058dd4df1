"""Counts and mean lengths of a set, and what its groups lack, as records for tables and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from equilingua.corpus import quality

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.formats.squad import SquadParagraph
    from equilingua.corpus.schema import ParallelCorpus


def of_corpus(parts: Mapping[str, ParallelCorpus]) -> dict[str, Any]:
    """Return pairs and mean lengths in characters by part, source and language, and by part what there is of groups.

    Of groups: how many have so many languages, how many lack each language, and how many pairs of each language have
    the passage of another one of their group word for word.

    Args:
        parts: the splits by name, or the whole corpus under one name.
    """
    return {
        "pairs": [
            {"split": name, "source": source, "language": language, **_lengths(rows)}
            for name, corpus in parts.items()
            for source in corpus.sources
            for rows_of_source in [corpus.where(sources=[source])]
            for language in rows_of_source.languages
            for rows in [rows_of_source.where(languages=[language])]
        ],
        "groups_by_languages": {name: groups_by_languages(corpus) for name, corpus in parts.items()},
        "groups_without": {name: groups_without(corpus) for name, corpus in parts.items()},
        "untranslated": {name: untranslated(corpus) for name, corpus in parts.items()},
    }


def groups_by_languages(corpus: ParallelCorpus) -> dict[int, int]:
    """Return how many groups have text in exactly so many languages."""
    if not len(corpus):
        return {}
    cells = np.unique(np.stack([corpus.group_codes, corpus.language_codes]), axis=1)
    spread = np.bincount(np.bincount(cells[0]))
    return {languages: int(groups) for languages, groups in enumerate(spread) if groups}


def groups_without(corpus: ParallelCorpus) -> dict[str, int]:
    """Return how many groups lack each language that others have, most first."""
    cells = np.unique(np.stack([corpus.group_codes, corpus.language_codes]), axis=1)
    lacking = len(corpus.groups) - np.bincount(cells[1], minlength=len(corpus.languages))
    return _most_first(corpus.languages, lacking)


def untranslated(corpus: ParallelCorpus) -> dict[str, int]:
    """Return how many pairs of each language have the passage of another one of their group, most first."""
    rows = quality.untranslated(corpus)
    return _most_first(corpus.languages, np.bincount(corpus.language_codes[rows], minlength=len(corpus.languages)))


def of_documents(documents: Mapping[str, Sequence[SquadParagraph]]) -> dict[str, Any]:
    """Return paragraphs, sentences, questions and mean lengths in characters by language."""
    rows = []
    for language, paragraphs in documents.items():
        sentences = [len(text) for paragraph in paragraphs for text in paragraph.sentences]
        questions = [len(question.text) for paragraph in paragraphs for question in paragraph.questions]
        rows.append(
            {
                "language": language,
                "paragraphs": len(paragraphs),
                "sentences": len(sentences),
                "questions": len(questions),
                "mean_sentence": round(float(np.mean(sentences)), 1) if sentences else 0.0,
                "mean_question": round(float(np.mean(questions)), 1) if questions else 0.0,
            }
        )
    return {"documents": rows}


def _most_first(languages: list[str], numbers: NDArray[np.int64]) -> dict[str, int]:
    order = np.argsort(-numbers, kind="stable")
    return {languages[code]: int(numbers[code]) for code in order if numbers[code]}


def _lengths(rows: ParallelCorpus) -> dict[str, int | float]:
    return {
        "pairs": len(rows),
        "mean_query": round(pc.mean(pc.utf8_length(rows.table["query"])).as_py(), 1),
        "mean_passage": round(pc.mean(pc.utf8_length(rows.table["passage"])).as_py(), 1),
    }
