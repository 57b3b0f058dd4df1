"""Rank millions of passages: a shard is encoded, scored, counted and forgotten.

The relevant passages are encoded first and scored beside every shard, so that a shard's counts are those of a small
benchmark, less what the relevant passages alone had; added up, they are the counts of the whole. What is done is kept
in a folder after every shard, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests, durable
from equilingua.errors import DataError
from equilingua.evaluation import vectors
from equilingua.evaluation.counting import Counts, count
from equilingua.evaluation.results import Result
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.streaming.survey import Known, Reading, Survey, known, survey
from equilingua.evaluation.streaming.tally import Tally
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.benchmarks.collection import Collection
    from equilingua.evaluation.encoding import Encode, Encoding
    from equilingua.evaluation.measure import Progress

# Passages that are encoded and scored at once: their texts and vectors take some hundred MB.
SHARD = 50_000


def evaluate_collection(
    encoding: Encoding, collection: Collection, *, keep: bool = True, progress: Progress | None = None
) -> Result:
    """Measure an encoder on a benchmark whose passages are too many for memory, shard by shard.

    The vectors of passages are not cached, for they would fill a disk; what is kept is how far the ranking got.

    Args:
        encoding: the encoder.
        collection: what is measured.
        keep: go on from where an earlier run of the same encoder stopped, and leave what is done for a later one.
        progress: told about stages.

    Raises:
        DataError: see `rank`.
    """
    started, loaded, encoded = time.perf_counter(), encoding.load_seconds, encoding.encode_seconds
    with tempfile.TemporaryDirectory() as scratch:
        folder = cache_folder() / "streaming" if keep else Path(scratch)
        benchmark, counts = rank(
            collection,
            lambda texts, role: encoding.vectors(texts, role, keep=role == "query")[0],
            folder,
            encoding.identity,
            progress=progress,
        )
    result = Result.of(benchmark, [(slice(0, len(benchmark.queries)), counts)])
    spent = encoding.encode_seconds - encoded
    elapsed = time.perf_counter() - started - spent - (encoding.load_seconds - loaded)
    return replace(result, encode_seconds=spent, score_seconds=elapsed)


def rank(
    collection: Collection,
    encode: Encode,
    folder: Path,
    encoder: str,
    *,
    shard: int = SHARD,
    progress: Progress | None = None,
) -> tuple[Benchmark, Counts]:
    """Rank every passage of a collection for every question, in memory that does not grow with the passages.

    Args:
        collection: the questions and judgements, and what reads the passages.
        encode: returns float32 [texts, dim]; called with shards, so a cache of vectors may be left out for passages.
        folder: where what is done is kept, in a folder of its own for each collection and encoder. A later call goes
            on from there, and returns at once if nothing was left to do. A second process at the same waits.
        encoder: a fingerprint; what was done with another encoder is not used.
        shard: passages at once.
        progress: told about passages read and ranked.

    Returns:
        The benchmark and its counts. Its candidates are the relevant passages and every question's best hundred, with
        ids in place of texts; `pool_sizes` says how many were ranked. Every figure derived from the two is that of the
        whole pool.

    Raises:
        DataError: an id is there twice, a relevant passage is not in the pool, no question is left, a vector is zero or
            not finite, the passages have changed since the run that is continued, or the folder cannot be used.
    """
    place = folder / _key(collection, encoder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{place}: cannot be made: {error.strerror}; give another folder") from error
    with durable.locked(place / "tally"):
        found = _surveyed(collection, place / "survey.json", progress)
        relevant = known(collection, found)
        file = place / "tally.npz"
        tally = Tally.read(file) if file.is_file() else None
        if tally is None or tally.done < relevant.passages:
            run = _Run(collection, encode, relevant, found.digest, file, progress)
            tally = run.finish(tally, shard)
        return _result(tally, relevant)


@dataclass(frozen=True, eq=False)
class _Run:
    """One collection on its way through one encoder."""

    collection: Collection
    encode: Encode
    known: Known
    digest: str
    file: Path
    progress: Progress | None

    def finish(self, tally: Tally | None, shard: int) -> Tally:
        """Rank what has not been ranked yet."""
        benchmark = self.known.benchmark
        queries = vectors.unit(self.encode(benchmark.queries, "query"), len(benchmark.queries), "question")
        relevant = self._passages(benchmark.candidates)
        alone = count(VectorScores(queries, relevant), benchmark)
        tally = tally or Tally.of(alone, self.known)
        self._report(tally.done)
        for piece in _shards(self.collection, self.known, shard, tally.done, self.digest, self.file.parent):
            beside = alone
            places = np.full(len(benchmark.candidates), -1)
            fresh = {number: identity for identity, (number, _) in piece.passages.items()}
            if fresh:
                # After the relevant passages of its own language, for candidates are ordered by language.
                after = int(benchmark.candidate_offsets[piece.language + 1])
                texts = [text for _, text in piece.passages.values()]
                mixed = np.concatenate([relevant[:after], self._passages(texts), relevant[after:]])
                beside = count(VectorScores(queries, mixed), _with_shard(benchmark, after, piece))
                places = np.insert(places, after, list(fresh))
            self._report(piece.stop - tally.done)
            tally = tally.plus(beside, alone, places, fresh, piece.stop)
            tally.write(self.file)
        return tally

    def _passages(self, texts: list[str]) -> NDArray[np.float32]:
        return vectors.unit(self.encode(texts, "passage"), len(texts), "candidate")

    def _report(self, done: int) -> None:
        if self.progress is not None and done:
            self.progress(f"ranking {self.collection.name}", done, self.known.passages)


@dataclass(frozen=True)
class _Shard:
    """Passages of one language, without the relevant ones.

    Attributes:
        language: index of it.
        passages: id of each → its number in the pool of all, and its text.
        stop: passages that have been read once this is done.
    """

    language: int
    passages: dict[str, tuple[int, str]]
    stop: int


def _shards(collection: Collection, known: Known, size: int, done: int, digest: str, folder: Path) -> Iterator[_Shard]:
    """Yield what comes after the passages that are done, a shard never being of two languages.

    Raises:
        DataError: an id is twice in one shard, or the passages are not those that the survey read.
    """
    reading = Reading()
    relevant = set(known.numbers.tolist())
    bounds = iter(known.starts[1:].tolist())
    language, bound = 0, next(bounds)
    kept: dict[str, tuple[int, str]] = {}
    for number, passage in enumerate(reading.through(collection.passages())):
        if number >= known.passages:
            break
        while number >= bound:
            language, bound = language + 1, next(bounds)
        if number >= done and number not in relevant:
            if passage.id in kept:
                raise DataError(f"{collection.name}: {passage.language}: passage '{passage.id}' is there twice")
            kept[passage.id] = (number, passage.text)
        stop = number + 1
        if stop < known.passages and (len(kept) == size or (stop == bound and stop > done)):
            yield _Shard(language, kept, stop)
            kept = {}
    # The last shard counts only if the passages were those that the survey read, no more and no fewer.
    if reading.digest() != digest:
        raise DataError(
            f"{collection.name}: its passages have changed since they were first read: delete {folder}, and the run "
            "begins anew"
        )
    yield _Shard(language, kept, known.passages)


def _with_shard(benchmark: Benchmark, after: int, piece: _Shard) -> Benchmark:
    """Put a shard's passages behind the first `after` relevant ones."""
    more = len(piece.passages)
    places = np.arange(len(benchmark.candidates))
    places[after:] += more
    return replace(
        benchmark,
        candidates=[""] * (len(benchmark.candidates) + more),
        candidate_language=np.insert(benchmark.candidate_language, after, np.full(more, piece.language, np.int32)),
        relevant=places[benchmark.relevant],
        candidate_ids=None,
    )


