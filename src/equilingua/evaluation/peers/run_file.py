"""A run file of TREC's as a peer: what another tool ranked, measured like an encoder."""

from __future__ import annotations

import logging
import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError
from equilingua.evaluation.trec import Names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

PREFIX = "run:"
_FIELDS = "question id, Q0, candidate id, rank, score and tag"
_LARGEST = float(np.finfo(np.float32).max)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFile:
    """What a run file ranks, named `run:FILE`.

    As in trec_eval a candidate's place follows from its score, compared in single precision; the rank in the file is
    not read. Candidates that a question does not list stand below all that it lists, tied; ties count against us.

    Attributes:
        path: of the file; unpacked if its name ends in `.gz`.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is reported under."""
        return f"{PREFIX}{self.path}"

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


def _read_run(path: Path, benchmark: Benchmark) -> ListedScores:
    question_of, candidate_of = Names("question", benchmark), Names("candidate", benchmark)
    questions, candidates, scores, lines = array("q"), array("q"), array("f"), array("q")
    for number, (where, line) in enumerate(text_lines.of_file(path), 1):
        cells = normalize("NFC", line).split()
        if not cells:
            continue
        if len(cells) != 6:
            raise DataError(f"{where}: has {len(cells)} fields, not the six of a run: {_FIELDS}")
        questions.append(question_of.find(cells[0], where))
        candidates.append(candidate_of.find(cells[2], where))
        scores.append(_score(cells[4], where))
        lines.append(number)
    # Of an empty file too: numpy takes an empty buffer only with a type.
    row, column = np.array(questions, np.int64), np.array(candidates, np.int64)
    order = np.lexsort((column, row))
    again = np.flatnonzero((np.diff(row[order]) == 0) & (np.diff(column[order]) == 0))
    if len(again):
        # Of equal places the order keeps that of the lines.
        pairs = zip(order[again].tolist(), order[again + 1].tolist(), strict=True)
        earlier, entry = min(pairs, key=lambda two: lines[two[1]])
        asked, listed = question_of.names[row[entry]], candidate_of.names[column[entry]]
        others = f" (and {len(again) - 1} more such lines)" if len(again) > 1 else ""
        twice = f"'{asked}' lists '{listed}' a second time, after line {lines[earlier]}"
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
