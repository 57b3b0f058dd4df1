"""The figures that a study declares, drawn from what its runs gave; and its hypotheses as intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from equilingua.evaluation.settings import PAIR_SEPARATOR
from equilingua.languages import described, pair_described
from equilingua.report import heat, numerals, plots, vega
from equilingua.report.figures import Figure
from equilingua.study import grid, verdict
from equilingua.study import measures as named
from equilingua.study.measures import Measure
from equilingua.study.report import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from equilingua.study.definition import DeclaredFigure
    from equilingua.study.record import StudyRecord
    from equilingua.study.verdict import Verdict

_SPREAD = "Whiskers: one standard deviation over seeds to each side."
_AMOUNTS = (0, 10, 100, 1_000, 10_000, 100_000)
# Axes whose values span more than this are logarithmic: batch sizes double, shares do not.
_LOGARITHMIC = 12.0
# How the report's interval plot colours an outcome.
_COLOURED = {verdict.SUPPORTED: "win", verdict.CONTRADICTED: "loss"}


def figures(study: StudyRecord) -> list[Figure | heat.HeatMaps]:
    """Return every declared figure that has anything to show.

    Raises:
        DataError: a file with questions is damaged.
    """
    kinds = {"curve": _curve, "bars": _bars, "by-language": _by_language, "by-amount": _by_amount, "pairs": _pairs}
    made: list[Figure | heat.HeatMaps | None] = []
    for figure in study.declaration.figures:
        if figure.kind == "trade-off":
            made.append(_trade_off(study, figure))
        else:
            made += [kinds[figure.kind](study, figure, measure) for measure in figure.measures]
    return [one for one in made if one is not None]


def intervals(verdicts: Sequence[Verdict]) -> list[Figure]:
    """Return what each tested hypothesis gains beyond its margin, figures in ranks apart from the others."""
    made = []
    for unit in ("score", "ranks"):
        rows = []
        for number, one in enumerate(verdicts, start=1):
            beyond, in_ranks = one.effect.beyond, one.effect.contrast.measure.metric == "rank_distance"
            if beyond is not None and in_ranks == (unit == "ranks"):
                row = {"row": f"H{number}", "value": beyond.difference, "low": beyond.low, "high": beyond.high}
                text = f"H{number}: {one.outcome}. {one.words}"
                rows.append(row | {"verdict": _COLOURED.get(one.outcome, "tie"), "text": text})
        if rows:
            heading = f"Gain beyond the margin, in {unit}"
            note = "Estimate and 95 % interval; right of zero: in the expected direction. Full dots: more than chance."
            made.append(Figure(heading, note, plots.intervals(rows, heading)))
    return made


def _bars(study: StudyRecord, figure: DeclaredFigure, measure: Measure) -> Figure | None:
    rows: list[vega.Row] = []
    for point in _points(study, figure):
        found = tables.cell(study, point, figure.benchmark, measure)
        if found.runs:
            spread = found.deviation or 0.0
            ends = {"value": max(found.mean, 0.0), "low": found.mean - spread, "high": found.mean + spread}
            row = {"row": point, **ends, "written": found.text, "text": f"{point}: {found.text}"}
            rows.append(row | _look(study, point))
    heading = _heading(figure, measure)
    return Figure(heading, f"{_preface(figure, measure)}{_SPREAD}", plots.bars(rows, heading)) if rows else None


def _by_language(study: StudyRecord, figure: DeclaredFigure, measure: Measure) -> Figure | None:
    found = {point: study.parts_of_point(point, figure.benchmark, measure) for point in _points(study, figure)}
    rows = [
        {
            "row": pair_described(part),
            "label": point,
            "value": value,
            "text": f"{pair_described(part)}, {point}: {named.write(measure, value)}",
            **_look(study, point),
        }
        for point, values in found.items()
        for part, value in values.items()
    ]
    if not rows:
        return None
    heading, parts = _heading(figure, measure), sorted({part for values in found.values() for part in values})
    legend = tuple((point, _series(study, point)) for point, values in found.items() if values)
    note = f"{_preface(figure, measure)}Means over seeds."
    return Figure(heading, note, plots.dots(rows, heading, list(map(pair_described, parts))), legend=legend)


def _pairs(study: StudyRecord, figure: DeclaredFigure, measure: Measure) -> heat.HeatMaps | None:
    found = []
    for point in _points(study, figure):
        own = study.parts_of_point(point, figure.benchmark, Measure("monolingual", measure.metric))
        values = {(code, code): value for code, value in own.items()}
        for pair, value in study.parts_of_point(point, figure.benchmark, measure).items():
            question, separator, passage = pair.partition(PAIR_SEPARATOR)
            if separator:
                values[question, passage] = value
        if values:
            found.append((point, _series(study, point), values))
    if not found:
        return None
    codes = sorted({code for *_, values in found for pair in values for code in pair})
    note = (
        f"{figure.benchmark}. Question languages down, passage languages across, means over seeds; one scale. "
        f"{', '.join(map(described, codes))}."
    )
    heading, unit = named.capital(f"{figure.title}: {numerals.name(measure.metric)}"), numerals.name(measure.metric)
    return heat.scores(heading, note, codes, found, unit)


def _curve(study: StudyRecord, figure: DeclaredFigure, measure: Measure) -> Figure | None:
    """Draw a measure over a recipe key."""
    assert figure.x is not None
    places, ticks, last = _places(study, figure, figure.x)
    rows: list[vega.Row] = []
    legend = []
    for number, (label, points) in enumerate(_lines(study, figure, list(places))):
        for point in sorted(points, key=places.__getitem__):
            found = tables.cell(study, point, figure.benchmark, measure)
            if not found.runs:
                continue
            x = places[point]
            # What has no number has no place between others: it stands alone.
            row = {"line": label if x <= last else f"{label}, {ticks[x]}", "x": x, "text": f"{point}: {found.text}"}
            rows.append(row | _ends("y", found) | plots.series(number))
            legend.append((label, number))
    if not rows:
        return None
    reached = {row["x"]: ticks[row["x"]] for row in sorted(rows, key=lambda row: row["x"])}
    least, most = min(reached), max(reached)
    scale = "log" if least > 0 and most / least > _LOGARITHMIC else "linear"
    heading = _heading(figure, measure)
    chart = plots.lines(rows, heading, across=figure.x, ticks=reached, scale=scale)
    shown = tuple(dict.fromkeys(legend)) if figure.by else ()
    return Figure(heading, f"{_preface(figure, measure)}{_SPREAD}", chart, legend=shown)


def _trade_off(study: StudyRecord, figure: DeclaredFigure) -> Figure | None:
    """Draw one measure against another."""
    across, up = figure.measures
    rows: list[vega.Row] = []
    legend = []
    for number, (label, points) in enumerate(_lines(study, figure, _points(study, figure))):
        for point in points:
            a, b = (tables.cell(study, point, figure.benchmark, measure) for measure in (across, up))
            if a.runs and b.runs:
                text = f"{point}: {named.title(across)} {a.text}, {named.title(up)} {b.text}"
                row = {"text": text, **_ends("x", a), **_ends("y", b)}
                if figure.by is None:
                    rows.append(row | {"line": point, "name": point} | _look(study, point))
                else:
                    rows.append(row | {"line": label, "name": _own(point, points)} | plots.series(number))
                    legend.append((label, number))
    if not rows:
        return None
    heading = named.capital(figure.title)
    note = f"{figure.benchmark}. Across: {named.title(across)}; up: {named.title(up)}. {_SPREAD}"
    chart = plots.lines(rows, heading, named.title(across), named.title(up))
    return Figure(heading, note, chart, legend=tuple(dict.fromkeys(legend)))


def _by_amount(study: StudyRecord, figure: DeclaredFigure, measure: Measure) -> Figure | None:
    """Draw a measure of each language against its pairs in training."""
    from scipy.stats import spearmanr

    rows: list[vega.Row] = []
    legend, told = [], []
    for point in _points(study, figure):
        pairs, values = _trained_pairs(study, point), study.parts_of_point(point, figure.benchmark, measure)
        if pairs is None or not values:
            continue
        amounts = {code: pairs.get(code, 0) for code in values}
        for code, value in values.items():
            text = f"{point}, {described(code)}: {amounts[code]:,} pairs, {named.write(measure, value)}"
            row = {"line": text, "name": code, "text": text, "x": amounts[code], "y": value}
            rows.append(row | _look(study, point))
        legend.append((point, _series(study, point)))
        if len(set(amounts.values())) > 1:
            rank = spearmanr(list(amounts.values()), list(values.values())).statistic
            told.append(f"{point} {rank:.2f}")
    if not rows:
        return None
    heading, most = _heading(figure, measure), max(row["x"] for row in rows)
    ticks: dict[float, str] = {amount: f"{amount:,}" for amount in _AMOUNTS if amount <= 1.3 * most}
    chart = plots.lines(rows, heading, across="pairs of the language in training", ticks=ticks, scale="symlog")
    ranks = f" Rank correlation with the amount: {', '.join(told)}." if told else ""
    return Figure(heading, f"{_preface(figure, measure)}Means over seeds.{ranks}", chart, legend=tuple(legend))


def _points(study: StudyRecord, figure: DeclaredFigure) -> list[str]:
    return [point for point in study.points if not figure.points or point in figure.points]


def _series(study: StudyRecord, point: str) -> int:
    """Return the number of a point's colour and mark: the same in all figures of the study."""
    return list(study.points).index(point)


