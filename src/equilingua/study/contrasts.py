"""Differences to be tested: those that a study's hypotheses expect, and those that its comparisons ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.study.definition import Hypothesis, Study
    from equilingua.study.measures import Measure


@dataclass(frozen=True, slots=True)
class Contrast:
    """One point against another by one measure.

    Attributes:
        statement: what is expected, in words; empty where nothing is.
        benchmark: where it is measured.
        measure: what is compared.
        better: name of the point that is expected to be better, or is named first.
        worse: name of the other.
        higher: whether "better" means more of the measure.
        margin: how much better at least, in the measure's unit; below 0: how much worse at most.
        relative_margin: likewise as a share of the worse point's figure; 0 where `margin` is given.
        parts: languages or ordered pairs ("de>en") to average over; empty for all.
        claims: numbers of the published claims that it bears on.
    """

    statement: str
    benchmark: str
    measure: Measure
    better: str
    worse: str
    higher: bool
    margin: float = 0.0
    relative_margin: float = 0.0
    parts: tuple[str, ...] = ()
    claims: tuple[int, ...] = ()


def expected(hypothesis: Hypothesis) -> Contrast:
    """Return what a hypothesis expects."""
    by_metric = hypothesis.measure.higher_is_better is not False
    return Contrast(
        statement=hypothesis.statement,
        benchmark=hypothesis.benchmark,
        measure=hypothesis.measure,
        better=hypothesis.better,
        worse=hypothesis.worse,
        higher=by_metric if hypothesis.direction is None else hypothesis.direction == "higher",
        margin=hypothesis.margin or 0.0,
        relative_margin=hypothesis.relative_margin or 0.0,
        parts=tuple(hypothesis.parts or ()),
        claims=tuple(hypothesis.claims),
    )


def asked(study: Study, measured: Sequence[tuple[str, Measure]]) -> list[Contrast]:
    """Return what a study's comparisons ask for, measure by measure.

    Args:
        study: its declaration.
        measured: (benchmark, measure) of which there are figures.
    """
    found, order = [], []
    for comparison in study.comparisons:
        wanted = comparison.measures or study.measures
        order += wanted
        found += [
            Contrast("", benchmark, one, comparison.first, other, one.higher_is_better is not False)
            for benchmark, one in measured
            if one in wanted and (not comparison.benchmarks or benchmark in comparison.benchmarks)
            for other in comparison.others
        ]
    return sorted(found, key=lambda contrast: order.index(contrast.measure))