def _result(tally: Tally, known: Known) -> tuple[Benchmark, Counts]:
    """Keep the candidates that anything is said about, renumbered."""
    benchmark = known.benchmark
    assert benchmark.candidate_ids is not None
    names = tally.ids | dict(zip(known.numbers.tolist(), benchmark.candidate_ids, strict=True))
    numbers = np.union1d(known.numbers, tally.counts.top.ravel())
    ids = [names[number] for number in numbers.tolist()]
    reduced = replace(
        benchmark,
        candidates=ids,
        candidate_language=(np.searchsorted(known.starts, numbers, "right") - 1).astype(np.int32),
        relevant=np.searchsorted(numbers, known.numbers[benchmark.relevant]).astype(np.int64),
        candidate_ids=ids,
        pool_sizes=np.diff(known.starts),
    )
    offsets, candidate = reduced.relevant_to_queries()
    top = np.searchsorted(numbers, tally.counts.top).astype(np.int32)
    listed = np.full(len(top), known.passages)
    return reduced, replace(tally.counts, offsets=offsets, candidate=candidate, top=top, listed=listed)


def _surveyed(collection: Collection, file: Path, progress: Progress | None) -> Survey:
    if file.is_file():
        try:
            return Survey.from_json(durable.read_checked_json(file))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise durable.unusable(file, error, "delete it, and the run begins anew") from error

    def report(read: int) -> None:
        if progress is not None:
            progress(f"reading {collection.name}", read, 0)

    found = survey(collection, report)
    try:
        durable.write_checked_json(file, found.to_json())
    except OSError as error:
        raise DataError(f"{file}: cannot be written: {error.strerror}; give another folder") from error
    return found


def _key(collection: Collection, encoder: str) -> str:
    whole = f"{collection.name}\n{collection.fingerprint()}\n{encoder}"
    return digests.of_text(whole).hex()
