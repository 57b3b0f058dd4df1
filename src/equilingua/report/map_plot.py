"""Parallel sentences in two dimensions: a point a text, and lines that join the translations of one sentence."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from equilingua.report import colours, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.report.details import SentenceMap

_HEIGHT = 400
_AIR = 12


def coordinates(drawn: SentenceMap, languages: Sequence[str]) -> NDArray[np.float64]:
    """Return points as float64 [languages, groups, 2]; NaN where there is none."""
    groups = len(next(iter(drawn.points.values())))
    nothing = (None,) * groups
    return np.array(
        [[point or (np.nan, np.nan) for point in drawn.points.get(code, nothing)] for code in languages], np.float64
    )


def turned(points: NDArray[np.float64], towards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn, or mirror, a map so that its points lie as near as may be to those of another; distances stay.

    The orthogonal Procrustes problem (Schönemann, 1966), on the points that both have. Principal axes point wherever
    they happen to; without this two maps of the same thing may look like opposites.

    Args:
        points: float64 [languages, groups, 2].
        towards: of the same shape.
    """
    both = ~(np.isnan(points) | np.isnan(towards)).any(axis=-1)
    left, _, right = np.linalg.svd(points[both].T @ towards[both])
    rotated: NDArray[np.float64] = points @ (left @ right)
    return rotated


def sentence_map(points: NDArray[np.float64], languages: Sequence[str], title: str) -> str:
    """Return a map: markers coloured by language, thin lines from each to the middle of its sentence.

    Args:
        points: float64 [languages, groups, 2]; both axes are drawn to one scale.
        languages: their codes.
        title: of the figure.
    """
    low, high = np.nanmin(points, axis=(0, 1)), np.nanmax(points, axis=(0, 1))
    spread = np.maximum(high - low, 1e-9)
    scale = min((svg.WIDTH - 2 * _AIR) / spread[0], (_HEIGHT - 2 * _AIR) / spread[1])
    middle = (low + high) / 2
    placed = np.array([svg.WIDTH / 2, _HEIGHT / 2]) + (points - middle) * scale * (1, -1)
    parts = [f'<rect class="field" x="0" y="0" width="{svg.WIDTH}" height="{_HEIGHT}"/>']
    for group in range(placed.shape[1]):
        members = placed[:, group][~np.isnan(placed[:, group, 0])]
        if not len(members):
            continue
        x, y = members.mean(axis=0)
        spokes = "".join(f"M{x:.1f} {y:.1f}L{end[0]:.1f} {end[1]:.1f}" for end in members)
        parts.append(f'<path class="spoke" d="{spokes}"/>')
    for number, code in enumerate(languages):
        style = colours.language_class(number)
        parts += [
            svg.marker(number, x, y, escape(code), style=style, scale=0.75)
            for x, y in placed[number]
            if not np.isnan(x)
        ]
    return svg.picture(parts, _HEIGHT, title)


def key(number: int) -> str:
    """Return the mark that stands for a language in the legend."""
    mark = svg.marker(number, 7, 7, style=colours.language_class(number))
    return f'<svg class="swatch" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{mark}</svg>'
