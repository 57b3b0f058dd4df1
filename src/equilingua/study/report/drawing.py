"""A figure of a study's page, and what all kinds of figures need: their points, colours and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.study.analysis import answers

if TYPE_CHECKING:
    from equilingua.report import heat
    from equilingua.study.analysis.record import StudyRecord
    from equilingua.study.definition import Figure
    from equilingua.study.measures import Measure

SPREAD = "Whiskers: one standard deviation over seeds to each side."


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One point's pairs of languages."""

    point: str
    series: int
    rows: list[list[heat.HeatCell]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the page: `svg`, or heat maps on one scale; `legend` holds (label, series) where colours need one."""

    title: str
    note: str
    svg: str = ""
    legend: tuple[tuple[str, int], ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    heat_range: tuple[float, float] = (0.0, 1.0)


def points_of(study: StudyRecord, figure: Figure) -> list[str]:
    """Return the points that a figure shows."""
    return [point for point in study.points if not figure.points or point in figure.points]


def series_of(study: StudyRecord, point: str) -> int:
    """Return the number of a point's colour and mark: the same in all figures of the study."""
    return list(study.points).index(point)


def preface(figure: Figure, measure: Measure) -> str:
    """Say what a figure is of, and which way is better."""
    way = {True: "More is better. ", False: "Less is better. ", None: ""}[measure.higher_is_better]
    return f"{figure.benchmark}. {way}"


def by_part(study: StudyRecord, point: str, benchmark: str, measure: Measure) -> dict[str, float]:
    """Return part → mean over the point's finished runs; empty where questions were not kept."""
    found = [answers.read(study.folder, run.name, benchmark, measure) for run in study.done(point)]
    parts = [one.parts for one in found if one is not None]
    return {part: float(np.mean([one[part] for one in parts if part in one])) for one in parts[:1] for part in one}
