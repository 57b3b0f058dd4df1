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

from equilingua.report import colours, svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def bars(rows: Sequence[str], series: Sequence[Series], title: str, write: Callable[[float], str]) -> str:
    """Return horizontal bars from zero, grouped by row, one bar a series."""
    thickness = 10 if len(series) <= 4 else 7
    pitch = thickness * len(series) + 12
    high = _highest(series) or 1.0
    ticks = [tick for tick in svg.nice_ticks(0.0, high) if tick <= high]
    place = svg.across(0.0, high)
    parts = svg.frame(rows, pitch, ticks, place, write)
    for number, row in enumerate(rows):
        for lane, one in enumerate(series):
            if not math.isfinite(one.values[number]):
                continue
            width = place(one.values[number]) - svg.LABEL
            parts.append(
                f'<rect class="bar {colours.series_class(one.series)}" x="{svg.LABEL}" '
                f'y="{svg.TOP + number * pitch + 6 + lane * thickness}" width="{width:.1f}" height="{thickness - 1.5}">'
                f"<title>{escape(f'{row}, {one.label}: {write(one.values[number])}')}</title></rect>"
            )
    return svg.picture(parts, svg.TOP + pitch * len(rows) + 6, title)


def dots(rows: Sequence[str], series: Sequence[Series], title: str, write: Callable[[float], str]) -> str:
    """Return one line a row with a marker for each series; shapes differ too, so that colour is not all there is."""
    pitch = 24
    finite = [value for one in series for value in one.values if math.isfinite(value)] or [0.0, 1.0]
    # A little air on both sides keeps the outermost markers whole.
    air = 0.06 * (max(finite) - min(finite)) or 0.05
    low, high = min(finite) - air, max(finite) + air
    ticks = [tick for tick in svg.nice_ticks(low, high) if low <= tick <= high]
    place = svg.across(low, high)
    parts = svg.frame(rows, pitch, ticks, place, write)
    for number, row in enumerate(rows):
        middle = svg.TOP + pitch * (number + 0.5)
        points = [(one, one.values[number]) for one in series if math.isfinite(one.values[number])]
        if not points:
            continue
        ends = [place(extreme(value for _, value in points)) for extreme in (min, max)]
        parts.append(f'<line class="span" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{middle}" y2="{middle}"/>')
        for one, value in points:
            text = escape(f"{row}, {one.label}: {write(value)}")
            parts.append(svg.marker(one.series, place(value), middle, text))
    return svg.picture(parts, svg.TOP + pitch * len(rows) + 6, title)


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
    across, up = svg.nice_ticks(0, longest), svg.nice_ticks(0, high)

    def x(step: float) -> float:
        return left + (svg.WIDTH - left - svg.RIGHT) * step / max(longest, 1)

    def y(loss: float) -> float:
        return 10 + (height - 10 - bottom) * (1 - min(loss, up[-1]) / up[-1])

    parts = []
    for tick in up:
        parts.append(
            f'<line class="grid" x1="{left}" x2="{svg.WIDTH - svg.RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        )
        parts.append(f'<text class="tick" x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    parts += [
        f'<text class="tick" x="{x(tick):.1f}" y="{height - 18}" text-anchor="middle">{tick:g}</text>'
        for tick in across
        if tick <= 1.02 * longest
    ]
    parts.append(f'<text class="tick" x="{svg.WIDTH - svg.RIGHT}" y="{height - 3}" text-anchor="end">step</text>')
    for run, (steps, values), (held_steps, held_values) in zip(runs, thinned, held_out, strict=True):
        style = colours.series_class(run.series)
        if len(steps):
            parts.append(svg.line(f"raw {style}", [x(s) for s in steps], [y(v) for v in values]))
            mean = running_mean(values, max(1, len(values) // 12))
            parts.append(svg.line(f"curve {style}", [x(s) for s in steps], [y(v) for v in mean], run.label))
        for step, loss in zip(held_steps, held_values, strict=True):
            text = escape(f"{run.label}, step {step}: validation loss {loss:.4f}")
            ring = f'<circle class="ring {style}" cx="{x(step):.1f}" cy="{y(loss):.1f}" r="4">'
            parts.append(f"{ring}<title>{text}</title></circle>")
    return svg.picture(parts, height, title)


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


def _finite(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = np.isfinite(values)
    return steps[kept], values[kept]


def _highest(series: Sequence[Series]) -> float:
    return max((value for one in series for value in one.values if math.isfinite(value)), default=1.0)
