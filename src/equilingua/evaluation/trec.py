"""TREC's run and qrels files: what other retrieval tools write and read, here of the pool of all languages.

A run has a line `QUESTION Q0 CANDIDATE RANK SCORE TAG` for each of a question's best candidates, qrels have a line
`QUESTION 0 CANDIDATE RELEVANCE` for each relevant one, under the names of `equilingua.evaluation.identifiers`.
"""

from __future__ import annotations

import logging
import math
import re
from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from equilingua import durable
from equilingua.corpus.sources import text_lines, trec
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.benchmark import by_group
from equilingua.evaluation.identifiers import Unknown, candidate_ids, numbered, question_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.results import Evaluation

RUN_PREFIX = "run:"
_FIELDS = "question id, Q0, candidate id, rank, score and tag"
_LARGEST = float(np.finfo(np.float32).max)
_log = logging.getLogger(__name__)


def check_folder(folder: Path) -> None:
    """Check that files can be written there, before anything is measured for them.

    Raises:
        UsageError: it is a file, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: TREC files cannot be written there: {error.strerror or error}") from error


def write_evaluation(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write `BENCHMARK.ENCODER.run` and `BENCHMARK.qrels` for every benchmark of an evaluation.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        evaluation: measured here, for a result that was read from a file has no ranked lists.

    Returns:
        The files, in the order written.

    Raises:
        UsageError: a result has no ranked lists, or two benchmarks would get one file.
        DataError: a file cannot be written.
    """
    tag = f"{evaluation.encoder}+{evaluation.posthoc}" if evaluation.posthoc else evaluation.encoder
    stems = [_slug(name) for name in evaluation.results]
    if len(set(stems)) < len(stems):
        raise UsageError(f"the TREC files of these benchmarks would share a name: {', '.join(evaluation.results)}")
    written = []
    for stem, result in zip(stems, evaluation.results.values(), strict=True):
        if result.counts is None:
            raise UsageError(f"the result on '{result.benchmark.name}' has no ranked lists: measure it anew")
        run, qrels = folder / f"{stem}.{_slug(tag)}.run", folder / f"{stem}.qrels"
        write_run(run, result.benchmark, result.counts, tag)
        write_qrels(qrels, result.benchmark)
        written += [run, qrels]
    return written


def write_run(path: Path, benchmark: Benchmark, counts: Counts, tag: str) -> None:
    """Write every question's best candidates of the pool (those in `Counts.top`), best first.

    Candidates that were not retrieved, whose score is -inf, are left out. Scores are written so that reading them
    gives the same float32 numbers.

    Raises:
        DataError: the file cannot be written.
    """
    questions, candidates, label = question_ids(benchmark), candidate_ids(benchmark), _slug(tag)

    def lines() -> Iterator[str]:
        for question, best, scores in zip(questions, counts.top, counts.top_scores, strict=True):
            found = int(np.count_nonzero(scores > -np.inf))
            # Rounded text of float32, not of the double with the same value, which is twice as long.
            texts = scores[:found].astype(str)
            for rank, (candidate, score) in enumerate(zip(best[:found].tolist(), texts, strict=True), 1):
                yield f"{question} Q0 {candidates[candidate]} {rank} {score} {label}\n"

    _write(path, lines())


def write_qrels(path: Path, benchmark: Benchmark) -> None:
    """Write every question's relevant candidates, each with relevance 1.

    Raises:
        DataError: the file cannot be written.
    """
    questions, candidates = question_ids(benchmark), candidate_ids(benchmark)
    offsets, relevant = benchmark.relevant_to_queries()

    def lines() -> Iterator[str]:
        for question, first, last in zip(questions, offsets[:-1], offsets[1:], strict=True):
            for candidate in relevant[first:last].tolist():
                yield f"{question} 0 {candidates[candidate]} 1\n"

    _write(path, lines())


@dataclass(frozen=True)
class RunScores:
    """A run file as a peer: what another tool ranked, measured like an encoder. Named `run:FILE`.

    As in trec_eval a candidate's place follows from its score, compared in single precision; the rank in the file is
    not read. Candidates that a question does not list stand below all that it lists, tied; ties count against us.

    Attributes:
        path: of the file; unpacked if its name ends in `.gz`.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is reported under."""
        return f"{RUN_PREFIX}{self.path}"

    def scores(self, benchmark: Benchmark, progress: Callable[[int], None] | None = None) -> ListedScores:
        """Read the file's scores for a benchmark.

        Args:
            benchmark: whose questions and candidates the file names.
            progress: called with the number of questions read, once, at the end.

        Raises:
            DataError: the file cannot be read, a line is malformed, an id is not in the benchmark, or a question lists
                a candidate twice; the message names the file and the line.
        """
        listed = _read_run(self.path, benchmark)
        silent = int(np.count_nonzero(np.diff(listed.offsets) == 0))
        if silent:
            _log.warning(
                "%s: lists nothing for %d of %d questions of %s: they count as not answered",
                self.path,
                silent,
                len(benchmark.queries),
                benchmark.name,
            )
        if progress is not None:
            progress(len(benchmark.queries))
        return listed


