"""The one pass over all scores: how many candidates rank at or above, and strictly above, each relevant one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmark import Benchmark

# Large enough for the matrix product to run at full speed on ten thousand candidates.
BLOCK_BYTES = 128 * 2**20
# Bits of one machine word: each language's columns fill whole words, so that a word never mixes two languages.
_WORD = 64
# Relevant candidates compared at once; bounds the mask for a question with very many.
_THRESHOLDS = 16


@dataclass(frozen=True)
class Counts:
    """What every metric and bias figure is derived from.

    An *entry* is a question with one of its relevant candidates. Entries lie question by question, and by ascending
    candidate within one. "At or above" includes the relevant candidate itself.

    Attributes:
        offsets: int64 [questions + 1]; entries of question q are `offsets[q]` to `offsets[q + 1] - 1`.
        candidate: int64 [entries].
        pool_at_or_above: int32 [entries], among the candidates of all languages.
        pool_above: int32 [entries].
        own_at_or_above: int32 [entries], among the candidates of the relevant candidate's own language.
        own_above: int32 [entries].
        best: float32 [questions, languages], the highest score in each language; -inf where it has no candidate.
    """

    offsets: NDArray[np.int64]
    candidate: NDArray[np.int64]
    pool_at_or_above: NDArray[np.int32]
    pool_above: NDArray[np.int32]
    own_at_or_above: NDArray[np.int32]
    own_above: NDArray[np.int32]
    best: NDArray[np.float32]


def count(
    query_vectors: NDArray[np.float32],
    candidate_vectors: NDArray[np.float32],
    benchmark: Benchmark,
    *,
    block_bytes: int = BLOCK_BYTES,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """Score every question against every candidate, block by block, and keep counts only.

    A block of questions costs one matrix product. Each relevant candidate's score is compared with all of its row, the
    outcomes are packed to bits, and the bits counted by word: of the simple ways the one that measured fastest (against
    it, row-wise `count_nonzero` took 1.7 times as long, `searchsorted` with `bincount` 7 times, torch's masks 100
    times). Memory grows with questions + candidates, not with their product.

    Args:
        query_vectors: float32 [questions, dim], unit length.
        candidate_vectors: float32 [candidates, dim], unit length.
        benchmark: says what is relevant, and in which languages.
        block_bytes: memory for the scores of one block.
        progress: called with the number of questions done since the last call.
    """
    lanes = _Lanes.of(benchmark)
    padded = np.zeros((lanes.width, candidate_vectors.shape[1]), np.float32)
    padded[lanes.columns] = candidate_vectors
    offsets, candidate = benchmark.relevant_to_queries()
    columns = lanes.columns[candidate]
    language = benchmark.candidate_language[candidate]
    # Axes: at or above / strictly above, all languages / own language, entry.
    counted = np.zeros((2, 2, len(candidate)), np.int32)
    best = np.empty((len(query_vectors), len(benchmark.languages)), np.float32)
    mask = np.empty((_THRESHOLDS, lanes.width), np.bool_)
    size = min(max(1, block_bytes // (4 * lanes.width)), len(query_vectors))
    memory = np.empty((size, lanes.width), np.float32)
    for start in range(0, len(query_vectors), size):
        asked = query_vectors[start : start + size]
        block = np.matmul(asked, padded.T, out=memory[: len(asked)])
        block[:, lanes.padding] = -np.inf
        best[start : start + size] = np.maximum.reduceat(block, lanes.words * _WORD, axis=1)
        for query, scores in enumerate(block, start):
            for first in range(offsets[query], offsets[query + 1], _THRESHOLDS):
                entries = slice(first, min(first + _THRESHOLDS, offsets[query + 1]))
                counted[:, :, entries] = lanes.count(scores, columns[entries], language[entries], mask)
        if progress is not None:
            progress(len(block))
    (pool_at_or_above, own_at_or_above), (pool_above, own_above) = counted
    return Counts(offsets, candidate, pool_at_or_above, pool_above, own_at_or_above, own_above, best)


@dataclass(frozen=True)
class _Lanes:
    """Columns of a block of scores: each language's candidates, padded to a whole number of machine words.

    Attributes:
        columns: int64 [candidates], where each candidate's score lies.
        padding: int64 [columns without a candidate].
        words: int64 [languages], the first word of each language.
        width: columns altogether.
    """

    columns: NDArray[np.int64]
    padding: NDArray[np.int64]
    words: NDArray[np.int64]
    width: int

    @classmethod
    def of(cls, benchmark: Benchmark) -> _Lanes:
        offsets = benchmark.candidate_offsets
        sizes = np.diff(offsets)
        # At least one word each: `reduceat` cannot express an empty range.
        words = np.maximum(1, -(-sizes // _WORD))
        starts = np.concatenate([[0], np.cumsum(words)])
        columns = np.arange(offsets[-1]) + np.repeat(starts[:-1] * _WORD - offsets[:-1], sizes)
        width = int(starts[-1]) * _WORD
        return cls(columns, np.setdiff1d(np.arange(width), columns), starts[:-1], width)

    def count(
        self,
        scores: NDArray[np.float32],
        relevant: NDArray[np.int64],
        language: NDArray[np.int32],
        mask: NDArray[np.bool_],
    ) -> NDArray[np.int32]:
        """Count the candidates at or above, and strictly above, some relevant ones.

        Args:
            scores: float32 [columns], of one question.
            relevant: int64 [entries], the columns of relevant candidates.
            language: int32 [entries], their languages.
            mask: bool [at least entries, columns], overwritten.

        Returns:
            int32 [at or above / strictly above, all languages / own language, entries].
        """
        counted = np.empty((2, 2, len(relevant)), np.int32)
        for way, compare in enumerate((np.greater_equal, np.greater)):
            outcome = compare(scores, scores[relevant, None], out=mask[: len(relevant)])
            bits = np.packbits(outcome, axis=1).view(np.uint64)
            by_language = np.add.reduceat(np.bitwise_count(bits), self.words, axis=1, dtype=np.int32)
            counted[way, 0] = by_language.sum(axis=1)
            counted[way, 1] = by_language[np.arange(len(relevant)), language]
        return counted
