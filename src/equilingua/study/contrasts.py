"""What a study declared before it ran: the differences that it expects, and the figures to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.study.measures import Measure


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A difference that the study expects, told before it runs.

    Attributes:
        statement: what is expected, in words.
        benchmark: where it is measured.
        measure: what is compared.
        better: name of the point that is expected to be better.
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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Points that are tested against each other, without anything being expected.

    Attributes:
        first: the point that each other is compared with.
        others: those points.
        benchmarks: where; empty for all.
        measures: by what.
    """

    first: str
    others: tuple[str, ...]
    benchmarks: tuple[str, ...]
    measures: tuple[Measure, ...]

    def contrasts(self, measured: Sequence[tuple[str, Measure]]) -> list[Hypothesis]:
        """Return a contrast for each other point and each (benchmark, measure) of `measured` that it asks for."""
        wanted = [
            (benchmark, measure)
            for benchmark, measure in measured
            if measure in self.measures and (not self.benchmarks or benchmark in self.benchmarks)
        ]
        return [
            Hypothesis("", benchmark, measure, self.first, other, measure.higher_is_better is not False)
            for benchmark, measure in wanted
            for other in self.others
        ]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure to draw.

    Attributes:
        kind: "curve" (measures against a value that the grid changes), "trade-off" (one measure against another),
            "bars" (a measure by point), "by-language" (a measure by language), "by-amount" (a language's measure
            against its pairs in training) or "pairs" (heat maps by language pair).
        title: above it.
        benchmark: that it shows.
        measures: the two axes of a trade-off; a figure each for all other kinds.
        x: the changed recipe key of a curve, such as `batches.alpha`.
        by: the changed key whose values each make a line of their own.
        points: the points to draw; empty for all.
    """

    kind: str
    title: str
    benchmark: str
    measures: tuple[Measure, ...]
    x: str | None = None
    by: str | None = None
    points: tuple[str, ...] = ()
