"""The one pass over all scores: where each relevant candidate stands, and which candidates stand first."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation import order
from equilingua.evaluation.scores import VectorScores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.scores import ScoreSource

# Enough questions at once for the matrix product to run at full speed, also on a million candidates.
BLOCK_BYTES = 256 * 2**20
# Questions that a thread counts at once: their scores should stay in the processor's cache.
SLICE_BYTES = 2 * 2**20
# How many of the best candidates are kept.
TOP = 100


@dataclass(frozen=True)
class Lists:
    """What stands first in every question's list.

    Attributes:
        listed: int64 [questions], candidates that were retrieved: whose score is not -inf.
        top: int32 [questions, min(100, candidates)], the best candidates of all languages, best first; of equal scores
            the one with the lower number is first.
        top_scores: float32, like `top`.
    """

    listed: NDArray[np.int64]
    top: NDArray[np.int32]
    top_scores: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: Sequence[Lists]) -> Lists:
        """Put the lists of some questions behind those of others."""
        names = [field.name for field in fields(Lists)]
        return Lists(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Counts(Lists):
    """What every metric and bias figure is derived from.

    An *entry* is a question with one of its relevant candidates. Entries lie question by question, and by ascending
    candidate within one. "At or above" includes the relevant candidate itself.

    Attributes:
        offsets: int64 [questions + 1]; entries of question q are `offsets[q]` to `offsets[q + 1] - 1`.
        candidate: int64 [entries].
        score: float32 [entries].
        pool_at_or_above: int32 [entries], among the candidates of all languages.
        pool_above: int32 [entries].
        own_at_or_above: int32 [entries], among the candidates of the relevant candidate's own language.
        own_above: int32 [entries].
        best: float32 [questions, languages], the highest score in each language; -inf where it has no candidate.
        total: float64 [questions, languages], the sum of the scores in each language.
    """

    offsets: NDArray[np.int64]
    candidate: NDArray[np.int64]
    score: NDArray[np.float32]
    pool_at_or_above: NDArray[np.int32]
    pool_above: NDArray[np.int32]
    own_at_or_above: NDArray[np.int32]
    own_above: NDArray[np.int32]
    best: NDArray[np.float32]
    total: NDArray[np.float64]


def count(
    scores: ScoreSource,
    benchmark: Benchmark,
    *,
    questions: slice = slice(None),
    keep: int = TOP,
    block_bytes: int = BLOCK_BYTES,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Score every question against every candidate, block by block, and keep counts and the best candidates only.

    A block of questions is scored at once, then counted in slices by several threads. The candidates of a question that
    reach its hundredth best or so are sorted, which settles the top and the relevant candidates among them; for
    relevant candidates further down everything above is counted. Memory grows with questions + candidates, not with
    their product.

    Args:
        scores: where scores come from.
        benchmark: says what is relevant, and in which languages.
        questions: which of the benchmark's to count for.
        keep: how many of the best candidates to return.
        block_bytes: memory for the scores of one block.
        threads: that count; None means one for each usable core. The matrix products are threaded by their library.
        progress: called with the number of questions done since the last call.

    Raises:
        DataError: a score is NaN, or there are not as many vectors as questions and candidates.
    """
    counter = _Counter(benchmark, scores, questions, keep)
    begin, end, _ = questions.indices(len(benchmark.queries))
    size = min(max(1, block_bytes // (4 * counter.layout.width)), end - begin)
    slice_size = min(max(1, SLICE_BYTES // (4 * counter.layout.width)), order.most_rows(counter.layout.width))
    memory = np.empty((size, counter.layout.width), np.float32)
    memory[:, counter.layout.candidates :] = -np.inf
    with ThreadPoolExecutor(threads or _usable_cores()) as pool:
        for start in range(begin, end, size):
            block = memory[: min(size, end - start)]
            scores.block(start, start + len(block), block[:, : counter.layout.candidates])
            done = start - begin
            slices = [(block[first : first + slice_size], done + first) for first in range(0, len(block), slice_size)]
            # A list, so that an error in a thread is raised here.
            list(pool.map(counter.count, *zip(*slices, strict=True)))
            if progress is not None:
                progress(len(block))
    return counter.counts


class _Counter:
    """Fills the arrays of `Counts`, slice by slice; slices are of different questions, so threads share it safely."""

    def __init__(self, whole: Benchmark, scores: ScoreSource, asked: slice, keep: int) -> None:
        if isinstance(scores, VectorScores):
            scores.check(len(whole.queries), len(whole.candidates))
        asked = slice(*asked.indices(len(whole.queries))[:2])
        benchmark, self.first = whole.part(asked), asked.start
        questions, languages = len(benchmark.queries), len(benchmark.languages)
        self.layout = order.Grouping.of(len(benchmark.candidates), keep)
        self.name = benchmark.name
        self.language = benchmark.candidate_language
        self.bounds = benchmark.candidate_offsets
        self.add_up = not isinstance(scores, VectorScores)
        offsets, candidate = benchmark.relevant_to_queries()
        entries, best = len(candidate), self.layout.kept
        self.counts = Counts(
            offsets=offsets,
            candidate=candidate,
            score=np.empty(entries, np.float32),
            pool_at_or_above=np.empty(entries, np.int32),
            pool_above=np.empty(entries, np.int32),
            own_at_or_above=np.empty(entries, np.int32),
            own_above=np.empty(entries, np.int32),
            best=np.full((questions, languages), -np.inf, np.float32),
            total=scores.totals(self.bounds, asked)
            if isinstance(scores, VectorScores)
            else np.zeros((questions, languages)),
            listed=np.full(questions, 0 if self.add_up else len(benchmark.candidates)),
            top=np.empty((questions, best), np.int32),
            top_scores=np.empty((questions, best), np.float32),
        )

    def count(self, block: NDArray[np.float32], start: int) -> None:
        """Count a slice.

        Args:
            block: float32 [questions of the slice, width of the layout].
            start: its first question, of those that are counted for.
        """
        counts, rows = self.counts, slice(start, start + len(block))
        self._by_language(block, rows)
        found = order.survivors(block, self.layout)
        counts.top[rows], counts.top_scores[rows] = found.best()
        entries = slice(counts.offsets[start], counts.offsets[start + len(block)])
        candidate = counts.candidate[entries]
        row = np.repeat(np.arange(len(block)), np.diff(counts.offsets[start : start + len(block) + 1]))
        score = block[row, candidate]
        counts.score[entries] = score
        counted = order.count_above(block, found, order.Entries(row, candidate, score), self.language, self.bounds)
        (counts.pool_at_or_above[entries], counts.own_at_or_above[entries]) = counted[0]
        (counts.pool_above[entries], counts.own_above[entries]) = counted[1]

    def _by_language(self, block: NDArray[np.float32], rows: slice) -> None:
        for language, (first, last) in enumerate(zip(self.bounds[:-1], self.bounds[1:], strict=True)):
            if first == last:
                continue
            part = block[:, first:last]
            self.counts.best[rows, language] = part.max(axis=1)
            if self.add_up:
                self.counts.total[rows, language] = part.sum(axis=1, dtype=np.float64)
                self.counts.listed[rows] += np.count_nonzero(part > -np.inf, axis=1)
        # A maximum is NaN exactly if one of the scores is.
        bad = np.argwhere(np.isnan(self.counts.best[rows]))
        if len(bad):
            question, language = bad[0]
            candidate = self.bounds[language] + np.isnan(block[question, self.bounds[language] :]).argmax()
            where = f"benchmark '{self.name}': question {self.first + rows.start + question}, candidate {candidate}"
            raise DataError(f"{where}: the score is NaN: check what scored them")


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
