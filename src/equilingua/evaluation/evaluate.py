"""Measure an encoder: encode each text once, score once, derive every figure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from equilingua.errors import UsageError
from equilingua.evaluation import contenders, ranking, streamed, vectors
from equilingua.evaluation.benchmarks.benchmark import Benchmark
from equilingua.evaluation.benchmarks.catalogue import check_name, open_benchmark
from equilingua.evaluation.benchmarks.collection import Collection
from equilingua.evaluation.bias.catalogue import language_bias
from equilingua.evaluation.counting import count
from equilingua.evaluation.encoding import Encoding
from equilingua.evaluation.extras import extras
from equilingua.evaluation.posthoc import catalogue as posthocs
from equilingua.evaluation.posthoc import fitting
from equilingua.evaluation.posthoc.sides import Side
from equilingua.evaluation.results import Evaluation, Result
from equilingua.evaluation.scores import ScoreSource, VectorScores
from equilingua.evaluation.sentence_map import sentence_map
from equilingua.evaluation.settings import settings
from equilingua.evaluation.trec import RunScores, with_qrels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.evaluation.contenders import ScorePeer
    from equilingua.evaluation.encoding import VectorPeer
    from equilingua.evaluation.posthoc.catalogue import Posthoc
    from equilingua.evaluation.posthoc.fitting import FittingText
    from equilingua.evaluation.sentence_map import SentenceMap

# Called with a stage's name, how many of its texts were done since the last call, and how many it has.
Progress = Callable[[str, int, int], None]


def evaluate(  # noqa: PLR0913  (each is a choice of its own, and all but two have defaults)
    encoder: str | SentenceTransformer | VectorPeer | ScorePeer,
    benchmark: str | Path | Benchmark | Sequence[str | Path | Benchmark],
    posthoc: str | None = None,
    *,
    fit_on: Sequence[str] | None = None,
    fit_texts: int = fitting.TEXTS,
    qrels: Path | None = None,
    name: str | None = None,
    languages: Iterable[str] | None = None,
    device: str | None = None,
    precision: Literal["auto", "bfloat16", "float32"] = "auto",
    cache: bool = True,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure an encoder in the three settings, with language bias.

    Args:
        encoder: loaded, a peer or its name, `run:FILE` for a TREC run, or what `equilingua.encoder.load.load` takes; an
            encoder by name is loaded only if the cache lacks a vector.
        benchmark: one or more, loaded or by name; every name is checked before anything is loaded.
        posthoc: what to do to the vectors first; see `equilingua.evaluation.posthoc.catalogue`.
        fit_on: corpora whose text `posthoc` is fitted on; None fits on the benchmark's own texts, and results say so.
        fit_texts: at most so many a language and role.
        qrels: file that says what is relevant, in place of the benchmark's own judgements; see
            `equilingua.evaluation.trec.with_qrels`.
        name: what to call the encoder in results; by default the name that it was given by.
        languages: BCP-47 codes to keep, of benchmarks given by name; None means all.
        device: where to load the encoder to.
        precision: of matrix products while encoding.
        cache: take vectors from the cache, and keep new ones there as they are made.
        progress: told about stages.

    Raises:
        UsageError: an unknown benchmark, language, encoder, posthoc or fitting corpus, or a posthoc without vectors.
        DataError: a benchmark cannot be had, the encoder gives vectors that cannot be ranked, or the cache is damaged
            or full.
    """
    method = posthocs.find(posthoc)
    asked = [benchmark] if isinstance(benchmark, str | Path | Benchmark) else list(benchmark)
    sets = _fitting_sets(fit_on, fit_texts, method, asked)
    contender = contenders.find(encoder, device=device, precision=precision, cache=cache)
    name, source = name or contender.name, contender.source
    if method is not None and not isinstance(source, Encoding):
        raise UsageError(f"--posthoc {method.name}: changes vectors, and '{name}' gives scores only: leave it out")
    kept = None if languages is None else list(languages)
    results: dict[str, Result] = {}
    for one in open_all(asked, kept, qrels):
        if isinstance(one, Collection):
            if method is not None or not isinstance(source, Encoding):
                raise streamed.refuse(name, one, posthoc)
            results[one.name] = streamed.evaluate_collection(source, one, keep=cache, progress=progress)
        elif not one.texts and not isinstance(source, RunScores):
            raise UsageError(f"'{name}' needs texts, and '{one.name}' is of ids alone: measure run:FILE on it")
        elif isinstance(source, Encoding):
            result = _by_vectors(source, one, method, sets, fit_texts, progress)
            own = extras(lambda texts, role: source.vectors(texts, role)[0], one.name, kept)
            results[one.name] = replace(result, extras=own)
        else:
            report = _stage(progress, "ranking", one, len(one.queries))
            started = time.perf_counter()
            scores = source.scores(one, report)
            seconds = time.perf_counter() - started
            results[one.name] = evaluate_scores(scores, one, encode_seconds=seconds, progress=progress)
    return Evaluation(name, posthoc, results, fitted_on=sets, qrels=qrels)


