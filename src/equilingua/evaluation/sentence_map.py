"""A map of parallel sentences: a small, fixed sample of a benchmark's translations, projected to two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation.record import SentenceMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

# With eleven languages 330 points: a map that still can be read.
GROUPS = 30
_DIGITS = 4


def sentence_map(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], benchmark: Benchmark, groups: int = GROUPS
) -> SentenceMap | None:
    """Project the translations of some sentences to their two principal components.

    The sample depends on the benchmark alone: of the groups in the most languages some at even distances, each with one
    text a language, passages where groups have relevant ones in several languages, else questions. The axes are those
    of the sample's own vectors, so that maps of two encoders may be turned against each other.

    Args:
        queries: float32 [questions, dim], unit length.
        candidates: float32 [candidates, dim], unit length.
        benchmark: what they are the vectors of.
        groups: at most so many.

    Returns:
        The map; None if nothing in the benchmark is parallel.
    """
    for texts, vectors, rows in (
        ("passages", candidates, _passages(benchmark)),
        ("questions", queries, _questions(benchmark)),
    ):
        chosen = _sample(rows, groups)
        if len(chosen):
            sampled = rows[chosen]
            kept = np.flatnonzero((sampled >= 0).any(axis=0))
            names = tuple(benchmark.groups[group] for group in chosen)
            languages = tuple(benchmark.languages[code] for code in kept)
            return _project(texts, names, languages, vectors, sampled[:, kept])
    return None


def _passages(benchmark: Benchmark) -> NDArray[np.int64]:
    """Return the first relevant candidate [groups, languages] of each group in each language; -1 where none is."""
    group = np.repeat(np.arange(len(benchmark.groups)), np.diff(benchmark.relevant_offsets))
    return _first(group, benchmark.candidate_language[benchmark.relevant], benchmark.relevant, benchmark)


def _questions(benchmark: Benchmark) -> NDArray[np.int64]:
    every = np.arange(len(benchmark.queries))
    return _first(benchmark.query_group.astype(np.int64), benchmark.query_language, every, benchmark)


def _first(
    group: NDArray[np.int64], language: NDArray[np.int32], row: NDArray[np.int64], benchmark: Benchmark
) -> NDArray[np.int64]:
    rows = np.full((len(benchmark.groups), len(benchmark.languages)), -1, np.int64)
    # Backwards, so that the first of several stays.
    rows[group[::-1], language[::-1]] = row[::-1]
    return rows


def _sample(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Choose groups of distinct texts in as many languages as any has, at even distances; none if that is only one."""
    spread = (rows >= 0).sum(axis=1)
    if not len(spread) or spread.max() < 2:
        return np.zeros(0, np.int64)
    fullest = np.flatnonzero(spread == spread.max())
    # Several questions may be answered by one sentence, which would lie on itself.
    _, first = np.unique(rows[fullest], axis=0, return_index=True)
    distinct = fullest[np.sort(first)]
    places = np.linspace(0, len(distinct) - 1, min(most, len(distinct))).round().astype(np.int64)
    chosen: NDArray[np.int64] = distinct[places]
    return chosen


def _project(
    texts: str,
    names: tuple[str, ...],
    languages: tuple[str, ...],
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> SentenceMap:
    group, language = np.nonzero(rows >= 0)
    sampled = vectors[rows[group, language]].astype(np.float64)
    centred = sampled - sampled.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    axes = min(2, len(strengths))
    coordinates = np.zeros((len(sampled), 2))
    coordinates[:, :axes] = left[:, :axes] * strengths[:axes]
    # An axis may point either way: let the farthest point be on its positive side, of equally far ones the first.
    farthest = coordinates[np.abs(coordinates).round(_DIGITS).argmax(axis=0), [0, 1]]
    coordinates *= np.where(farthest < 0, -1.0, 1.0)
    variance = np.append(strengths**2, 0.0)
    whole = float(variance.sum()) or 1.0
    points = np.full((len(languages), len(names), 2), np.nan)
    points[language, group] = coordinates
    parallel, same = _nearest(sampled, group, language)
    return SentenceMap.model_validate(
        {
            "texts": texts,
            "groups": list(names),
            "points": {
                # Adding 0 turns −0 into 0.
                code: [None if np.isnan(point[0]) else (point.round(_DIGITS) + 0.0).tolist() for point in row]
                for code, row in zip(languages, points, strict=True)
            },
            "explained": [round(float(share) / whole, _DIGITS) for share in variance[:2]],
            "nearest": {"parallel": round(parallel, _DIGITS), "same_language": round(same, _DIGITS)},
        }
    )


def _nearest(vectors: NDArray[np.float64], group: NDArray[np.intp], language: NDArray[np.intp]) -> tuple[float, float]:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    nearest = scores.argmax(axis=1)
    return float(np.mean(group[nearest] == group)), float(np.mean(language[nearest] == language))
