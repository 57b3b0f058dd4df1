"""Charts of a study as inline SVG: pure functions from numbers to markup, in the report page's classes and colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from equilingua.report import colours, svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HEIGHT = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 26, 46
# Width of a letter of the figures' type, near enough to keep labels apart.
_LETTER = 6.4
# Axes whose values span more than this are logarithmic: batch sizes double, shares do not.
_LOGARITHMIC = 12.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A value with its deviation (0: none) at a place; `text` says it in full, `label` is drawn beside it."""

    x: float
    y: float
    text: str
    x_deviation: float = 0.0
    y_deviation: float = 0.0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Spots of one colour, joined in their order."""

    label: str
    series: int
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero, its deviation, and both as written."""

    label: str
    series: int
    value: float
    deviation: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: what it is called, how its values are written, and named places on it in place of numbers."""

    title: str
    write: Callable[[float], str]
    names: tuple[tuple[float, str], ...] = ()


def lines(drawn: Sequence[Line], across: Axis, up: Axis, title: str) -> str:
    """Return a chart of lines or single spots over two axes, neither of which begins at zero."""
    spots = [spot for line in drawn for spot in line.spots]
    x, x_ticks = _axis([value for s in spots for value in _ends(s.x, s.x_deviation)], _LEFT, svg.WIDTH - _RIGHT, across)
    y, y_ticks = _axis([value for s in spots for value in _ends(s.y, s.y_deviation)], _HEIGHT - _BOTTOM, _TOP, up)
    parts = _frame(x, y, x_ticks, y_ticks, across, up)
    taken = [box for spot in spots for box in _boxes(spot, x, y)]
    for line in drawn:
        style = colours.series_class(line.series)
        if len(line.spots) > 1:
            xs, ys = [x(spot.x) for spot in line.spots], [y(spot.y) for spot in line.spots]
            parts.append(svg.line(f"curve {style}", xs, ys, line.label))
        for spot in line.spots:
            parts += _spot(spot, x, y, line.series)
    for spot in (spot for spot in spots if spot.label):
        parts.append(_label(spot, x(spot.x), y(spot.y), taken))
    return svg.picture(parts, _HEIGHT, title)


def bars(drawn: Sequence[Bar], write: Callable[[float], str], title: str) -> str:
    """Return horizontal bars from zero with a whisker of one deviation to each side, each value written behind it."""
    left, pitch = _gutter([bar.label for bar in drawn]), 26
    room = _gutter([bar.text for bar in drawn])
    high = max((bar.value + bar.deviation for bar in drawn), default=1.0) or 1.0
    ticks = [tick for tick in svg.nice_ticks(0.0, high, 5) if tick <= high]
    bottom = 24 + pitch * len(drawn)

    def place(value: float) -> float:
        return left + (svg.WIDTH - left - room) * value / high

    parts = _rules(ticks, place, write, bottom)
    for number, bar in enumerate(drawn):
        top, style = 24 + number * pitch + 5, colours.series_class(bar.series)
        text = escape(f"{bar.label}: {bar.text}")
        end = place(bar.value)
        parts.append(_name(bar.label, left, top + 12))
        parts.append(
            f'<rect class="bar {style}" x="{left}" y="{top}" width="{end - left:.1f}" height="16">'
            f"<title>{text}</title></rect>"
        )
        if bar.deviation:
            parts.append(_whisker(place(bar.value - bar.deviation), place(bar.value + bar.deviation), top + 8))
        behind = place(bar.value + bar.deviation) + 7
        parts.append(f'<text class="tick" x="{behind:.1f}" y="{top + 12}">{escape(bar.text)}</text>')
    return svg.picture(parts, bottom + 8, title)


def _axis(
    values: Sequence[float], start: float, stop: float, axis: Axis
) -> tuple[Callable[[float], float], list[tuple[float, str]]]:
    """Return where a value lies and which ticks are drawn, as (value, text)."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if axis.names and low > 0 and high / low > _LOGARITHMIC and all(value > 0 for value, _ in axis.names):
        low, high = math.log(low), math.log(high)
        return _placed(low, high, 0.05, start, stop, math.log), list(axis.names)
    place = _placed(low, high, 0.07, start, stop, float)
    if axis.names:
        return place, list(axis.names)
    air = 0.07 * (high - low)
    inside = [tick for tick in svg.nice_ticks(low, high, 5) if low - air <= tick <= high + air]
    return place, [(tick, axis.write(tick)) for tick in inside]


