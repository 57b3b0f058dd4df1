"""Figures as inline SVG: pure functions from numbers to markup, coloured by the page's CSS classes.

SVG by hand rather than through a plotting library: the figures follow the reader's light or dark theme, use the page's
type, stay small and print as vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from equilingua.report import colours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WIDTH = 480
_LABEL = 62
_RIGHT = 14
_TOP = 22
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Series:
    """One encoder's values: one for each row of the figure, NaN where there is none."""

    label: str
    series: int
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's loss by step, and the losses on held-out data where it has them."""

    label: str
    series: int
    steps: np.ndarray
    values: np.ndarray
    validation_steps: np.ndarray
    validation_values: np.ndarray


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One ordered pair of a heat map: its step on the shared scale (None: no value) and its value as written."""

    row: str
    column: str
    level: int | None
    value: float


def bars(rows: Sequence[str], series: Sequence[Series], title: str, write: Callable[[float], str]) -> str:
    """Return horizontal bars from zero, grouped by row, one bar a series."""
    thickness = 10 if len(series) <= 4 else 7
    pitch = thickness * len(series) + 12
    high = _highest(series) or 1.0
    ticks = [tick for tick in nice_ticks(0.0, high) if tick <= high]
    place = _scale(0.0, high)
    parts = _frame(rows, pitch, ticks, place, write)
    for number, row in enumerate(rows):
        for lane, one in enumerate(series):
            if not math.isfinite(one.values[number]):
                continue
            width = place(one.values[number]) - _LABEL
            parts.append(
                f'<rect class="bar {colours.series_class(one.series)}" x="{_LABEL}" '
                f'y="{_TOP + number * pitch + 6 + lane * thickness}" width="{width:.1f}" height="{thickness - 1.5}">'
                f"<title>{escape(f'{row}, {one.label}: {write(one.values[number])}')}</title></rect>"
            )
    return _svg(parts, _TOP + pitch * len(rows) + 6, title)


def dots(rows: Sequence[str], series: Sequence[Series], title: str, write: Callable[[float], str]) -> str:
    """Return one line a row with a marker for each series; shapes differ too, so that colour is not all there is."""
    pitch = 24
    finite = [value for one in series for value in one.values if math.isfinite(value)] or [0.0, 1.0]
    # A little air on both sides keeps the outermost markers whole.
    air = 0.06 * (max(finite) - min(finite)) or 0.05
    low, high = min(finite) - air, max(finite) + air
    ticks = [tick for tick in nice_ticks(low, high) if low <= tick <= high]
    place = _scale(low, high)
    parts = _frame(rows, pitch, ticks, place, write)
    for number, row in enumerate(rows):
        middle = _TOP + pitch * (number + 0.5)
        points = [(one, one.values[number]) for one in series if math.isfinite(one.values[number])]
        if not points:
            continue
        ends = [place(extreme(value for _, value in points)) for extreme in (min, max)]
        parts.append(f'<line class="span" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{middle}" y2="{middle}"/>')
        for one, value in points:
            text = escape(f"{row}, {one.label}: {write(value)}")
            parts.append(_marker(one.series, place(value), middle, text))
    return _svg(parts, _TOP + pitch * len(rows) + 6, title)


def curves(runs: Sequence[Curve], title: str) -> str:
    """Return the loss against the step: the logged values faint, their running mean bold, validation as rings."""
    height, left, bottom = 300, 40, 34
    drawn = [_finite(run.steps, run.values) for run in runs]
    held_out = [_finite(run.validation_steps, run.validation_values) for run in runs]
    thinned = [thin(steps, values) for steps, values in drawn]
    every = [values for _, values in [*thinned, *held_out] if len(values)]
    longest = max((int(steps[-1]) for steps, _ in [*drawn, *held_out] if len(steps)), default=1)
    # A few wild first steps should not press the rest of the curve flat; what exceeds the frame is cut off.
    high = float(np.quantile(np.concatenate(every), 0.995)) if every else 1.0
    across, up = nice_ticks(0, longest), nice_ticks(0, high)

    def x(step: float) -> float:
        return left + (_WIDTH - left - _RIGHT) * step / max(longest, 1)

    def y(loss: float) -> float:
        return 10 + (height - 10 - bottom) * (1 - min(loss, up[-1]) / up[-1])

    parts = []
    for tick in up:
        parts.append(f'<line class="grid" x1="{left}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    parts += [
        f'<text class="tick" x="{x(tick):.1f}" y="{height - 18}" text-anchor="middle">{tick:g}</text>'
        for tick in across
        if tick <= 1.02 * longest
    ]
    parts.append(f'<text class="tick" x="{_WIDTH - _RIGHT}" y="{height - 3}" text-anchor="end">step</text>')
    for run, (steps, values), (held_steps, held_values) in zip(runs, thinned, held_out, strict=True):
        style = colours.series_class(run.series)
        if len(steps):
            parts.append(_path(f"raw {style}", [x(s) for s in steps], [y(v) for v in values]))
            mean = running_mean(values, max(1, len(values) // 12))
            parts.append(_path(f"curve {style}", [x(s) for s in steps], [y(v) for v in mean], run.label))
        for step, loss in zip(held_steps, held_values, strict=True):
            text = escape(f"{run.label}, step {step}: validation loss {loss:.4f}")
            ring = f'<circle class="ring {style}" cx="{x(step):.1f}" cy="{y(loss):.1f}" r="4">'
            parts.append(f"{ring}<title>{text}</title></circle>")
    return _svg(parts, height, title)


def swatch(series: int) -> str:
    """Return the small mark that stands for a series in tables and legends: its marker shape in its colour."""
    mark = _marker(series, 7, 7)
    return f'<svg class="swatch" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{mark}</svg>'


def heat_cells(
    languages: Sequence[str], values: dict[tuple[str, str], float], low: float, high: float
) -> list[list[HeatCell]]:
    """Return a heat map's rows of cells, question languages down and passage languages across.

    Args:
        languages: the order of rows and columns.
        values: (question language, passage language) → value; the diagonal is the monolingual setting.
        low: the value at the scale's first step.
        high: the value at its last.
    """
    return [
        [_heat_cell(row, column, values.get((row, column), math.nan), low, high) for column in languages]
        for row in languages
    ]


def heat_range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a scale that holds all `values`, rounded outwards to twentieths.

    >>> heat_range([0.512, 0.871])
    (0.5, 0.9)
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = math.floor(min(finite) * 20 + 1e-9), math.ceil(max(finite) * 20 - 1e-9)
    return low / 20, max(high, low + 1) / 20


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round, evenly spaced ticks that hold both ends, about `most` of them.

    >>> nice_ticks(0, 1229.7)
    [0.0, 250.0, 500.0, 750.0, 1000.0, 1250.0]
    """
    spread = high - low if high > low else abs(high) or 1.0
    rough = spread / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Return the mean of each value and up to `window` - 1 before it, [n] → [n]."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    mean: np.ndarray = (sums[ends] - sums[starts]) / (ends - starts)
    return mean


