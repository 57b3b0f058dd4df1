"""What averages hide, in few numbers: quantiles of rank distance, and of where relevant passages land in the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.evaluation.settings import PAIR_SEPARATOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.bias.catalogue import LanguageBias
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


def pool_ranks(counts: Counts, benchmark: Benchmark) -> dict[str, Any]:
    """Return quantiles of the rank that relevant passages have in the pool of all languages.

    Args:
        counts: of the benchmark's scores. A passage's rank counts everything tied with it.
        benchmark: what was counted.

    Returns:
        "levels", and "by_pair": "de>en", the question's language first and the passage's own too, → one number a level.
    """
    question = np.repeat(np.arange(len(counts.offsets) - 1), np.diff(counts.offsets))
    asked, answered = benchmark.query_language[question], benchmark.candidate_language[counts.candidate]
    languages = benchmark.languages
    by_pair = {}
    for pair, rows in _parts(asked.astype(np.int64) * len(languages) + answered):
        asking, answering = divmod(pair, len(languages))
        name = f"{languages[asking]}{PAIR_SEPARATOR}{languages[answering]}"
        by_pair[name] = _quantiles(counts.pool_at_or_above[rows], RANK_LEVELS)
    return {"levels": list(RANK_LEVELS), "by_pair": by_pair}


def _quantiles(values: NDArray[np.number], levels: tuple[float, ...]) -> list[float]:
    return [round(float(value), 1) for value in np.quantile(values, levels)]


def _parts(part: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the rows of each part that has any."""
    order = np.argsort(part, kind="stable")
    present, starts = np.unique(part[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    return [(name, order[first:last]) for name, first, last in zip(present.tolist(), starts, ends, strict=False)]
