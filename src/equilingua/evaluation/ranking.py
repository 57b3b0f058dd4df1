"""Ranked lists reduced to what metrics need of them: where the relevant candidates stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts

POOL = -1


@dataclass(frozen=True)
class Rankings:
    """Many lists, each a question's ranking of some candidates, with at least one relevant candidate.

    Entries are relevant candidates, best first within a list. Ties count against us: where candidates share a score,
    the ones that are not relevant are ranked before the relevant ones.

    Attributes:
        question: int64 [lists] index of the question.
        language: int64 [lists] index of the candidates' language; `POOL` where all languages are ranked together.
        offsets: int64 [lists + 1]; entries of list i are `offsets[i]` to `offsets[i + 1] - 1`.
        rank: int64 [entries], 1 for the top, ascending within a list.
        at_or_above: int64 [entries], candidates whose score is at least this one's, itself included.
        found: int64 [entries], relevant candidates among those.
    """

    question: NDArray[np.int64]
    language: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rank: NDArray[np.int64]
    at_or_above: NDArray[np.int64]
    found: NDArray[np.int64]

    @property
    def relevant(self) -> NDArray[np.int64]:
        """Number of relevant candidates of each list, int64 [lists]."""
        return np.diff(self.offsets)

    def total(self, values: ArrayLike) -> NDArray[np.float64]:
        """Add up values [entries] by list, float64 [lists]."""
        if not len(self.question):
            return np.zeros(0)
        summed: NDArray[np.float64] = np.add.reduceat(np.asarray(values, np.float64), self.offsets[:-1])
        return summed


def by_language(counts: Counts, benchmark: Benchmark) -> Rankings:
    """Rank each language's candidates on their own: one list for each question and language with a relevant one."""
    question = _question_of_entry(counts)
    language = benchmark.candidate_language[counts.candidate].astype(np.int64)
    return _rank(question, language, counts.own_at_or_above, counts.own_above)


def pooled(counts: Counts) -> Rankings:
    """Rank the candidates of all languages together: one list for each question with a relevant one."""
    question = _question_of_entry(counts)
    return _rank(question, np.full_like(question, POOL), counts.pool_at_or_above, counts.pool_above)


def _question_of_entry(counts: Counts) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(counts.offsets) - 1), np.diff(counts.offsets))


def _rank(
    question: NDArray[np.int64],
    language: NDArray[np.int64],
    at_or_above: NDArray[np.int32],
    above: NDArray[np.int32],
) -> Rankings:
    """Order entries within lists of one question and language, and settle their ties."""
    order = np.lexsort((above, language, question))
    question, language = question[order], language[order]
    counted, above = at_or_above[order].astype(np.int64), above[order]
    starts_list = _changes(question) | _changes(language)
    # Two relevant candidates of a list have the same number above them exactly if they have the same score.
    starts_tie = starts_list | _changes(above)
    place = np.arange(len(order))
    list_start = place[starts_list]
    tie_start = place[starts_tie]
    tie = np.cumsum(starts_tie) - 1
    tied = np.diff(tie_start, append=len(order))[tie]
    in_tie = place - tie_start[tie]
    return Rankings(
        question=question[list_start],
        language=language[list_start],
        offsets=np.append(list_start, len(order)),
        rank=counted - tied + in_tie + 1,
        at_or_above=counted,
        found=tie_start[tie] - list_start[np.cumsum(starts_list) - 1] + tied,
    )


def _changes(values: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell where a value differs from the one before it; the first does."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes
