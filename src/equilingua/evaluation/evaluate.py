"""Measure an encoder: encode each text once, score once, derive every figure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from equilingua.errors import UsageError
from equilingua.evaluation import posthoc as posthocs
from equilingua.evaluation import ranking, vectors
from equilingua.evaluation.benchmark import Benchmark, check_name, load_benchmark
from equilingua.evaluation.counting import count
from equilingua.evaluation.results import Evaluation, Result
from equilingua.evaluation.settings import language_bias, settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from sentence_transformers import SentenceTransformer

# Called with a stage's name, how many of its texts were done since the last call, and how many it has.
Progress = Callable[[str, int, int], None]


def evaluate(
    encoder: str | SentenceTransformer,
    benchmark: str | Path | Benchmark | Sequence[str | Path | Benchmark],
    posthoc: str | None = None,
    *,
    name: str | None = None,
    languages: Iterable[str] | None = None,
    device: str | None = None,
    precision: Literal["auto", "bfloat16", "float32"] = "auto",
    progress: Progress | None = None,
) -> Evaluation:
    """Measure an encoder in the three settings, with language bias.

    Args:
        encoder: loaded, or what `equilingua.encoder.load.load` takes.
        benchmark: one or more, loaded or by name; every name is checked before anything is loaded.
        posthoc: what to do to the vectors first; see `equilingua.evaluation.posthoc`.
        name: what to call the encoder in results; by default the name that it was given by.
        languages: BCP-47 codes to keep, of benchmarks given by name; None means all.
        device: where to load the encoder to.
        precision: of matrix products while encoding.
        progress: told about stages.

    Raises:
        UsageError: an unknown benchmark, language, encoder or posthoc.
        DataError: a benchmark cannot be had, or the encoder gives vectors that cannot be ranked.
    """
    posthocs.find(posthoc)
    loaded = load_all([benchmark] if isinstance(benchmark, str | Path | Benchmark) else benchmark, languages)
    if isinstance(encoder, str):
        from equilingua.encoder.load import load

        name = name or encoder
        encoder = load(encoder, device=device)
    results: dict[str, Result] = {}
    for one in loaded:
        started = time.perf_counter()
        queries, candidates = _encode(encoder, one, precision, progress)
        seconds = time.perf_counter() - started
        results[one.name] = evaluate_vectors(
            queries, candidates, one, posthoc, encode_seconds=seconds, progress=progress
        )
    return Evaluation(name or type(encoder).__name__, posthoc, results)


def load_all(benchmarks: Sequence[str | Path | Benchmark], languages: Iterable[str] | None = None) -> list[Benchmark]:
    """Load benchmarks by name, each name checked before any is loaded; loaded ones are left as they are.

    Raises:
        UsageError: an unknown benchmark or language, a name given twice, or none at all.
        DataError: a benchmark cannot be had.
    """
    names = [one.name if isinstance(one, Benchmark) else check_name(one) for one in benchmarks]
    if not names:
        raise UsageError("no benchmark is named: give at least one")
    if len(set(names)) < len(names):
        raise UsageError(f"a benchmark is named twice: {', '.join(names)}")
    kept = None if languages is None else list(languages)
    return [one if isinstance(one, Benchmark) else load_benchmark(one, kept) for one in benchmarks]


def evaluate_vectors(
    query_vectors: ArrayLike,
    candidate_vectors: ArrayLike,
    benchmark: Benchmark,
    posthoc: str | None = None,
    *,
    encode_seconds: float = 0.0,
    progress: Progress | None = None,
) -> Result:
    """Measure vectors, from any encoder.

    Args:
        query_vectors: [questions, dim], compared by cosine.
        candidate_vectors: [candidates, dim].
        benchmark: what they are the vectors of.
        posthoc: what to do to the vectors first.
        encode_seconds: what encoding took, for the record.
        progress: told about the scoring.

    Raises:
        UsageError: an unknown posthoc.
        DataError: a vector is missing, zero or not finite, or the two sides differ in size.
    """
    transform = posthocs.find(posthoc)
    started = time.perf_counter()
    queries = vectors.unit(query_vectors, len(benchmark.queries), "question")
    candidates = vectors.unit(candidate_vectors, len(benchmark.candidates), "candidate")
    vectors.check_dimensions(queries, candidates)
    if transform is not None:
        queries, candidates = transform(queries, candidates, benchmark)
    counts = count(queries, candidates, benchmark, progress=_stage(progress, "scoring", benchmark, len(queries)))
    own, pool = ranking.by_language(counts, benchmark), ranking.pooled(counts)
    measured, bias = settings(own, pool, benchmark), language_bias(counts, pool, benchmark)
    return Result(benchmark, measured, bias, encode_seconds, time.perf_counter() - started)


def _encode(
    encoder: SentenceTransformer,
    benchmark: Benchmark,
    precision: Literal["auto", "bfloat16", "float32"],
    progress: Progress | None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from equilingua.encoder.encode import encode

    report = _stage(progress, "encoding", benchmark, len(benchmark.queries) + len(benchmark.candidates))
    queries = encode(encoder, benchmark.queries, "query", precision=precision, progress=report)
    return queries, encode(encoder, benchmark.candidates, "passage", precision=precision, progress=report)


def _stage(progress: Progress | None, stage: str, benchmark: Benchmark, total: int) -> Callable[[int], None] | None:
    if progress is None:
        return None
    return lambda done: progress(f"{stage} {benchmark.name}", done, total)
