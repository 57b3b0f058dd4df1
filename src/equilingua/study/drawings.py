"""The figures that a study declares, drawn from what its runs gave; and its hypotheses as intervals."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import spearmanr

from equilingua.evaluation.settings import PAIR_SEPARATOR
from equilingua.report import heat, interval_plot, numerals, plots
from equilingua.report.interval_plot import Interval
from equilingua.study import answers, charts, named, tables, verdict
from equilingua.study.ledger import Ledger
from equilingua.study.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equilingua.study.definition import Figure
    from equilingua.study.record import StudyRecord
    from equilingua.study.verdict import Verdict

_SPREAD = "Whiskers: one standard deviation over seeds to each side."
_AMOUNTS = (0, 10, 100, 1_000, 10_000, 100_000)
# How the report's interval plot colours what it is told.
_TONES = {verdict.SUPPORTED: "win", verdict.CONTRADICTED: "loss"}


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


def drawings(study: StudyRecord) -> list[Drawing]:
    """Draw every declared figure that has anything to show.

    Raises:
        DataError: a file with questions is damaged.
    """
    made = {"curve": _curves, "trade-off": _trade_off, "bars": _bars, "by-language": _by_language}
    made |= {"by-amount": _by_amount, "pairs": _pairs}
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
            drawn.append(
                Drawing(
                    title,
                    note,
                    interval_plot.intervals(rows, title, partial(named.write_difference, measure)),
                )
            )
    return drawn


def _curves(study: StudyRecord, figure: Figure) -> list[Drawing]:
    assert figure.x is not None
    drawn = []
    for measure in figure.shown:
        places, names, last = _places(study, figure)
        lines = []
        for number, (label, points) in enumerate(
            _lines(study, figure, [p for p in _points(study, figure) if p in places])
        ):
            spots = [_spot(study, figure, measure, point, places[point]) for point in points]
            found = sorted((spot for spot in spots if spot is not None), key=lambda spot: spot.x)
            # What has no number has no place between others: it stands alone.
            scaled = tuple(spot for spot in found if spot.x <= last)
            lines += [
                charts.Line(label, number, own) for own in (scaled, *((one,) for one in found[len(scaled) :])) if own
            ]
        if not lines:
            continue
        reached = {spot.x for line in lines for spot in line.spots}
        across = charts.Axis(figure.x, str, tuple(tick for tick in names if tick[0] in reached))
        up = charts.Axis("", named.tick)
        title = f"{figure.title}: {named.title(measure)}"
        legend = _legend(lines) if figure.by else ()
        note = f"{figure.benchmark}. {_better(measure)}{_SPREAD}"
        drawn.append(Drawing(title, note, charts.lines(lines, across, up, title), legend))
    return drawn


def _trade_off(study: StudyRecord, figure: Figure) -> list[Drawing]:
    x, y = figure.shown
    lines = []
    for number, (label, points) in enumerate(_lines(study, figure, _points(study, figure))):
        spots = []
        for point in points:
            a, b = (tables.cell(study, point, figure.benchmark, measure) for measure in (x, y))
            if a.runs and b.runs:
                text = f"{point}: {named.title(x)} {a.text}, {named.title(y)} {b.text}"
                shown = point if figure.by is None else _own(point, points)
                spots.append(charts.Spot(a.mean, b.mean, text, a.deviation or 0.0, b.deviation or 0.0, shown))
        if figure.by is None:
            lines += [charts.Line(one.label, _series(study, one.label), (one,)) for one in spots]
        elif spots:
            lines.append(charts.Line(label, number, tuple(spots)))
    if not lines:
        return []
    axes = [charts.Axis(named.title(one), named.tick) for one in (x, y)]
    note = f"{figure.benchmark}. Across: {named.title(x)}; up: {named.title(y)}. {_SPREAD}"
    legend = _legend(lines) if figure.by else ()
    return [Drawing(figure.title, note, charts.lines(lines, axes[0], axes[1], figure.title), legend)]


def _bars(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        bars = []
        for point in _points(study, figure):
            found = tables.cell(study, point, figure.benchmark, measure)
            if found.runs:
                series = _series(study, point)
                bars.append(charts.Bar(point, series, max(found.mean, 0.0), found.deviation or 0.0, found.text))
        if bars:
            title = f"{figure.title}: {named.title(measure)}"
            svg = charts.bars(bars, named.tick, title)
            drawn.append(Drawing(title, f"{figure.benchmark}. {_better(measure)}{_SPREAD}", svg))
    return drawn


def _by_language(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        by_point = {point: by_part(study, point, figure.benchmark, measure) for point in _points(study, figure)}
        by_point = {point: values for point, values in by_point.items() if values}
        rows = sorted({part for values in by_point.values() for part in values})
        if not rows:
            continue
        title = f"{figure.title}: {named.title(measure)}"
        series = [
            plots.Series(point, _series(study, point), [values.get(row, math.nan) for row in rows])
            for point, values in by_point.items()
        ]
        svg = plots.dots(rows, series, title, partial(named.write, measure))
        legend = tuple((one.label, one.series) for one in series)
        drawn.append(Drawing(title, f"{figure.benchmark}. {_better(measure)}Means over seeds.", svg, legend))
    return drawn


def _by_amount(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        lines, told = [], []
        for point in _points(study, figure):
            pairs, values = trained_pairs(study, point), by_part(study, point, figure.benchmark, measure)
            if pairs is None or not values:
                continue
            amounts = {code: pairs.get(code, 0) for code in values}
            for code, value in values.items():
                text = f"{point}, {code}: {amounts[code]:,} pairs, {named.write(measure, value)}"
                spot = charts.Spot(_decades(amounts[code]), value, text, label=code)
                lines.append(charts.Line(point, _series(study, point), (spot,)))
            if len(set(amounts.values())) > 1:
                rank = spearmanr(list(amounts.values()), list(values.values())).statistic
                told.append(f"{point} {rank:.2f}")
        if not lines:
            continue
        most = max(line.spots[0].x for line in lines)
        ticks = tuple((_decades(amount), f"{amount:,}") for amount in _AMOUNTS if _decades(amount) <= most + 0.1)
        title = f"{figure.title}: {named.title(measure)}"
        axes = charts.Axis("pairs of the language in training", str, ticks), charts.Axis("", named.tick)
        ranks = f" Rank correlation with the amount: {', '.join(told)}." if told else ""
        note = f"{figure.benchmark}. {_better(measure)}Means over seeds.{ranks}"
        drawn.append(Drawing(title, note, charts.lines(lines, *axes, title), _legend(lines)))
    return drawn


def _pairs(study: StudyRecord, figure: Figure) -> list[Drawing]:
    drawn = []
    for measure in figure.shown:
        found = {}
        for point in _points(study, figure):
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
            HeatMap(point, _series(study, point), heat.heat_cells(codes, values, low, high, _short, numerals.score))
            for point, values in found.items()
        )
        note = f"{figure.benchmark}. Question languages down, passage languages across, means over seeds; one scale."
        title = f"{figure.title}: {named.metric(measure)}"
        drawn.append(Drawing(title, note, heat_maps=maps, heat_range=(low, high)))
    return drawn


def by_part(study: StudyRecord, point: str, benchmark: str, measure: Measure) -> dict[str, float]:
    """Return part → mean over the point's finished runs; empty where questions were not kept."""
    found = [answers.read(study.folder, run.name, benchmark, measure) for run in study.done(point)]
    parts = [one.parts for one in found if one is not None]
    return {part: float(np.mean([one[part] for one in parts if part in one])) for one in parts[:1] for part in one}


