"""Distributions of rank distance as figures: how many questions stay below a distance, and their spread by language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from equilingua.report import colours, numerals, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEIGHT, _LEFT, _BOTTOM = 300, 44, 34
# The ends of the thin and of the thick stroke of a strip, and its mark.
_STRIP = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Spread:
    """One encoder's quantiles; empty where there are none.

    Attributes:
        label: its name.
        series: its colour.
        levels: ascending, in 0–1.
        rows: quantiles at these levels, of each row of the figure.
    """

    label: str
    series: int
    levels: Sequence[float]
    rows: Sequence[Sequence[float]]


def cumulative(spreads: Sequence[Spread], title: str) -> str:
    """Return the share of questions up to each rank distance, a line an encoder, on a logarithmic scale of ranks.

    Args:
        spreads: each with one row.
        title: of the figure.
    """
    low, high = _range([value for one in spreads for row in one.rows for value in row])

    def x(value: float) -> float:
        return _LEFT + (svg.WIDTH - _LEFT - svg.RIGHT) * _place(value, low, high)

    def y(share: float) -> float:
        return 10 + (_HEIGHT - 10 - _BOTTOM) * (1 - share)

    parts, edge = [], svg.WIDTH - svg.RIGHT
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{svg.WIDTH - svg.RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>'
        )
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in log_ticks(low, high):
        text = numerals.rank(tick)
        parts.append(f'<text class="tick" x="{x(tick):.1f}" y="{_HEIGHT - 18}" text-anchor="middle">{text}</text>')
    parts.append(f'<text class="tick" x="{edge}" y="{_HEIGHT - 3}" text-anchor="end">rank distance</text>')
    for one in spreads:
        for values in one.rows:
            style = f"curve {colours.series_class(one.series)}"
            parts.append(svg.line(style, [x(v) for v in values], [y(level) for level in one.levels], one.label))
            middle = float(np.interp(0.5, one.levels, values))
            text = escape(f"{one.label}: half of the questions up to {numerals.ranks(middle)}")
            parts.append(svg.marker(one.series, x(middle), y(0.5), text))
    return svg.picture(parts, _HEIGHT, title)


def strips(rows: Sequence[str], spreads: Sequence[Spread], title: str) -> str:
    """Return strips by row, a lane an encoder: thin from 5 % to 95 % of the questions, thick the middle half, a mark.

    Args:
        rows: names.
        spreads: each with one row of quantiles for each name.
        title: of the figure.
    """
    lane = 11 if len(spreads) <= 4 else 8
    pitch = lane * len(spreads) + 10
    low, high = _range([value for one in spreads for row in one.rows for value in row])

    def x(value: float) -> float:
        return svg.LABEL + (svg.WIDTH - svg.LABEL - svg.RIGHT) * _place(value, low, high)

    parts = svg.frame(rows, pitch, log_ticks(low, high), x, numerals.rank)
    for number, row in enumerate(rows):
        for place, one in enumerate(spreads):
            if not one.rows[number]:
                continue
            ends = [float(np.interp(level, one.levels, one.rows[number])) for level in _STRIP]
            height = svg.TOP + number * pitch + 5 + lane * (place + 0.5)
            parts.append(_strip(one, row, [x(end) for end in ends], ends, height))
    return svg.picture(parts, svg.TOP + pitch * len(rows) + 6, title)


def log_ticks(low: float, high: float) -> list[float]:
    """Return round ticks from `low` to `high` on a logarithmic scale: 1, 2, 5, 10 …, or powers of ten if many.

    >>> log_ticks(11, 431), log_ticks(10, 12_000)
    ([20.0, 50.0, 100.0, 200.0], [10.0, 100.0, 1000.0, 10000.0])
    """
    steps = (1, 2, 5) if high / low < 200 else (1,)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [float(step * 10**power) for power in range(first, last + 1) for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def _strip(one: Spread, row: str, xs: Sequence[float], values: Sequence[float], height: float) -> str:
    text = escape(
        f"{row}, {one.label}: median {numerals.ranks(values[2])}, half of the questions from "
        f"{numerals.ranks(values[1])} to {numerals.ranks(values[3])}"
    )
    style = colours.series_class(one.series)
    return (
        f'<g><title>{text}</title><line class="whisker {style}" x1="{xs[0]:.1f}" x2="{xs[4]:.1f}" y1="{height}" '
        f'y2="{height}"/><line class="body {style}" x1="{xs[1]:.1f}" x2="{xs[3]:.1f}" y1="{height}" y2="{height}"/>'
        f'<circle class="middle {style}" cx="{xs[2]:.1f}" cy="{height}" r="2.6"/></g>'
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    finite = [max(value, 1.0) for value in values if math.isfinite(value)] or [1.0]
    low, high = min(finite), max(finite)
    return low, high if high > low else low * 10


def _place(value: float, low: float, high: float) -> float:
    return math.log(max(value, 1.0) / low) / math.log(high / low)
