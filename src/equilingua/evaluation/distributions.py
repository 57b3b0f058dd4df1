"""What averages hide, in few numbers: quantiles of rank distance, and of where relevant passages land in the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.evaluation.settings import PAIR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.bias.language_bias import LanguageBias
    from equilingua.evaluation.counting import Counts

# Every twentieth: enough to draw a distribution, and few enough to keep for each language.
DISTANCE_LEVELS = tuple(round(place / 20, 2) for place in range(21))
RANK_LEVELS = (0.25, 0.5, 0.75)


def rank_distances(bias: LanguageBias) -> dict[str, Any]:
    """Return quantiles of the rank distance over the answered questions, and over those in each language.

    Args:
        bias: with the figure "rank_distance".

    Returns:
        "levels", "overall" and "by_language", code → one number a level; null and no key where too few are answered.
    """
    distance, silent = bias.values["rank_distance"], bias.silent()
    found = {
        bias.part_names[part]: _quantiles(distance[rows][bias.answered[rows]], DISTANCE_LEVELS)
        for part, rows in _parts(bias.part)
        if bias.part_names[part] not in silent
    }
    return {
        "levels": list(DISTANCE_LEVELS),
        "overall": _quantiles(distance[bias.answered], DISTANCE_LEVELS) if found and not silent else None,
        "by_language": found,
    }


@dataclass(frozen=True)
class PoolRanks:
    """How often relevant passages have which rank in the pool of all languages, by pair of languages.

    A passage's rank counts everything tied with it.

    Attributes:
        languages: codes.
        pair: int64 [n], question's language · languages + passage's language, ascending.
        rank: int64 [n], ascending within a pair.
        number: int64 [n], how many passages of that pair have that rank.
    """

    languages: tuple[str, ...]
    pair: NDArray[np.int64]
    rank: NDArray[np.int64]
    number: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Counts, benchmark: Benchmark) -> PoolRanks:
        """Take them from counts."""
        question = np.repeat(np.arange(len(counts.offsets) - 1), np.diff(counts.offsets))
        asked, answered = benchmark.query_language[question], benchmark.candidate_language[counts.candidate]
        pair = asked.astype(np.int64) * len(benchmark.languages) + answered
        return cls._added(benchmark.languages, pair, counts.pool_at_or_above, np.ones(len(pair), np.int64))

    @classmethod
    def joined(cls, parts: Sequence[PoolRanks]) -> PoolRanks:
        """Add up those of several parts of a benchmark's questions."""
        if len(parts) == 1:
            return parts[0]
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("pair", "rank", "number"))
        return cls._added(parts[0].languages, *columns)

    @classmethod
    def _added(
        cls,
        languages: tuple[str, ...],
        pair: NDArray[np.int64],
        rank: NDArray[np.integer],
        number: NDArray[np.int64],
    ) -> PoolRanks:
        keys, place = np.unique((pair << 32) | rank, return_inverse=True)
        # Whole numbers, and so far below 2**53 that a double holds them.
        numbers = np.bincount(place, number, len(keys)).astype(np.int64)
        return cls(languages, keys >> 32, keys & (2**32 - 1), numbers)

    def to_json(self) -> dict[str, Any]:
        """Return "levels", and "by_pair": "de>en", the question's language first, → the rank at each level."""
        by_pair = {}
        for pair, rows in _parts(self.pair):
            asking, answering = divmod(pair, len(self.languages))
            name = f"{self.languages[asking]}{PAIR_SEPARATOR}{self.languages[answering]}"
            by_pair[name] = _counted_quantiles(self.rank[rows], self.number[rows], RANK_LEVELS)
        return {"levels": list(RANK_LEVELS), "by_pair": by_pair}


def _counted_quantiles(values: NDArray[np.int64], number: NDArray[np.int64], levels: tuple[float, ...]) -> list[float]:
    """Return what `_quantiles` returns of ascending values of which each is there so many times."""
    ends = np.cumsum(number)
    place = np.array(levels) * (ends[-1] - 1)
    lower, upper = (values[np.searchsorted(ends, way(place), "right")] for way in (np.floor, np.ceil))
    return [round(value, 1) for value in (lower + (upper - lower) * (place - np.floor(place))).tolist()]


def _quantiles(values: NDArray[np.number], levels: tuple[float, ...]) -> list[float]:
    return [round(float(value), 1) for value in np.quantile(values, levels)]


def _parts(part: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the rows of each part that has any."""
    order = np.argsort(part, kind="stable")
    present, starts = np.unique(part[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    return [(name, order[first:last]) for name, first, last in zip(present.tolist(), starts, ends, strict=False)]