def thin(steps: np.ndarray, values: np.ndarray, most: int = _MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `most` points, each the mean of a stretch, so that a long run does not make a heavy page."""
    if len(steps) <= most:
        return steps, values
    edges = np.linspace(0, len(steps), most + 1).astype(int)
    means = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
    return steps[edges[1:] - 1], means


def _heat_cell(row: str, column: str, value: float, low: float, high: float) -> HeatCell:
    return HeatCell(row, column, colours.level(value, low, high), value)


def _finite(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = np.isfinite(values)
    return steps[kept], values[kept]


def _highest(series: Sequence[Series]) -> float:
    return max((value for one in series for value in one.values if math.isfinite(value)), default=1.0)


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: _LABEL + (_WIDTH - _LABEL - _RIGHT) * (value - low) / (high - low)


def _frame(
    rows: Sequence[str],
    pitch: float,
    ticks: Sequence[float],
    place: Callable[[float], float],
    write: Callable[[float], str],
) -> list[str]:
    bottom = _TOP + pitch * len(rows)
    parts = []
    for tick in ticks:
        parts.append(
            f'<line class="grid" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="{_TOP - 4}" y2="{bottom}"/>'
        )
        text = _tick_text(tick, write)
        parts.append(f'<text class="tick" x="{place(tick):.1f}" y="{_TOP - 9}" text-anchor="middle">{text}</text>')
    for number, row in enumerate(rows):
        y = _TOP + pitch * (number + 0.5) + 4
        parts.append(f'<text class="name" x="{_LABEL - 8}" y="{y:.1f}" text-anchor="end">{escape(row)}</text>')
    return parts


def _tick_text(tick: float, write: Callable[[float], str]) -> str:
    """Write a tick as its figure is written, less the digits that a round number does not need."""
    text = write(tick)
    head, point, tail = text.partition(".")
    unit = tail.lstrip("0123456789")
    digits = tail.removesuffix(unit).rstrip("0")
    return escape(f"{head or '0' if not digits else head}{point if digits else ''}{digits}{unit}")


def _marker(series: int, x: float, y: float, title: str = "") -> str:
    """Return a marker: circle, square, diamond, triangle or their turned forms, by series."""
    shapes = (
        "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
        "M-4.1 -4.1H4.1V4.1H-4.1Z",
        "M0 -5.6L5.6 0L0 5.6L-5.6 0Z",
        "M0 -5.2L5.2 4.2H-5.2Z",
        "M0 5.2L5.2 -4.2H-5.2Z",
    )
    inner = f"<title>{title}</title>" if title else ""
    return (
        f'<path class="mark {colours.series_class(series)}" d="{shapes[series % len(shapes)]}" '
        f'transform="translate({x:.1f} {y:.1f})">{inner}</path>'
    )


def _path(style: str, xs: Sequence[float], ys: Sequence[float], title: str = "") -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<polyline class="{style}" points="{points}">{inner}</polyline>'


def _svg(parts: Sequence[str], height: float, title: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
