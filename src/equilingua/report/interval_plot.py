"""Differences with their intervals, a row a pair of encoders: what lies clear of zero, and what does not."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from equilingua.report import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LABEL, _PITCH = 150, 26


@dataclass(frozen=True, slots=True)
class Interval:
    """One difference.

    Attributes:
        label: whom it is against.
        value: the difference.
        low: lower end of its interval.
        high: upper end.
        verdict: "win", "tie" or "loss".
        told: all of it in words, for a pointer.
    """

    label: str
    value: float
    low: float
    high: float
    verdict: str
    told: str


def intervals(rows: Sequence[Interval], title: str, write: Callable[[float], str]) -> str:
    """Return differences as dots on their intervals, full where they are no chance and hollow where they may be."""
    ends = [end for row in rows for end in (row.low, row.high)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    air = 0.05 * (high - low) or 1.0
    low, high = low - air, high + air
    bottom = svg.TOP + _PITCH * len(rows)

    def x(value: float) -> float:
        return _LABEL + (svg.WIDTH - _LABEL - svg.RIGHT) * (value - low) / (high - low)

    parts = []
    for tick in svg.nice_ticks(low, high, most=5):
        if low <= tick <= high:
            style, where = "zero" if tick == 0 else "grid", f"{x(tick):.1f}"
            parts.append(f'<line class="{style}" x1="{where}" x2="{where}" y1="{svg.TOP - 4}" y2="{bottom}"/>')
            parts.append(f'<text class="tick" x="{where}" y="{svg.TOP - 9}" text-anchor="middle">{write(tick)}</text>')
    for number, row in enumerate(rows):
        y = svg.TOP + _PITCH * (number + 0.5)
        name = escape(_fitted(row.label))
        parts.append(
            f'<g class="interval {row.verdict}"><title>{escape(row.told)}</title>'
            f'<text class="name" x="{_LABEL - 10}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
            f'<line x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(row.value):.1f}" cy="{y}" r="4.5"/></g>'
        )
    return svg.picture(parts, bottom + 6, title)


def _fitted(label: str, most: int = 22) -> str:
    return label if len(label) <= most else "…" + label[1 - most :]
