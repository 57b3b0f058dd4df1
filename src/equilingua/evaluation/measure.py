"""From vectors or scores to every figure: scored once, counted once, derived from the counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from equilingua.evaluation import vectors
from equilingua.evaluation.counting import count
from equilingua.evaluation.posthoc import by_name as posthocs
from equilingua.evaluation.posthoc.fitted import Fitted
from equilingua.evaluation.posthoc.sides import Side
from equilingua.evaluation.results import Result
from equilingua.evaluation.scores import ScoreSource, VectorScores
from equilingua.evaluation.sentence_map import sentence_map

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.encoding import Encoding
    from equilingua.evaluation.posthoc.by_name import Posthoc
    from equilingua.evaluation.record import SentenceMap

# Called with a stage's name, how many of its texts were done since the last call, and how many it has (0 if nobody
# knows).
Progress = Callable[[str, int, int], None]
# Pairs of a question and a relevant candidate that are looked at together: each takes some two hundred bytes.
_ENTRIES = 2**21


def evaluate_encoding(
    encoding: Encoding, benchmark: Benchmark, posthoc: Posthoc | Fitted | None, progress: Progress | None
) -> Result:
    """Measure an encoder by the vectors that it gives a benchmark's texts; see `evaluate_vectors`."""
    texts = len(benchmark.queries) + len(benchmark.candidates)
    report, before = stage(progress, "encoding", benchmark, texts), encoding.encode_seconds
    query_vectors, cached_queries = encoding.vectors(benchmark.queries, "query", report)
    candidate_vectors, cached_candidates = encoding.vectors(benchmark.candidates, "passage", report)
    seconds = encoding.encode_seconds - before
    result = evaluate_vectors(
        query_vectors, candidate_vectors, benchmark, posthoc, encode_seconds=seconds, progress=progress
    )
    fitted = posthoc if isinstance(posthoc, Fitted) else None
    return replace(result, cached=(cached_queries + cached_candidates) / texts, fitted=fitted)


def evaluate_vectors(
    query_vectors: ArrayLike,
    candidate_vectors: ArrayLike,
    benchmark: Benchmark,
    posthoc: str | Posthoc | Fitted | None = None,
    *,
    encode_seconds: float = 0.0,
    progress: Progress | None = None,
) -> Result:
    """Measure vectors, from any encoder.

    Args:
        query_vectors: [questions, dim], compared by cosine.
        candidate_vectors: [candidates, dim].
        benchmark: what they are the vectors of.
        posthoc: what to do to the vectors first; fitted on these vectors, if it is not fitted yet.
        encode_seconds: what encoding took, for the record.
        progress: told about the scoring.

    Raises:
        UsageError: an unknown posthoc.
        DataError: a vector is missing, zero or not finite, or the two sides differ in size.
    """
    method = posthocs.find(posthoc) if isinstance(posthoc, str) else posthoc
    started, where = time.perf_counter(), f"benchmark '{benchmark.name}'"
    queries = vectors.unit(query_vectors, len(benchmark.queries), "question")
    candidates = vectors.unit(candidate_vectors, len(benchmark.candidates), "candidate")
    vectors.check_dimensions(queries, candidates)
    if method is None:
        return _measured(VectorScores(queries, candidates), benchmark, started, encode_seconds, progress)
    sides = (
        Side("questions", where, queries, benchmark.query_language, benchmark.languages),
        Side("candidates", where, candidates, benchmark.candidate_language, benchmark.languages),
    )
    adjusted = (method if isinstance(method, Fitted) else method.fit(*sides)).sides(*sides)
    scores = VectorScores.calibrated(adjusted.queries, adjusted.candidates, adjusted.offset, benchmark)
    return _measured(scores, benchmark, started, encode_seconds, progress)


def evaluate_scores(
    scores: ScoreSource, benchmark: Benchmark, *, encode_seconds: float = 0.0, progress: Progress | None = None
) -> Result:
    """Measure scores, from anything that ranks.

    Args:
        scores: of the benchmark's questions with its candidates.
        benchmark: what they are the scores of.
        encode_seconds: what getting ready to score took, for the record.
        progress: told about the scoring.
    """
    return _measured(scores, benchmark, time.perf_counter(), encode_seconds, progress)


def _measured(
    scores: ScoreSource, benchmark: Benchmark, started: float, encode_seconds: float, progress: Progress | None
) -> Result:
    report = stage(progress, "scoring", benchmark, len(benchmark.queries))
    blocks = benchmark.blocks(_ENTRIES)
    counted = ((block, count(scores, benchmark, questions=block, progress=report)) for block in blocks)
    result = Result.of(benchmark, counted)
    points = _map(scores, benchmark) if isinstance(scores, VectorScores) else None
    seconds = time.perf_counter() - started
    return replace(result, encode_seconds=encode_seconds, score_seconds=seconds, map_points=points)


def _map(scores: VectorScores, benchmark: Benchmark) -> SentenceMap | None:
    # Calibration may have scaled each language's candidates.
    scaled = scores.offset is not None
    candidates = vectors.unit(scores.candidates, len(scores.candidates), "candidate") if scaled else scores.candidates
    return sentence_map(scores.queries, candidates, benchmark)


def stage(progress: Progress | None, stage: str, benchmark: Benchmark, total: int) -> Callable[[int], None] | None:
    """Return what reports how many texts of a stage were done."""
    if progress is None:
        return None
    return lambda done: progress(f"{stage} {benchmark.name}", done, total)
