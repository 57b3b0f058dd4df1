"""What an encoder is measured on: questions, candidates in several languages, and which answers which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Questions, and the candidates of all languages in one pool.

    Attributes:
        name: what results are reported under.
        languages: distinct BCP-47 codes; every `*_language` array indexes it.
        queries: the questions, in any order.
        query_language: int32 [queries].
        query_group: int32 [queries] index into `groups`, shared by the translations of one question.
        groups: names of the groups; several of one name are the translations of one question, judged apart.
        candidates: the passages, ordered by language; repeated texts are candidates of their own.
        candidate_language: int32 [candidates], ascending.
        relevant_offsets: int64 [groups + 1].
        relevant: int64 [relevant_offsets[-1]]; the candidates relevant to group g, ascending and distinct, are
            `relevant[relevant_offsets[g]:relevant_offsets[g + 1]]`.
        query_ids: published ids of the questions, where there are any, as TREC files need them.
        candidate_ids: likewise of the candidates; unique within a language.
        pool_sizes: int64 [languages]; given where the pool was streamed and only what mattered of it is in
            `candidates`: how many candidates of each language were ranked.
        dropped: why, and how many, published items are not in it.
        texts: False where ids stand for texts that nobody has, so that runs alone can be measured on it.

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
    query_ids: Sequence[str] | None = None
    candidate_ids: Sequence[str] | None = None
    pool_sizes: NDArray[np.int64] | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    texts: bool = True

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
        for attribute, ids, texts in (
            ("query_ids", self.query_ids, self.queries),
            ("candidate_ids", self.candidate_ids, self.candidates),
        ):
            fits = ids is None or len(ids) == len(texts)
            self._require(fits, attribute, f"has not one id for each of {len(texts)} texts")
        if self.pool_sizes is not None:
            enough = self.pool_sizes.shape == (len(self.languages),) and (self.pool_sizes >= self._kept).all()
            self._require(bool(enough), "pool_sizes", "is less than the number of candidates of a language")

    @cached_property
    def candidate_offsets(self) -> NDArray[np.int64]:
        """int64 [languages + 1]: the candidates of language l are `offsets[l]` to `offsets[l + 1] - 1`."""
        return np.searchsorted(self.candidate_language, np.arange(len(self.languages) + 1)).astype(np.int64)

    @property
    def candidate_counts(self) -> NDArray[np.int64]:
        """int64 [languages]: candidates of each language that questions were ranked against."""
        return self._kept if self.pool_sizes is None else self.pool_sizes

    @property
    def _kept(self) -> NDArray[np.int64]:
        return np.diff(self.candidate_offsets)

    def blocks(self, most: int) -> list[slice]:
        """Divide the questions so that those of a block have at most so many relevant candidates together, if it goes.

        A group of n questions and n candidates has n² such pairs.
        """
        sizes = np.diff(self.relevant_offsets)[self.query_group]
        before = np.cumsum(sizes) - sizes
        starts = np.flatnonzero(np.diff(before // most, prepend=-1)).tolist()
        return [slice(first, last) for first, last in pairwise([*starts, len(self.queries)])]

    def part(self, questions: slice) -> Benchmark:
        """Return the benchmark of some questions, and of all candidates."""
        if questions == slice(0, len(self.queries)):
            return self
        ids = None if self.query_ids is None else self.query_ids[questions]
        return replace(
            self,
            queries=self.queries[questions],
            query_language=self.query_language[questions],
            query_group=self.query_group[questions],
            query_ids=ids,
        )

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


def by_group(group: ArrayLike, candidate: ArrayLike, groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn parallel arrays of groups and relevant candidates into what `Benchmark` keeps.

    Args:
        group: int [n] index of each judgement's group.
        candidate: int [n], the candidate relevant to it; a pair may be there more than once.
        groups: how many groups there are.

    Returns:
        `relevant_offsets` int64 [groups + 1] and `relevant`, distinct and ascending within a group.
    """
    relevant = np.asarray(candidate, np.int64)
    width = int(relevant.max(initial=-1)) + 1
    # One number a pair: numpy sorts rows of two numbers a hundred times slower.
    pairs = np.unique(np.asarray(group, np.int64) * width + relevant)
    return np.searchsorted(pairs, np.arange(groups + 1) * width).astype(np.int64), pairs % max(width, 1)
