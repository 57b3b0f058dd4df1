"""Parts that the figures are put together from: markers, frames with ticks, lines, and the picture around them."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from equilingua.report import colours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH = 480
LABEL = 62
RIGHT = 14
TOP = 22
_SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
    "M-4.1 -4.1H4.1V4.1H-4.1Z",
    "M0 -5.6L5.6 0L0 5.6L-5.6 0Z",
    "M0 -5.2L5.2 4.2H-5.2Z",
    "M0 5.2L5.2 -4.2H-5.2Z",
)


def marker(series: int, x: float, y: float, title: str = "", *, style: str = "", scale: float = 1.0) -> str:
    """Return a marker: circle, square, diamond, triangle or their turned forms, by series.

    Args:
        series: decides the shape, and the colour where no style does.
        x: of its middle.
        y: of its middle.
        title: escaped text that a pointer shows.
        style: CSS class of its colour.
        scale: of its size.
    """
    inner = f"<title>{title}</title>" if title else ""
    size = "" if scale == 1 else f" scale({scale:g})"
    return (
        f'<path class="mark {style or colours.series_class(series)}" d="{_SHAPES[series % len(_SHAPES)]}" '
        f'transform="translate({x:.1f} {y:.1f}){size}">{inner}</path>'
    )


def swatch(series: int) -> str:
    """Return the small mark that stands for a series in tables and legends: its marker shape in its colour."""
    mark = marker(series, 7, 7)
    return f'<svg class="swatch" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{mark}</svg>'


def picture(parts: Sequence[str], height: float, title: str) -> str:
    """Return a whole figure of the page's width."""
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def line(style: str, xs: Sequence[float], ys: Sequence[float], title: str = "") -> str:
    """Return a line through points; `title` is what a pointer shows."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<polyline class="{style}" points="{points}">{inner}</polyline>'


def across(low: float, high: float) -> Callable[[float], float]:
    """Return where a value stands between the row names and the right edge."""
    return lambda value: LABEL + (WIDTH - LABEL - RIGHT) * (value - low) / (high - low)


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


def frame(
    rows: Sequence[str],
    pitch: float,
    ticks: Sequence[float],
    place: Callable[[float], float],
    write: Callable[[float], str],
) -> list[str]:
    """Return the ticks of the values and the names of the rows."""
    bottom = TOP + pitch * len(rows)
    parts = []
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="{TOP - 4}" y2="{bottom}"/>')
        text = _tick_text(tick, write)
        parts.append(f'<text class="tick" x="{place(tick):.1f}" y="{TOP - 9}" text-anchor="middle">{text}</text>')
    for number, row in enumerate(rows):
        y = TOP + pitch * (number + 0.5) + 4
        parts.append(f'<text class="name" x="{LABEL - 8}" y="{y:.1f}" text-anchor="end">{escape(row)}</text>')
    return parts


def _tick_text(tick: float, write: Callable[[float], str]) -> str:
    """Write a tick as its figure is written, less the digits that a round number does not need."""
    text = write(tick)
    head, point, tail = text.partition(".")
    unit = tail.lstrip("0123456789")
    digits = tail.removesuffix(unit).rstrip("0")
    return escape(f"{head or '0' if not digits else head}{point if digits else ''}{digits}{unit}")
