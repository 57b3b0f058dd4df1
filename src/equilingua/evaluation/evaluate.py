"""Measure an encoder: encode each text once, score once, derive every figure."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from equilingua.errors import UsageError
from equilingua.evaluation import contenders
from equilingua.evaluation.benchmarks.benchmark import Benchmark
from equilingua.evaluation.benchmarks.by_name import check_name, open_benchmark
from equilingua.evaluation.benchmarks.collection import Collection
from equilingua.evaluation.benchmarks.qrels import with_qrels
from equilingua.evaluation.encoding import Encoding
from equilingua.evaluation.extras import extras
from equilingua.evaluation.measure import Progress, evaluate_encoding, evaluate_scores, stage
from equilingua.evaluation.peers.run_file import RunFile
from equilingua.evaluation.posthoc import by_name as posthocs
from equilingua.evaluation.posthoc import fitting
from equilingua.evaluation.posthoc.by_name import Posthoc
from equilingua.evaluation.posthoc.fitted import SUFFIX, Fitted
from equilingua.evaluation.posthoc.shift import without_translations
from equilingua.evaluation.results import Evaluation, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.precision import Precision
    from equilingua.evaluation.contenders import ScorePeer
    from equilingua.evaluation.encoding import VectorPeer

Contender: TypeAlias = "str | SentenceTransformer | VectorPeer | ScorePeer"


def evaluate(  # noqa: PLR0913  (each is a choice of its own, and all but two have defaults)
    encoder: Contender,
    benchmark: str | Path | Benchmark | Sequence[str | Path | Benchmark],
    posthoc: str | Fitted | None = None,
    *,
    fit_on: Sequence[str] | None = None,
    fit_texts: int = fitting.TEXTS,
    save_posthoc: Path | None = None,
    qrels: Path | None = None,
    name: str | None = None,
    languages: Iterable[str] | None = None,
    device: str | None = None,
    precision: Precision = "auto",
    cache: bool = True,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure an encoder in the three settings, with language bias.

    Args:
        encoder: loaded, a peer or its name, `run:FILE` for a TREC run, or what `equilingua.encoder.load.load` takes; an
            encoder by name is loaded only if the cache lacks a vector. A method may follow the name after a plus.
        benchmark: one or more, loaded or by name; every name is checked before anything is loaded.
        posthoc: what to do to the vectors first: a method's name, a file of a fitted one, or a fitted one; see
            `equilingua.evaluation.posthoc.by_name`.
        fit_on: corpora whose text `posthoc` is fitted on; None fits on the benchmark's own texts, and results say so.
        fit_texts: at most so many a language and role.
        save_posthoc: file to keep the method in that was fitted on `fit_on`.
        qrels: file that says what is relevant, in place of the benchmark's own judgements; see
            `equilingua.evaluation.benchmarks.qrels.with_qrels`.
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
    encoder, posthoc = _split(encoder, posthoc)
    method = posthocs.find(posthoc)
    asked = [benchmark] if isinstance(benchmark, str | Path | Benchmark) else list(benchmark)
    sets = _fitting_sets(fit_on, fit_texts, method, asked, save_posthoc)
    contender = contenders.find(encoder, device=device, precision=precision, cache=cache)
    name, source = name or contender.name, contender.source
    if method is not None and not isinstance(source, Encoding):
        raise UsageError(f"--posthoc {method.name}: changes vectors, and '{name}' gives scores only: leave it out")
    kept = None if languages is None else list(languages)
    opened = open_all(asked, kept, qrels)
    for one in opened:
        _check(one, name, source, method)
    if method is not None and isinstance(source, Encoding):
        method = _fitted(method, source, name, sets, fit_texts, opened, save_posthoc, progress)
    results = {}
    for one in opened:
        result = _result(source, one, method, progress, keep=cache)
        if isinstance(source, Encoding) and method is None:
            # Figures of plain vectors, which would stand under the method's name.
            own = extras(lambda texts, role: source.vectors(texts, role)[0], one.name, kept)
            result = replace(result, extras=own)
        results[one.name] = result
    fitted_on = method.source.sets if isinstance(method, Fitted) and method.source is not None else ()
    return Evaluation(
        name,
        None if method is None else method.name,
        results,
        fitted_on=fitted_on,
        qrels=qrels,
        fingerprint=source.fingerprint if isinstance(source, Encoding) else None,
    )


def _split(encoder: Contender, posthoc: str | Fitted | None) -> tuple[Contender, str | Fitted | None]:
    """Take a method that follows an encoder's name for the one that is asked for."""
    if not isinstance(encoder, str):
        return encoder, posthoc
    encoder, named = posthocs.split(encoder)
    if named is not None and posthoc is not None:
        raise UsageError(f"'{encoder}+{named}' has a method, and another is asked for: give one of the two")
    return encoder, posthoc if named is None else named


