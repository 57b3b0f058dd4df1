"""Evaluations side by side: by benchmark, with encoders labelled and checked to be comparable."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.errors import DataError
from equilingua.evaluation.posthoc.by_name import EVALUATION_TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.evaluation.record import EvaluationRecord, ResultRecord


@dataclass(frozen=True, slots=True, eq=False)
class EncoderEntry:
    """One encoder on a benchmark; `series` is its place among all evaluations and decides its colour.

    Entries are equal by identity: two encoders with the same figures are still two.
    """

    label: str
    series: int
    evaluation: EvaluationRecord
    result: ResultRecord


@dataclass(frozen=True, slots=True)
class SideBySide:
    """All encoders that were evaluated on one benchmark; the first is the base the others are measured against."""

    benchmark: str
    languages: tuple[str, ...]
    entries: tuple[EncoderEntry, ...]

    @property
    def base(self) -> EncoderEntry:
        """The encoder that the differences refer to."""
        return self.entries[0]


def labels(evaluations: Sequence[EvaluationRecord]) -> tuple[str, ...]:
    """Return a short, distinct name for each evaluation.

    A folder `…/NAME/encoder`, as training leaves it, is called NAME; a method after encoding is said in the name; what
    would still collide keeps its full name, then says on which other text the method was fitted, and is numbered last.
    """
    names = [_short(evaluation.encoder) + _suffix(evaluation) for evaluation in evaluations]
    full = [evaluation.encoder + _suffix(evaluation) for evaluation in evaluations]
    told = [
        name if one.posthoc_fitted_on in {None, EVALUATION_TEXTS} else f"{name} ({one.posthoc_fitted_on})"
        for name, one in zip(full, evaluations, strict=True)
    ]
    for longer in (full, told):
        repeated = {label for label, times in Counter(names).items() if times > 1}
        names = [new if name in repeated else name for name, new in zip(names, longer, strict=True)]
    taken: set[str] = set()
    for place, name in enumerate(names):
        candidate, number = name, 2
        while candidate in taken:
            candidate, number = f"{name} ({number})", number + 1
        taken.add(candidate)
        names[place] = candidate
    return tuple(names)


def gather(evaluations: Sequence[EvaluationRecord]) -> tuple[SideBySide, ...]:
    """Return what there is of each benchmark, in the order in which they first appear.

    Raises:
        DataError: there is no evaluation, or two of one benchmark differ in languages or counts.
    """
    if not evaluations:
        raise DataError("no evaluation to report: give at least one file that evaluate --json wrote")
    names = labels(evaluations)
    benchmarks = list(dict.fromkeys(name for evaluation in evaluations for name in evaluation.results))
    return tuple(_compare(benchmark, evaluations, names) for benchmark in benchmarks)


def _compare(benchmark: str, evaluations: Sequence[EvaluationRecord], names: Sequence[str]) -> SideBySide:
    members = [(place, evaluation) for place, evaluation in enumerate(evaluations) if benchmark in evaluation.results]
    first = members[0][1]
    for _, other in members[1:]:
        if other.qrels != first.qrels:
            judges = [f"'{one.qrels}'" if one.qrels else "the benchmark itself" for one in (other, first)]
            raise DataError(
                f"{other.source}: is judged by {judges[0]}, and {first.source} by {judges[1]}: judge both alike"
            )
        # Another choice of languages or of candidates makes another task: ranks in a smaller pool are not comparable.
        if other.results[benchmark].counts.by_language != first.results[benchmark].counts.by_language:
            raise DataError(
                f"{other.source}: results.{benchmark}.counts differs from {first.source}: "
                "evaluate both encoders on the same questions, candidates and languages"
            )
    entries = (EncoderEntry(names[place], place, one, one.results[benchmark]) for place, one in members)
    return SideBySide(benchmark, first.results[benchmark].languages, tuple(entries))


def _suffix(evaluation: EvaluationRecord) -> str:
    return f" + {evaluation.posthoc}" if evaluation.posthoc else ""


def _short(encoder: str) -> str:
    parts = [part for part in encoder.replace("\\", "/").split("/") if part]
    if len(parts) > 1 and parts[-1] == "encoder":
        return parts[-2]
    # Two parts are a hub name (owner/name) more often than a folder and read well either way.
    return parts[-1] if len(parts) > 2 else encoder
