"""TREC's run and qrels files: what other retrieval tools write and read, here of the pool of all languages.

A run has a line `QUESTION Q0 CANDIDATE RANK SCORE TAG` for each of a question's best candidates, qrels have a line
`QUESTION 0 CANDIDATE RELEVANCE` for each relevant one, under the names of `equilingua.evaluation.identifiers`, or the
published ids alone.
"""

from __future__ import annotations

import logging
import math
import re
from array import array
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from equilingua import durable
from equilingua.corpus.formats import trec
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group
from equilingua.evaluation.identifiers import Index, Unknown, candidate_ids, published_questions, question_ids
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.evaluation.counting import Lists
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


def write_run(path: Path, benchmark: Benchmark, counts: Lists, tag: str) -> None:
    """Write every question's best candidates of the pool (those in `Lists.top`), best first.

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
    offsets, relevant = benchmark.relevant_offsets, benchmark.relevant

    def lines() -> Iterator[str]:
        for question, group in zip(questions, benchmark.query_group.tolist(), strict=True):
            for candidate in relevant[offsets[group] : offsets[group + 1]].tolist():
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
    Translations of a question that are judged otherwise than it are made groups of their own, of the same name.

    Raises:
        DataError: the file cannot be read, a line is malformed, an id is not in the benchmark, or a passage is judged
            in two ways.
    """
    first_place: dict[str, str] = {}

    def noted() -> Iterator[tuple[str, str]]:
        for where, line in text_lines.of_file(path):
            for name in normalize("NFC", line).split()[:3:2]:
                first_place.setdefault(name, where)
            yield where, line

    judged = trec.parse_qrels(noted())
    questions, candidates = Index.of("question", benchmark), Index.of("candidate", benchmark)
    unknown, merged = Unknown(), trec.Judgements()
    for name, judgements in judged.items():
        question = unknown.find(name, questions, first_place.get(name, str(path)))
        for passage, relevance in judgements.items():
            candidate = unknown.find(passage, candidates, first_place.get(passage, str(path)))
            if question is not None and candidate is not None:
                # By full names: a file may call one thing by two.
                where = first_place.get(passage, str(path))
                merged.add(where, questions.names[question], candidates.names[candidate], relevance)
    unknown.raise_any()
    groups: dict[tuple[int, frozenset[int]], int] = {}
    group_of = []
    for name, group in zip(questions.names, benchmark.query_group.tolist(), strict=True):
        found = merged.qrels.get(name, {})
        chosen = frozenset(candidates.places[passage] for passage, relevance in found.items() if relevance > 0)
        group_of.append(groups.setdefault((group, chosen), len(groups)))
    names = [benchmark.groups[group] for group, _ in groups]
    pairs = [(group, candidate) for (_, chosen), group in groups.items() for candidate in chosen]
    owners, relevant = zip(*pairs, strict=True) if pairs else ((), ())
    offsets, distinct = by_group(owners, relevant, len(groups))
    return replace(
        benchmark,
        query_group=np.array(group_of, np.int32),
        groups=names,
        relevant_offsets=offsets,
        relevant=distinct,
        query_ids=published_questions(benchmark),
    )


def of_ids(name: str, qrels: Path, questions: Path, passages: Path) -> Benchmark:
    """Make a benchmark of ids alone, on which runs can be measured though nobody has the texts.

    Args:
        name: what results are reported under.
        qrels: what is relevant.
        questions: lines `ID LANGUAGE [GROUP]`; translations of one question share a group, which is the id by default.
        passages: lines `ID LANGUAGE` of the whole pool.

    Raises:
        DataError: a file cannot be read or names nothing, a line is malformed, or an id is there twice or judged and
            nowhere.
    """
    asked, pool = list(_ids(questions)), sorted(_ids(passages), key=itemgetter(1))
    if not asked or not pool:
        raise DataError(f"{passages if asked else questions}: names nothing")
    codes = {code: number for number, code in enumerate(sorted({code for _, code, _ in (*asked, *pool)}))}
    groups: dict[str, int] = {}
    made = Benchmark(
        name=name,
        languages=tuple(codes),
        queries=[identity for identity, _, _ in asked],
        query_language=np.array([codes[code] for _, code, _ in asked], np.int32),
        query_group=np.array([groups.setdefault(group, len(groups)) for _, _, group in asked], np.int32),
        groups=list(groups),
        candidates=[identity for identity, _, _ in pool],
        candidate_language=np.array([codes[code] for _, code, _ in pool], np.int32),
        relevant_offsets=np.zeros(len(groups) + 1, np.int64),
        relevant=np.zeros(0, np.int64),
        query_ids=[identity for identity, _, _ in asked],
        candidate_ids=[identity for identity, _, _ in pool],
        texts=False,
    )
    return with_qrels(made, qrels)


def _ids(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, language and group of each line."""
    first: dict[str, str] = {}
    for where, line in text_lines.of_file(path):
        cells = normalize("NFC", line).split()
        if not cells:
            continue
        if len(cells) not in {2, 3}:
            raise DataError(f"{where}: is not an id, its language and, if wanted, its group")
        identity, code, group = (*cells, cells[0])[:3]
        if first.setdefault(identity, where) != where:
            raise DataError(f"{where}: id '{identity}' is there twice, first in {first[identity]}")
        try:
            yield identity, normalise(code), group
        except UsageError as error:
            raise DataError(f"{where}: {error}") from None


def _read_run(path: Path, benchmark: Benchmark) -> ListedScores:
    question_of, candidate_of = Index.of("question", benchmark), Index.of("candidate", benchmark)
    unknown = Unknown()
    questions, candidates, scores, lines = array("q"), array("q"), array("f"), array("q")
    for number, (where, line) in enumerate(text_lines.of_file(path), 1):
        cells = normalize("NFC", line).split()
        if not cells:
            continue
        if len(cells) != 6:
            raise DataError(f"{where}: has {len(cells)} fields, not the six of a run: {_FIELDS}")
        question = unknown.find(cells[0], question_of, where)
        candidate = unknown.find(cells[2], candidate_of, where)
        if question is None or candidate is None:
            continue
        questions.append(question)
        candidates.append(candidate)
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


def _write(path: Path, lines: Iterator[str]) -> None:
    try:
        with durable.replacing(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error


def _slug(name: str) -> str:
    """Make a name that is one field of a line, and one file on any system."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[-100:] or "unnamed"