def trained_pairs(study: StudyRecord, point: str) -> dict[str, int] | None:
    """Return how many pairs of each language a point was trained on; None if nothing is known of that."""
    for run in study.done(point):
        entry = Ledger(study.folder / "ledger").read(run.name)
        if entry is not None and entry.trained is not None and "pairs" in entry.trained:
            return dict(entry.trained["pairs"])
    return None


def _decades(amount: int) -> float:
    """Where an amount lies on a logarithmic axis that has a place for none."""
    return math.log10(1 + amount)


def _legend(lines: Sequence[charts.Line]) -> tuple[tuple[str, int], ...]:
    return tuple(dict.fromkeys((line.label, line.series) for line in lines))


def _points(study: StudyRecord, figure: Figure) -> list[str]:
    return [point for point in study.points if not figure.points or point in figure.points]


def _lines(study: StudyRecord, figure: Figure, points: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return (label, points) of each line: one for each value of the key that the figure is divided by."""
    if figure.by is None:
        return [("", list(points))]
    members: dict[str, list[str]] = {}
    for point in points:
        if figure.by in study.points[point]:
            members.setdefault(_written(study.points[point][figure.by]), []).append(point)
    key = figure.by.rpartition(".")[2]
    return [(", ".join(_shared(own)) or f"{key} = {value}", own) for value, own in members.items()]


def _shared(points: Sequence[str]) -> list[str]:
    """Return the parts of their names that several points share: what the grid gave them besides."""
    parts = [point.split(", ") for point in points]
    return [part for part in parts[0] if all(part in own for own in parts)] if len(points) > 1 else []


def _own(point: str, line: Sequence[str]) -> str:
    """Return what of a point's name the line that it is on does not say."""
    return ", ".join(part for part in point.split(", ") if part not in _shared(line)) or point


def _places(study: StudyRecord, figure: Figure) -> tuple[dict[str, float], tuple[tuple[float, str], ...], float]:
    """Return where points lie on a curve's axis, its ticks, and its last number; what is no number lies behind it."""
    assert figure.x is not None
    changed = {
        point: study.points[point][figure.x] for point in _points(study, figure) if figure.x in study.points[point]
    }
    numbers = {point: float(value) for point, value in changed.items() if _is_number(value)}
    ticks = {value: f"{value:g}" for value in sorted(numbers.values())}
    end = last = max(numbers.values(), default=0.0)
    step = (end - min(numbers.values(), default=0.0)) / 4 or 1.0
    places = dict(numbers)
    for value in dict.fromkeys(_written(value) for value in changed.values() if not _is_number(value)):
        end += step
        ticks[end] = value
        places |= {point: end for point, own in changed.items() if not _is_number(own) and _written(own) == value}
    return places, tuple(ticks.items()), last


def _spot(study: StudyRecord, figure: Figure, measure: Measure, point: str, x: float) -> charts.Spot | None:
    found = tables.cell(study, point, figure.benchmark, measure)
    if not found.runs:
        return None
    return charts.Spot(x, found.mean, f"{point}: {found.text}", y_deviation=found.deviation or 0.0)


def _series(study: StudyRecord, point: str) -> int:
    return list(study.points).index(point)


def _better(measure: Measure) -> str:
    return {True: "More is better. ", False: "Less is better. ", None: ""}[measure.higher_is_better]


def _is_number(value: Any) -> bool:  # noqa: ANN401  (any YAML node)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(value: Any) -> str:  # noqa: ANN401  (any YAML node)
    """Write a changed value; of a schedule only where it begins and ends."""
    if isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return f"{value[0][1]:g} → {value[-1][1]:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: float) -> str:
    return numerals.score(value, digits=2)
