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
    the ones that are not relevant are ranked before the relevant ones. What was not retrieved, whose score is -inf, has
    no rank, as for trec_eval: it counts as infinite, and so does the number at or above.

    Attributes:
        question: int64 [lists] index of the question.
        language: int64 [lists] index of the candidates' language; `POOL` where all languages are ranked together.
        offsets: int64 [lists + 1]; entries of list i are `offsets[i]` to `offsets[i + 1] - 1`.
        rank: float64 [entries], 1 for the top, ascending within a list.
        at_or_above: float64 [entries], candidates whose score is at least this one's, itself included.
        above: int64 [entries], candidates whose score is higher.
        found: int64 [entries], relevant candidates among those.
    """

    question: NDArray[np.int64]
    language: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rank: NDArray[np.float64]
    at_or_above: NDArray[np.float64]
    above: NDArray[np.int64]
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
    language = benchmark.candidate_language[counts.candidate].astype(np.int64)
    return _rank(counts, language, counts.own_at_or_above, counts.own_above)


def pooled(counts: Counts) -> Rankings:
    """Rank the candidates of all languages together: one list for each question with a relevant one."""
    return _rank(counts, np.full(len(counts.candidate), POOL), counts.pool_at_or_above, counts.pool_above)


def _rank(
    counts: Counts,
    language: NDArray[np.int64],
    at_or_above: NDArray[np.int32],
    above: NDArray[np.int32],
) -> Rankings:
    """Order entries within lists of one question and language, and settle their ties."""
    question = np.repeat(np.arange(len(counts.offsets) - 1), np.diff(counts.offsets))
    # Entries lie by question and language already. Of those that tie it does not matter which is first.
    among = np.cumsum(_changes(question) | _changes(language)) - 1
    order = np.argsort((among << 32) | above)
    question, language = question[order], language[order]
    counted, above = np.where(counts.score > -np.inf, at_or_above, np.inf)[order], above[order]
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
        above=above.astype(np.int64),
        found=tie_start[tie] - list_start[np.cumsum(starts_list) - 1] + tied,
    )


def _changes(values: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell where a value differs from the one before it; the first does."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes
