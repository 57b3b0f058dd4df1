"""Figures of lines and spots: measures over a recipe key, against each other, or against the amount of data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scipy.stats import spearmanr

from equilingua.study import grid, named
from equilingua.study.ledger import Ledger
from equilingua.study.report import charts, tables
from equilingua.study.report.drawing import SPREAD, Drawing, by_part, points_of, preface, series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equilingua.study.analysis.record import StudyRecord
    from equilingua.study.definition import Figure
    from equilingua.study.measures import Measure

_AMOUNTS = (0, 10, 100, 1_000, 10_000, 100_000)


def curves(study: StudyRecord, figure: Figure) -> list[Drawing]:
    """Draw measures over a recipe key."""
    assert figure.x is not None
    drawn = []
    for measure in figure.shown:
        places, names, last = _places(study, figure)
        lines = []
        for number, (label, points) in enumerate(
            _lines(study, figure, [p for p in points_of(study, figure) if p in places])
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
        note = f"{preface(figure, measure)}{SPREAD}"
        drawn.append(Drawing(title, note, charts.lines(lines, across, up, title), legend))
    return drawn


def trade_off(study: StudyRecord, figure: Figure) -> list[Drawing]:
    """Draw one measure against another."""
    x, y = figure.shown
    lines = []
    for number, (label, points) in enumerate(_lines(study, figure, points_of(study, figure))):
        spots = []
        for point in points:
            a, b = (tables.cell(study, point, figure.benchmark, measure) for measure in (x, y))
            if a.runs and b.runs:
                text = f"{point}: {named.title(x)} {a.text}, {named.title(y)} {b.text}"
                shown = point if figure.by is None else _own(point, points)
                spots.append(charts.Spot(a.mean, b.mean, text, a.deviation or 0.0, b.deviation or 0.0, shown))
        if figure.by is None:
            lines += [charts.Line(one.label, series_of(study, one.label), (one,)) for one in spots]
        elif spots:
            lines.append(charts.Line(label, number, tuple(spots)))
    if not lines:
        return []
    axes = [charts.Axis(named.title(one), named.tick) for one in (x, y)]
    note = f"{figure.benchmark}. Across: {named.title(x)}; up: {named.title(y)}. {SPREAD}"
    legend = _legend(lines) if figure.by else ()
    return [Drawing(figure.title, note, charts.lines(lines, axes[0], axes[1], figure.title), legend)]


def by_amount(study: StudyRecord, figure: Figure) -> list[Drawing]:
    """Draw a measure of each language against its pairs in training."""
    drawn = []
    for measure in figure.shown:
        lines, told = [], []
        for point in points_of(study, figure):
            pairs, values = _trained_pairs(study, point), by_part(study, point, figure.benchmark, measure)
            if pairs is None or not values:
                continue
            amounts = {code: pairs.get(code, 0) for code in values}
            for code, value in values.items():
                text = f"{point}, {code}: {amounts[code]:,} pairs, {named.write(measure, value)}"
                spot = charts.Spot(_decades(amounts[code]), value, text, label=code)
                lines.append(charts.Line(point, series_of(study, point), (spot,)))
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
        note = f"{preface(figure, measure)}Means over seeds.{ranks}"
        drawn.append(Drawing(title, note, charts.lines(lines, *axes, title), _legend(lines)))
    return drawn


def _trained_pairs(study: StudyRecord, point: str) -> dict[str, int] | None:
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
        point: study.points[point][figure.x] for point in points_of(study, figure) if figure.x in study.points[point]
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


def _is_number(value: Any) -> bool:  # noqa: ANN401  (any YAML node)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(value: Any) -> str:  # noqa: ANN401  (any YAML node)
    """Write a changed value; of a schedule only where it begins and ends."""
    if isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return f"{value[0][1]:g} → {value[-1][1]:g}"
    return grid.written(value)
