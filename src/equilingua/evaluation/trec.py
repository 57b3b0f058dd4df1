"""TREC's run and qrels files, which other retrieval tools read and write: names, and writing; here of the pool.

A run has a line `QUESTION Q0 CANDIDATE RANK SCORE TAG` for each of a question's best candidates, qrels have a line
`QUESTION 0 CANDIDATE RELEVANCE` for each relevant one. They are read by `equilingua.evaluation.peers.run_file` and
`equilingua.evaluation.benchmarks.qrels`.

Names are stable, unique and without spaces. A question is `LANGUAGE:ID` with the id that the benchmark publishes, or
else its group's name; a candidate is `LANGUAGE:ID` likewise, or else `LANGUAGE:N`, its number among the candidates of
its language, counted from 0 in the benchmark's order. So names depend on the benchmark alone, never on an encoder, and
a language can be left out without renaming the others. A second question of a language with the same id is
`LANGUAGE:ID#2`, and so on. Files that are read may leave the language out where no other question, or candidate, has
that id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from unicodedata import normalize
from urllib.parse import quote

import numpy as np

from equilingua import durable
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.counting import Lists
    from equilingua.evaluation.results import Evaluation

# What separates fields and lines, here or to other tools, and the escape itself.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f%\ufeff]")


def question_ids(benchmark: Benchmark) -> list[str]:
    """Name every question, in the benchmark's order."""
    own = published_questions(benchmark)
    languages = [benchmark.languages[language] for language in benchmark.query_language.tolist()]
    return _unique(f"{language}:{_escaped(name)}" for language, name in zip(languages, own, strict=True))


def candidate_ids(benchmark: Benchmark) -> list[str]:
    """Name every candidate, in the benchmark's order."""
    languages = [benchmark.languages[language] for language in benchmark.candidate_language.tolist()]
    if benchmark.candidate_ids is not None:
        names = map(_escaped, benchmark.candidate_ids)
    else:
        first = benchmark.candidate_offsets[benchmark.candidate_language]
        names = map(str, (np.arange(len(languages)) - first).tolist())
    return _unique(f"{language}:{name}" for language, name in zip(languages, names, strict=True))


class Names:
    """Where a benchmark's questions or candidates are: by name, and by published id alone where no other has it.

    Attributes:
        names: in the benchmark's order.
        places: of each name, and of each id that one item has.
    """

    def __init__(self, kind: Literal["question", "candidate"], benchmark: Benchmark) -> None:
        asked = kind == "question"
        self._kind, self._benchmark = kind, benchmark.name
        self.names = question_ids(benchmark) if asked else candidate_ids(benchmark)
        published = published_questions(benchmark) if asked else benchmark.candidate_ids or ()
        named = {name: number for number, name in enumerate(self.names)}
        alone: dict[str, int] = {}
        # Id of several items → two of their names.
        self._shared: dict[str, tuple[str, str]] = {}
        for number, identity in enumerate(map(_escaped, published)):
            if alone.setdefault(identity, number) != number and identity not in named:
                self._shared.setdefault(identity, (self.names[alone[identity]], self.names[number]))
        self.places = {name: number for name, number in alone.items() if name not in self._shared} | named

    def find(self, name: str, where: str) -> int:
        """Return the place of what is meant.

        Raises:
            DataError: nothing is, or one of several; the message begins with `where`.
        """
        if (place := self.places.get(name)) is not None:
            return place
        what = f"{where}: {self._kind} '{name}'"
        if name in self._shared:
            one, other = self._shared[name]
            raise DataError(f"{what} may be '{one}' or '{other}' of {self._benchmark}: write the language before it")
        raise DataError(f"{what} is not in {self._benchmark}, which names them like '{self.names[0]}'")


def published_questions(benchmark: Benchmark) -> Sequence[str]:
    """Return every question's own id: the published one, or else its group's name."""
    if benchmark.query_ids is not None:
        return benchmark.query_ids
    return [benchmark.groups[group] for group in benchmark.query_group.tolist()]


def _escaped(name: str) -> str:
    return _UNSAFE.sub(lambda match: quote(match.group()), normalize("NFC", name))


def _unique(names: Iterable[str]) -> list[str]:
    """Number the second and later bearers of a name, passing over numbers that somebody has for a name."""
    listed = list(names)
    if len(set(listed)) == len(listed):
        return listed
    taken = set(listed)
    bearers: dict[str, int] = {}
    made = []
    for name in listed:
        number = bearers.get(name, 0) + 1
        given = name
        while number > 1 and (given := f"{name}#{number}") in taken:
            number += 1
        bearers[name] = number
        made.append(given)
    return made


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


def _write(path: Path, lines: Iterator[str]) -> None:
    try:
        with durable.replacing(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error


def _slug(name: str) -> str:
    """Make a name that is one field of a line, and one file on any system."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[-100:] or "unnamed"