def _look(study: StudyRecord, point: str) -> vega.Row:
    return plots.series(_series(study, point))


def _heading(figure: DeclaredFigure, measure: Measure) -> str:
    return named.capital(f"{figure.title}: {named.title(measure)}")


def _preface(figure: DeclaredFigure, measure: Measure) -> str:
    """Say what a figure is of, and which way is better."""
    way = {True: "More is better. ", False: "Less is better. ", None: ""}[measure.higher_is_better]
    return f"{figure.benchmark}. {way}"


def _ends(axis: str, found: tables.PointCell) -> vega.Row:
    spread = (
        {} if found.deviation is None else {"low": found.mean - found.deviation, "high": found.mean + found.deviation}
    )
    return {axis: found.mean} | {f"{axis}_{end}": value for end, value in spread.items()}


def _trained_pairs(study: StudyRecord, point: str) -> Mapping[str, int] | None:
    """Return how many pairs of each language a point was trained on; None if nothing is known of that."""
    found = ((run.trained or {}).get("pairs") for run in study.done(point))
    return next((pairs for pairs in found if pairs is not None), None)


def _lines(study: StudyRecord, figure: DeclaredFigure, points: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield (label, points) of each line: one for each value of the key that the figure is divided by."""
    if figure.by is None:
        yield "", list(points)
        return
    members: dict[str, list[str]] = {}
    for point in points:
        if figure.by in study.points[point]:
            members.setdefault(_written(study.points[point][figure.by]), []).append(point)
    key = figure.by.rpartition(".")[2]
    for value, own in members.items():
        yield ", ".join(_shared(own)) or f"{key}={value}", own


def _shared(points: Sequence[str]) -> list[str]:
    """Return the parts of their names that several points share: what the grid gave them besides."""
    parts = [point.split(", ") for point in points]
    return [part for part in parts[0] if all(part in own for own in parts)] if len(points) > 1 else []


def _own(point: str, line: Sequence[str]) -> str:
    """Return what of a point's name the line that it is on does not say."""
    return ", ".join(part for part in point.split(", ") if part not in _shared(line)) or point


def _places(study: StudyRecord, figure: DeclaredFigure, key: str) -> tuple[dict[str, float], dict[float, str], float]:
    """Return where points lie on a curve's axis, its ticks, and its last number; what is no number lies behind it."""
    changed = {point: study.points[point][key] for point in _points(study, figure) if key in study.points[point]}
    places = {point: float(value) for point, value in changed.items() if _is_number(value)}
    ticks = {value: f"{value:g}" for value in sorted(places.values())}
    end = last = max(ticks, default=0.0)
    step = (last - min(ticks, default=0.0)) / 4 or 1.0
    for point, value in changed.items():
        if not _is_number(value):
            text = _written(value)
            if text not in ticks.values():
                end += step
                ticks[end] = text
            places[point] = next(place for place, told in ticks.items() if told == text and place > last)
    return places, ticks, last


def _is_number(value: Any) -> bool:  # noqa: ANN401  (any YAML node)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _written(value: Any) -> str:  # noqa: ANN401  (any YAML node)
    """Write a changed value; of a schedule only where it begins and ends."""
    if isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return f"{value[0][1]:g} → {value[-1][1]:g}"
    return grid.written(value)