@dataclass(frozen=True, eq=False)
class ListedScores:
    """Scores of some candidates of each question; the others have -inf.

    Attributes:
        offsets: int64 [questions + 1]; question q lists entries `offsets[q]` to `offsets[q + 1] - 1`.
        candidate: int32 [entries].
        score: float32 [entries].
    """

    offsets: NDArray[np.int64]
    candidate: NDArray[np.int32]
    score: NDArray[np.float32]

    def block(self, start: int, stop: int, out: NDArray[np.float32]) -> None:
        """Write a block of scores; see `equilingua.evaluation.scores.ScoreSource`."""
        out[:] = -np.inf
        entries = slice(self.offsets[start], self.offsets[stop])
        row = np.repeat(np.arange(stop - start), np.diff(self.offsets[start : stop + 1]))
        out[row, self.candidate[entries]] = self.score[entries]


def with_qrels(benchmark: Benchmark, path: Path) -> Benchmark:
    """Return the benchmark with the relevance that a qrels file states, instead of its own.

    Every relevance above 0 is relevant. Questions that the file does not name have nothing relevant and are skipped.

    Raises:
        DataError: the file cannot be read, a line is malformed, an id is not in the benchmark, or a question is judged
            otherwise than its translation, which a benchmark cannot express.
    """
    first_place: dict[str, str] = {}

    def noted() -> Iterator[tuple[str, str]]:
        for where, line in text_lines.of_file(path):
            for name in normalize("NFC", line).split()[:3:2]:
                first_place.setdefault(name, where)
            yield where, line

    judged = trec.parse_qrels(noted())
    question_of, candidate_of = numbered(question_ids(benchmark)), numbered(candidate_ids(benchmark))
    unknown = Unknown(benchmark.name)
    for question, judgements in judged.items():
        unknown.check("question", question, question_of, first_place.get(question, str(path)))
        for candidate in judgements:
            unknown.check("candidate", candidate, candidate_of, first_place.get(candidate, str(path)))
    unknown.raise_any()
    relevant: dict[int, set[int]] = {}
    judged_first: dict[int, str] = {}
    for question, number in question_of.items():
        chosen = {candidate_of[name] for name, relevance in judged.get(question, {}).items() if relevance > 0}
        group = int(benchmark.query_group[number])
        if relevant.setdefault(group, chosen) != chosen:
            raise DataError(
                f"{path}: question '{question}' is judged otherwise than '{judged_first[group]}', its translation: "
                "judge both alike, or give them different groups"
            )
        judged_first.setdefault(group, question)
    pairs = [(group, candidate) for group, chosen in relevant.items() for candidate in chosen]
    groups, candidates = zip(*pairs, strict=True) if pairs else ((), ())
    offsets, distinct = by_group(groups, candidates, len(benchmark.groups))
    return replace(benchmark, relevant_offsets=offsets, relevant=distinct)


def _read_run(path: Path, benchmark: Benchmark) -> ListedScores:
    question_of, candidate_of = numbered(question_ids(benchmark)), numbered(candidate_ids(benchmark))
    unknown = Unknown(benchmark.name)
    questions, candidates, scores, lines = array("q"), array("q"), array("f"), array("q")
    for number, (where, line) in enumerate(text_lines.of_file(path), 1):
        cells = normalize("NFC", line).split()
        if not cells:
            continue
        if len(cells) != 6:
            raise DataError(f"{where}: has {len(cells)} fields, not the six of a run: {_FIELDS}")
        known = unknown.check("question", cells[0], question_of, where)
        if not (unknown.check("candidate", cells[2], candidate_of, where) and known):
            continue
        questions.append(question_of[cells[0]])
        candidates.append(candidate_of[cells[2]])
        scores.append(_score(cells[4], where))
        lines.append(number)
    unknown.raise_any()
    # Of an empty file too: numpy takes an empty buffer only with a type.
    row, column = np.array(questions, np.int64), np.array(candidates, np.int64)
    order = np.lexsort((column, row))
    again = np.flatnonzero((np.diff(row[order]) == 0) & (np.diff(column[order]) == 0))
    if len(again):
        # Of equal places the order keeps that of the lines.
        pairs = zip(order[again].tolist(), order[again + 1].tolist(), strict=True)
        earlier, entry = min(pairs, key=lambda two: lines[two[1]])
        question, candidate = list(question_of)[row[entry]], list(candidate_of)[column[entry]]
        others = f" (and {len(again) - 1} more such lines)" if len(again) > 1 else ""
        twice = f"'{question}' lists '{candidate}' a second time, after line {lines[earlier]}"
        raise DataError(f"{path}:{lines[entry]}: {twice}{others}")
    return ListedScores(
        offsets=np.searchsorted(row[order], np.arange(len(benchmark.queries) + 1)).astype(np.int64),
        candidate=column[order].astype(np.int32),
        score=np.array(scores, np.float32)[order],
    )


def _score(cell: str, where: str) -> float:
    try:
        score = float(cell)
    except ValueError as error:
        raise DataError(f"{where}: score '{cell}' is not a number") from error
    if not (math.isfinite(score) and abs(score) <= _LARGEST):
        raise DataError(f"{where}: score '{cell}' cannot be ranked: it must be finite in single precision")
    return score


def _write(path: Path, lines: Iterator[str]) -> None:
    try:
        with durable.replacing(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error


def _slug(name: str) -> str:
    """Make a name that is one field of a line, and one file on any system."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[-100:] or "unnamed"