def _placed(
    low: float, high: float, air: float, start: float, stop: float, scale: Callable[[float], float]
) -> Callable[[float], float]:
    spread = (high - low) or abs(high) or 1.0
    low, high = low - air * spread, high + air * spread
    return lambda value: start + (stop - start) * (scale(value) - low) / (high - low)


def _frame(
    x: Callable[[float], float],
    y: Callable[[float], float],
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
    across: Axis,
    up: Axis,
) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    parts = []
    for tick, text in y_ticks:
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{svg.WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
            f'<text class="tick" x="{_LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        )
    for tick, text in x_ticks:
        parts.append(
            f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
            f'<text class="tick" x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{escape(text)}</text>'
        )
    parts.append(
        f'<text class="axis" x="{svg.WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{escape(across.title)}</text>'
    )
    if up.title:
        parts.append(f'<text class="axis" x="0" y="10">{escape(up.title)}</text>')
    return parts


def _spot(spot: Spot, x: Callable[[float], float], y: Callable[[float], float], series: int) -> list[str]:
    parts = []
    for horizontal, (low, high) in (
        (True, _ends(x(spot.x), x(spot.x + spot.x_deviation) - x(spot.x))),
        (False, _ends(y(spot.y), y(spot.y + spot.y_deviation) - y(spot.y))),
    ):
        if high == low:
            continue
        ends = (low, high, y(spot.y), y(spot.y)) if horizontal else (x(spot.x), x(spot.x), low, high)
        parts.append(
            f'<line class="whisker" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{ends[2]:.1f}" y2="{ends[3]:.1f}"/>'
        )
    parts.append(svg.marker(series, x(spot.x), y(spot.y), escape(spot.text)))
    return parts


def _label(spot: Spot, x: float, y: float, taken: list[tuple[float, float, float, float]]) -> str:
    """Write a spot's label at the first place around it that nothing else takes."""
    width = _LETTER * len(spot.label)
    places = [
        (x + 9, y + 4, "start", x + 8, y - 7),
        (x - 9, y + 4, "end", x - 9 - width, y - 7),
        (x, y - 9, "middle", x - width / 2, y - 20),
        (x, y + 18, "middle", x - width / 2, y + 7),
        (x + 7, y - 8, "start", x + 6, y - 19),
        (x - 7, y + 17, "end", x - 8 - width, y + 6),
        (x + 7, y + 17, "start", x + 6, y + 6),
        (x - 7, y - 8, "end", x - 8 - width, y - 19),
    ]
    boxes = [(left, top, left + width, top + 13) for *_, left, top in places]
    free = [
        number
        for number, box in enumerate(boxes)
        if box[0] > _LEFT and box[2] < svg.WIDTH and not any(_overlap(box, other) for other in taken)
    ]
    chosen = free[0] if free else 0
    taken.append(boxes[chosen])
    left, base, anchor, *_ = places[chosen]
    return f'<text class="name" x="{left:.1f}" y="{base:.1f}" text-anchor="{anchor}">{escape(spot.label)}</text>'


def _boxes(
    spot: Spot, x: Callable[[float], float], y: Callable[[float], float]
) -> list[tuple[float, float, float, float]]:
    """Return what a marker and its whiskers take, as (left, top, right, bottom)."""
    left, right = (x(value) for value in _ends(spot.x, spot.x_deviation))
    bottom, top = (y(value) for value in _ends(spot.y, spot.y_deviation))
    middle, height = x(spot.x), y(spot.y)
    marker = (middle - 5, height - 5, middle + 5, height + 5)
    return [marker, (left, height - 2, right, height + 2), (middle - 2, top, middle + 2, bottom)]


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _rules(
    ticks: Sequence[float], place: Callable[[float], float], write: Callable[[float], str], bottom: float
) -> list[str]:
    return [
        f'<line class="grid" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="18" y2="{bottom}"/>'
        f'<text class="tick" x="{place(tick):.1f}" y="13" text-anchor="middle">{escape(write(tick))}</text>'
        for tick in ticks
    ]


def _whisker(low: float, high: float, middle: float) -> str:
    return f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'


def _name(label: str, left: float, base: float) -> str:
    return f'<text class="name" x="{left - 8:.1f}" y="{base:.1f}" text-anchor="end">{escape(label)}</text>'


def _gutter(labels: Sequence[str]) -> float:
    return min(12 + _LETTER * max((len(label) for label in labels), default=0), svg.WIDTH / 2.4)


def _ends(value: float, deviation: float) -> tuple[float, float]:
    return min(value - deviation, value + deviation), max(value - deviation, value + deviation)
