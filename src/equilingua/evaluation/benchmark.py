"""What an encoder is measured on: questions, candidates in several languages, and which answers which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus import load, registry, specs
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.corpus.sources.squad import SquadParagraph

TEST_SPLIT = "test"


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Questions, and the candidates of all languages in one pool.

    Attributes:
        name: what results are reported under.
        languages: distinct BCP-47 codes; every `*_language` array indexes it.
        queries: the questions, in any order.
        query_language: int32 [queries].
        query_group: int32 [queries] index into `groups`, shared by the translations of one question.
        groups: names of the groups.
        candidates: the passages, ordered by language; repeated texts are candidates of their own.
        candidate_language: int32 [candidates], ascending.
        relevant_offsets: int64 [groups + 1].
        relevant: int64 [relevant_offsets[-1]]; the candidates relevant to group g, ascending and distinct, are
            `relevant[relevant_offsets[g]:relevant_offsets[g + 1]]`.

    Raises:
        DataError: the arrays contradict each other; the message names the attribute.
    """

    name: str
    languages: tuple[str, ...]
    queries: list[str]
    query_language: NDArray[np.int32]
    query_group: NDArray[np.int32]
    groups: list[str]
    candidates: list[str]
    candidate_language: NDArray[np.int32]
    relevant_offsets: NDArray[np.int64]
    relevant: NDArray[np.int64]

    def __post_init__(self) -> None:
        self._require(len(self.queries) > 0, "queries", "there is no question")
        self._require(len(self.candidates) > 0, "candidates", "there is no candidate")
        self._require(len(set(self.languages)) == len(self.languages), "languages", "a code is there twice")
        self._require_indices("query_language", self.query_language, len(self.queries), len(self.languages))
        self._require_indices("query_group", self.query_group, len(self.queries), len(self.groups))
        self._require_indices("candidate_language", self.candidate_language, len(self.candidates), len(self.languages))
        self._require(bool((np.diff(self.candidate_language) >= 0).all()), "candidate_language", "is not ascending")
        offsets = self.relevant_offsets
        fits = len(offsets) == len(self.groups) + 1 and offsets[0] == 0 and offsets[-1] == len(self.relevant)
        self._require(bool(fits and (np.diff(offsets) >= 0).all()), "relevant_offsets", "does not divide `relevant`")
        self._require_indices("relevant", self.relevant, len(self.relevant), len(self.candidates))
        # Ascending everywhere but where a new group begins.
        falls = np.flatnonzero(np.diff(self.relevant) <= 0) + 1
        self._require(bool(np.isin(falls, offsets).all()), "relevant", "is not ascending and distinct within a group")

    @cached_property
    def candidate_offsets(self) -> NDArray[np.int64]:
        """int64 [languages + 1]: the candidates of language l are `offsets[l]` to `offsets[l + 1] - 1`."""
        return np.searchsorted(self.candidate_language, np.arange(len(self.languages) + 1)).astype(np.int64)

    def relevant_to_queries(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lay out the relevant candidates of every question one after the other.

        Returns:
            offsets int64 [queries + 1] and candidates int64 [offsets[-1]], ascending within a question.
        """
        sizes = np.diff(self.relevant_offsets)[self.query_group]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        starts = self.relevant_offsets[self.query_group]
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
        return offsets, self.relevant[places]

    def _require(self, holds: bool, attribute: str, problem: str) -> None:
        if not holds:
            raise DataError(f"benchmark '{self.name}': {attribute}: {problem}")

    def _require_indices(self, attribute: str, values: NDArray[np.integer], length: int, limit: int) -> None:
        self._require(values.shape == (length,), attribute, f"has shape {values.shape}, expected ({length},)")
        inside = not length or (values.min() >= 0 and values.max() < limit)
        self._require(bool(inside), attribute, f"holds an index outside 0 to {limit - 1}")


def load_benchmark(name_or_path: str | Path, languages: Iterable[str] | None = None) -> Benchmark:
    """Load a benchmark by name, or make one of a parallel corpus.

    Args:
        name_or_path: `xquad-r` or `mlqa-r` (candidates are all sentences of all paragraphs), any registered corpus
            (its test split where it has one), or a file of parallel pairs.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: an unknown set or language.
        DataError: the set cannot be had, or a file is malformed or empty.
    """
    name = check_name(name_or_path)
    languages = None if languages is None else list(languages)
    if not load.is_path(name_or_path) and registry.find(name).provision == "fetched":
        return from_documents(name, load.load_documents(name, languages))
    has_test = not load.is_path(name_or_path) and TEST_SPLIT in registry.find(name).splits
    split = TEST_SPLIT if has_test else None
    return from_corpus(name, load.load_corpus(name_or_path, split=split, languages=languages))


def check_name(name_or_path: str | Path) -> str:
    """Return the name to report a benchmark under, without loading anything.

    Raises:
        UsageError: neither a registered set nor a file that exists.
    """
    if not load.is_path(name_or_path):
        if str(name_or_path) not in registry.sets():
            raise unknown_name("benchmark", str(name_or_path), registry.sets())
        return str(name_or_path)
    if specs.is_spec(name_or_path):
        return str(name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give a registered set or a {', '.join(load.SUFFIXES)} file of pairs")
    return str(path)


def from_documents(name: str, documents: Mapping[str, Sequence[SquadParagraph]]) -> Benchmark:
    """Make a benchmark of paragraphs with questions: every sentence is a candidate, duplicates included.

    Relevant is the sentence that holds the start of the answer. A question's translations share its id.

    Args:
        name: what results are reported under.
        documents: language code → paragraphs.

    Raises:
        DataError: an answer starts in no sentence, or there is no question.
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
        for paragraph in documents[language]:
            first = len(candidates)
            candidates.extend(paragraph.sentences)
            candidate_language.extend([code] * len(paragraph.sentences))
            for question in paragraph.questions:
                sentence = paragraph.sentence_at(question.answer_start)
                if sentence is None:
                    raise DataError(f"{name}: {language}: question {question.id}: its answer starts in no sentence")
                queries.append(question.text)
                query_language.append(code)
                query_group.append(groups.setdefault(question.id, len(groups)))
                gold.append(first + sentence)
    offsets, relevant = _by_group(query_group, gold, len(groups))
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


def from_corpus(name: str, corpus: ParallelCorpus) -> Benchmark:
    """Make a benchmark of parallel pairs: every query against the passages, all of its group's being relevant.

    Pairs of one language that share a passage id share one candidate, so that a passage never competes with itself.

    Args:
        name: what results are reported under.
        corpus: the pairs.

    Raises:
        DataError: the corpus is empty.
    """
    keys = np.stack([corpus.language_codes.astype(np.int64), corpus.passage_codes])
    distinct, rows, candidate_of_row = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    offsets, relevant = _by_group(corpus.group_codes, candidate_of_row.ravel(), len(corpus.groups))
    return Benchmark(
        name=name,
        languages=tuple(corpus.languages),
        queries=corpus.queries(np.arange(len(corpus))),
        query_language=corpus.language_codes,
        query_group=corpus.group_codes,
        groups=corpus.groups,
        candidates=corpus.passages(rows),
        candidate_language=distinct[0].astype(np.int32),
        relevant_offsets=offsets,
        relevant=relevant,
    )


def _by_group(group: ArrayLike, candidate: ArrayLike, groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn parallel arrays of groups and candidates into offsets and distinct ascending candidates of each group."""
    pairs = np.unique(np.stack([np.asarray(group, np.int64), np.asarray(candidate, np.int64)]), axis=1)
    return np.searchsorted(pairs[0], np.arange(groups + 1)).astype(np.int64), pairs[1]