def _result(
    source: Encoding | ScorePeer,
    benchmark: Benchmark | Collection,
    method: Posthoc | Fitted | None,
    progress: Progress | None,
    *,
    keep: bool,
) -> Result:
    if isinstance(benchmark, Collection):
        from equilingua.evaluation.streaming.shards import evaluate_collection

        assert isinstance(source, Encoding)
        return evaluate_collection(source, benchmark, keep=keep, progress=progress)
    if isinstance(source, Encoding):
        return evaluate_encoding(source, benchmark, method, progress)
    started = time.perf_counter()
    scores = source.scores(benchmark, stage(progress, "ranking", benchmark, len(benchmark.queries)))
    return evaluate_scores(scores, benchmark, encode_seconds=time.perf_counter() - started, progress=progress)


def _check(
    opened: Benchmark | Collection, name: str, source: Encoding | ScorePeer, method: Posthoc | Fitted | None
) -> None:
    """Make sure that a contender can be measured on a benchmark."""
    if isinstance(opened, Collection) and method is not None:
        raise UsageError(
            f"--posthoc {method.name}: benchmark '{opened.name}' is read in pieces, and a method needs all its vectors "
            "at once: leave it out"
        )
    if isinstance(opened, Collection) and not isinstance(source, Encoding):
        raise UsageError(f"'{name}' gives scores of whole benchmarks only, and '{opened.name}' is read in pieces")
    if isinstance(opened, Benchmark) and not opened.texts and not isinstance(source, RunFile):
        raise UsageError(f"'{name}' needs texts, and '{opened.name}' is of ids alone: measure run:FILE on it")


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


def _fitted(
    method: Posthoc | Fitted,
    source: Encoding,
    name: str,
    sets: Sequence[str],
    texts: int,
    opened: Sequence[Benchmark | Collection],
    save: Path | None,
    progress: Progress | None,
) -> Posthoc | Fitted:
    """Fit a method on other text, if there is any; make sure that a fitted one is the encoder's."""
    benchmarks = [one for one in opened if isinstance(one, Benchmark)]
    if isinstance(method, Posthoc) and sets:
        method = fitting.fit(method.name, source, sets, held_out=benchmarks, texts=texts, name=name, progress=progress)
        if save is not None:
            method.save(save)
    if isinstance(method, Fitted):
        method.require_encoder(name, source.fingerprint)
        method.warn_of(dict.fromkeys(code for one in benchmarks for code in one.languages))
    return method


def _fitting_sets(
    fit_on: Sequence[str] | None,
    texts: int,
    method: Posthoc | Fitted | None,
    benchmarks: Sequence[str | Path | Benchmark],
    save: Path | None,
) -> tuple[str, ...]:
    """Check what is to be fitted on; nothing means the benchmark's own texts."""
    if fit_on is None:
        if save is not None:
            raise UsageError(
                f"--save-posthoc {save}: a method that is kept is fitted on other text: name it with --fit-on"
            )
        if isinstance(method, Posthoc) and method.pivot is not None:
            raise without_translations()
        return ()
    if isinstance(method, Fitted):
        raise UsageError(f"--fit-on {','.join(fit_on)}: the method is fitted already: leave --fit-on out")
    if save is not None and save.suffix != SUFFIX:
        raise UsageError(f"--save-posthoc {save}: give a file that ends in {SUFFIX}")
    if method is None:
        raise UsageError(f"--fit-on {','.join(fit_on)}: there is nothing to fit: name a method with --posthoc")
    if texts < 1:
        raise UsageError(f"{texts} texts to fit on are too few: use at least 1 a language and role")
    return fitting.check_sets(fit_on, [one.name if isinstance(one, Benchmark) else str(one) for one in benchmarks])
