"""The figures that a study declares, drawn from what its runs gave; and its hypotheses as intervals."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from equilingua.evaluation.settings import PAIR_SEPARATOR
from equilingua.report import heat, interval_plot, numerals, plots
from equilingua.report.interval_plot import Interval
from equilingua.study import named
from equilingua.study.analysis import verdict
from equilingua.study.measures import Measure
from equilingua.study.report import charts, spots, tables
from equilingua.study.report.drawing import SPREAD, Drawing, HeatMap, by_part, points_of, preface, series_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.study.analysis.record import StudyRecord
    from equilingua.study.analysis.verdict import Verdict
    from equilingua.study.definition import Figure

# How the report's interval plot colours what it is told.
_TONES = {verdict.SUPPORTED: "win", verdict.CONTRADICTED: "loss"}


def drawings(study: StudyRecord) -> list[Drawing]:
    """Draw every declared figure that has anything to show.

    Raises:
        DataError: a file with questions is damaged.
    """
    made = {"curve": spots.curves, "trade-off": spots.trade_off, "bars": _bars, "by-language": _by_language}
    made |= {"by-amount": spots.by_amount, "pairs": _pairs}
    return [drawn for figure in study.declaration.figures for drawn in made[figure.kind](study, figure)]


def intervals(verdicts: Sequence[Verdict]) -> list[Drawing]:
    """Draw what each tested hypothesis gains beyond its margin, figures in ranks apart from the others."""
    drawn = []
    for in_ranks in (False, True):
        rows = []
        for number, one in enumerate(verdicts, start=1):
            measure, beyond = one.effect.contrast.measure, one.effect.beyond
            if beyond is None or (measure.metric == "rank_distance") != in_ranks:
                continue
            tone = _TONES.get(one.outcome, "tie")
            text = f"H{number}: {one.outcome}. {one.words}"
            rows.append(Interval(f"H{number}", beyond.difference, beyond.low, beyond.high, tone, text))
        if rows:
            unit = "ranks" if in_ranks else "score"
            measure = Measure("bias", "rank_distance") if in_ranks else Measure("monolingual", "map")
            title = f"Gain beyond the margin, in {unit}"
            note = "Estimate and 95 % interval; right of zero: in the expected direction. Full dots: more than chance."
            svg = interval_plot.intervals(rows, title, partial(named.write_difference, measure))
            drawn.append(Drawing(title, note, svg))
    return drawn


def _bars(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        bars = []
        for point in points_of(study, figure):
            found = tables.cell(study, point, figure.benchmark, measure)
            if found.runs:
                series = series_of(study, point)
                bars.append(charts.Bar(point, series, max(found.mean, 0.0), found.deviation or 0.0, found.text))
        if bars:
            title = f"{figure.title}: {named.title(measure)}"
            svg = charts.bars(bars, named.tick, title)
            drawn.append(Drawing(title, f"{preface(figure, measure)}{SPREAD}", svg))
    return drawn


def _by_language(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        by_point = {point: by_part(study, point, figure.benchmark, measure) for point in points_of(study, figure)}
        by_point = {point: values for point, values in by_point.items() if values}
        rows = sorted({part for values in by_point.values() for part in values})
        if not rows:
            continue
        title = f"{figure.title}: {named.title(measure)}"
        series = [
            plots.Series(point, series_of(study, point), [values.get(row, math.nan) for row in rows])
            for point, values in by_point.items()
        ]
        svg = plots.dots(rows, series, title, partial(named.write, measure))
        legend = tuple((one.label, one.series) for one in series)
        drawn.append(Drawing(title, f"{preface(figure, measure)}Means over seeds.", svg, legend))
    return drawn


def _pairs(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        found = {}
        for point in points_of(study, figure):
            own = by_part(study, point, figure.benchmark, Measure("monolingual", measure.metric))
            values = {(code, code): value for code, value in own.items()}
            for pair, value in by_part(study, point, figure.benchmark, measure).items():
                question, separator, passage = pair.partition(PAIR_SEPARATOR)
                if separator:
                    values[question, passage] = value
            if values:
                found[point] = values
        if not found:
            continue
        low, high = heat.heat_range([value for values in found.values() for value in values.values()])
        codes = sorted({code for values in found.values() for pair in values for code in pair})
        maps = tuple(
            HeatMap(point, series_of(study, point), heat.heat_cells(codes, values, low, high, _short, numerals.score))
            for point, values in found.items()
        )
        note = f"{figure.benchmark}. Question languages down, passage languages across, means over seeds; one scale."
        title = f"{figure.title}: {named.metric(measure)}"
        drawn.append(Drawing(title, note, heat_maps=maps, heat_range=(low, high)))
    return drawn


def _short(value: float) -> str:
    return numerals.score(value, digits=2)