def load_all(benchmarks: Sequence[str | Path | Benchmark], languages: Iterable[str] | None = None) -> list[Benchmark]:
    """Load benchmarks by name, however large; see `open_all`."""
    return [one.in_memory() if isinstance(one, Collection) else one for one in open_all(benchmarks, languages)]


def open_all(
    benchmarks: Sequence[str | Path | Benchmark], languages: Iterable[str] | None = None, qrels: Path | None = None
) -> list[Benchmark | Collection]:
    """Load benchmarks by name, each name checked before any is loaded; loaded ones are left as they are.

    Args:
        benchmarks: loaded or by name.
        languages: BCP-47 codes to keep; None means all.
        qrels: file that says what is relevant, if not the one benchmark itself.

    Raises:
        UsageError: an unknown benchmark or language, a name given twice, or none at all.
        DataError: a benchmark cannot be had.
    """
    names = [one.name if isinstance(one, Benchmark) else check_name(one) for one in benchmarks]
    if not names:
        raise UsageError("no benchmark is named: give at least one")
    if len(set(names)) < len(names):
        raise UsageError(f"a benchmark is named twice: {', '.join(names)}")
    if qrels is not None and len(names) > 1:
        raise UsageError(f"--qrels {qrels}: is of one benchmark, and {len(names)} are named: measure one at a time")
    kept = None if languages is None else list(languages)
    opened = [one if isinstance(one, Benchmark) else open_benchmark(one, kept) for one in benchmarks]
    if qrels is None:
        return opened
    return [with_qrels(one.in_memory() if isinstance(one, Collection) else one, qrels) for one in opened]


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
        posthoc: what to do to the vectors first, fitted on these vectors.
        encode_seconds: what encoding took, for the record.
        progress: told about the scoring.

    Raises:
        UsageError: an unknown posthoc.
        DataError: a vector is missing, zero or not finite, or the two sides differ in size.
    """
    method = posthocs.find(posthoc)
    started = time.perf_counter()
    queries, candidates = _sides(query_vectors, candidate_vectors, benchmark)
    scores = _adjusted(queries, candidates, benchmark, method, None)
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


def _by_vectors(
    encoding: Encoding,
    benchmark: Benchmark,
    method: Posthoc | None,
    sets: Sequence[str],
    fit_texts: int,
    progress: Progress | None,
) -> Result:
    text = fitting.fitting_text(sets, benchmark, fit_texts) if sets else None
    started, loading = time.perf_counter(), encoding.load_seconds
    texts = len(benchmark.queries) + len(benchmark.candidates)
    report = _stage(progress, "encoding", benchmark, texts)
    query_vectors, cached_queries = encoding.vectors(benchmark.queries, "query", report)
    candidate_vectors, cached_candidates = encoding.vectors(benchmark.candidates, "passage", report)
    # Loading happens once, for the first benchmark that lacks a vector, and says nothing about encoding.
    seconds = time.perf_counter() - started - (encoding.load_seconds - loading)
    background = None if text is None else _background(encoding, text, benchmark, progress)
    started = time.perf_counter()
    queries, candidates = _sides(query_vectors, candidate_vectors, benchmark)
    scores = _adjusted(queries, candidates, benchmark, method, background)
    result = _measured(scores, benchmark, started, seconds, progress)
    return replace(result, cached=(cached_queries + cached_candidates) / texts, fitting=text)


def _background(
    encoding: Encoding, text: FittingText, benchmark: Benchmark, progress: Progress | None
) -> tuple[Side, Side]:
    report = _stage(progress, "encoding text to fit on for", benchmark, len(text.queries.texts + text.passages.texts))
    query_vectors, _ = encoding.vectors(text.queries.texts, "query", report)
    passage_vectors, _ = encoding.vectors(text.passages.texts, "passage", report)
    where = f"text to fit on ({', '.join(text.sets)})"
    return (
        _side("questions", where, query_vectors, text.queries.language, benchmark),
        _side("passages", where, passage_vectors, text.passages.language, benchmark),
    )


def _sides(query_vectors: ArrayLike, candidate_vectors: ArrayLike, benchmark: Benchmark) -> tuple[Side, Side]:
    where = f"benchmark '{benchmark.name}'"
    queries = vectors.unit(query_vectors, len(benchmark.queries), "question")
    candidates = vectors.unit(candidate_vectors, len(benchmark.candidates), "candidate")
    vectors.check_dimensions(queries, candidates)
    return (
        Side("questions", where, queries, benchmark.query_language, benchmark.languages),
        Side("candidates", where, candidates, benchmark.candidate_language, benchmark.languages),
    )


def _adjusted(
    queries: Side, candidates: Side, benchmark: Benchmark, method: Posthoc | None, background: tuple[Side, Side] | None
) -> VectorScores:
    if method is None:
        return VectorScores(queries.vectors, candidates.vectors)
    adjusted = method.apply(queries, candidates, background)
    return VectorScores.calibrated(adjusted.queries, adjusted.candidates, adjusted.offset, benchmark)


def _measured(
    scores: ScoreSource, benchmark: Benchmark, started: float, encode_seconds: float, progress: Progress | None
) -> Result:
    counts = count(scores, benchmark, progress=_stage(progress, "scoring", benchmark, len(benchmark.queries)))
    own, pool = ranking.by_language(counts, benchmark), ranking.pooled(counts)
    measured, bias = settings(own, pool, benchmark), language_bias(counts, pool, benchmark)
    points = _map(scores, benchmark) if isinstance(scores, VectorScores) else None
    seconds = time.perf_counter() - started
    return Result(benchmark, measured, bias, encode_seconds, seconds, counts=counts, map_points=points)


def _map(scores: VectorScores, benchmark: Benchmark) -> SentenceMap | None:
    # Calibration may have scaled each language's candidates.
    scaled = scores.offset is not None
    candidates = vectors.unit(scores.candidates, len(scores.candidates), "candidate") if scaled else scores.candidates
    return sentence_map(scores.queries, candidates, benchmark)


def _side(what: str, where: str, given: NDArray[np.float32], language: NDArray[np.int32], benchmark: Benchmark) -> Side:
    return Side(what, where, vectors.unit(given, len(language), what), language, benchmark.languages)


def _fitting_sets(
    fit_on: Sequence[str] | None, texts: int, method: Posthoc | None, benchmarks: Sequence[str | Path | Benchmark]
) -> tuple[str, ...]:
    """Check what is to be fitted on; nothing means the benchmark's own texts."""
    if fit_on is None:
        return ()
    if method is None:
        raise UsageError(f"--fit-on {','.join(fit_on)}: there is nothing to fit: name a method with --posthoc")
    if texts < 1:
        raise UsageError(f"{texts} texts to fit on are too few: use at least 1 a language and role")
    return fitting.check_sets(fit_on, [one.name if isinstance(one, Benchmark) else str(one) for one in benchmarks])


def _stage(progress: Progress | None, stage: str, benchmark: Benchmark, total: int) -> Callable[[int], None] | None:
    if progress is None:
        return None
    return lambda done: progress(f"{stage} {benchmark.name}", done, total)
