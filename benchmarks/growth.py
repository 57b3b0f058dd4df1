"""How time and memory grow with the pool: scoring, every metric and every bias figure, on synthetic unit vectors.

`python -m benchmarks.growth [--pools 10000,100000,1000000] [--questions 1000] [--rounds 3] [--json FILE]`

Both should follow a straight line: each candidate costs one product a question and its own vector in memory, and the
matrix of scores is never held. The line is fitted by least squares of the relative error, so that every pool counts the
same; a ratio of 1 is on the line, above 1 is better than it. Each pool is measured in a process of its own, whose peak
memory is the system's figure: Python, numpy and the vectors included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import Record, Row
from equilingua.evaluation import ranking
from equilingua.evaluation.benchmarks.benchmark import Benchmark
from equilingua.evaluation.bias.language_bias import language_bias
from equilingua.evaluation.counting import count
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.settings import settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIM = 384
LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi")
GIB = 2**30
# So that relevant candidates stand at all depths: a cosine of 0.15, where others reach 0.2 by chance.
_LEAN = np.float32(0.15)
# Vectors made at once, so that making them needs no memory to speak of.
_CHUNK = 10_000


@dataclass(frozen=True)
class Cost:
    """What one pool cost.

    Attributes:
        candidates: in the pool.
        seconds: of the median round.
        peak: bytes of memory, at most, of the whole process.
        mean_average_precision: a check that something was measured.
    """

    candidates: int
    seconds: float
    peak: int
    mean_average_precision: float


def synthetic(candidates: int, questions: int) -> tuple[Benchmark, VectorScores]:
    """Make a pool of as many candidates of each language, one of each being relevant to each question.

    A relevant candidate leans towards its question; everything else points anywhere.
    """
    generator = np.random.default_rng(0)
    queries = _unit(generator.standard_normal((questions, DIM), dtype=np.float32))
    vectors = np.empty((candidates, DIM), np.float32)
    for start in range(0, candidates, _CHUNK):
        part = vectors[start : start + _CHUNK]
        part[:] = _unit(generator.standard_normal(part.shape, dtype=np.float32))
    each = candidates // len(LANGUAGES)
    language = np.minimum(np.arange(candidates) // each, len(LANGUAGES) - 1).astype(np.int32)
    places = generator.permutation(each)[:questions]
    relevant = places[:, None] + np.arange(len(LANGUAGES)) * each
    for answers in relevant.T:
        vectors[answers] = _unit(vectors[answers] + _LEAN * queries)
    benchmark = Benchmark(
        name=f"{candidates} synthetic candidates",
        languages=LANGUAGES,
        queries=[""] * questions,
        query_language=(np.arange(questions) % len(LANGUAGES)).astype(np.int32),
        query_group=np.arange(questions, dtype=np.int32),
        groups=[""] * questions,
        candidates=[""] * candidates,
        candidate_language=language,
        relevant_offsets=np.arange(questions + 1) * len(LANGUAGES),
        relevant=relevant.ravel(),
    )
    return benchmark, VectorScores(queries, vectors)


def measure(candidates: int, questions: int, rounds: int) -> Cost:
    """Measure one pool, in the process that this is called in."""
    benchmark, scores = synthetic(candidates, questions)
    seconds, found = [], 0.0
    for _ in range(rounds):
        started = time.perf_counter()
        counts = count(scores, benchmark)
        own, pool = ranking.by_language(counts, benchmark), ranking.pooled(counts)
        found = settings(own, pool, benchmark)["multilingual"].mean()["map"]
        language_bias(counts, pool, benchmark)
        seconds.append(time.perf_counter() - started)
    # KiB on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return Cost(candidates, statistics.median(seconds), peak, found)


def line(sizes: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the straight line through values of some sizes with the least squared relative error, at those sizes."""
    slope, start = np.polyfit(sizes, values, 1, w=1 / values)
    return sizes * float(slope) + float(start)


def run(pools: list[int], questions: int, rounds: int) -> Record:
    """Measure every pool in a fresh process and hold time and memory against their lines."""
    costs = []
    for candidates in pools:
        print(f"{candidates:,} candidates ...", flush=True)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
            costs.append(fresh.submit(measure, candidates, questions, rounds).result())
    sizes = np.array(pools, np.float64)
    seconds = np.array([cost.seconds for cost in costs], np.float64)
    memory = np.array([cost.peak / GIB for cost in costs], np.float64)
    rows, ratios = [Row("all pools", "questions", questions, "questions")], {}
    fitted = zip(costs, line(sizes, seconds), line(sizes, memory), strict=True)
    for cost, seconds_on_line, memory_on_line in fitted:
        name = f"{cost.candidates:,} candidates"
        rows += [
            Row(name, "time", cost.seconds, "s"),
            Row(name, "time on the line", float(seconds_on_line), "s"),
            Row(name, "peak memory", cost.peak / GIB, "GiB"),
            Row(name, "memory on the line", float(memory_on_line), "GiB"),
            Row(name, "of it vectors", cost.candidates * DIM * 4 / GIB, "GiB"),
            Row(name, "mAP", cost.mean_average_precision, "mAP"),
        ]
        ratios[f"time_line_over_measured_{cost.candidates}"] = float(seconds_on_line / cost.seconds)
        ratios[f"memory_line_over_measured_{cost.candidates}"] = float(memory_on_line * GIB / cost.peak)
    return Record("growth", rows, ratios, goals={})


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return vectors / lengths[:, None]


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pools", default="10000,100000,1000000")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = run([int(pool) for pool in options.pools.split(",")], options.questions, options.rounds)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
