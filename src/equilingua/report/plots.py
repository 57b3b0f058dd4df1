"""Charts: pure functions from rows to a Vega-Lite specification, which `vega.draw` draws.

What a chart shows stands in `["data"]["values"]`, a row a mark, so that it can be tested without being drawn. Every row
has the `color` and `shape` of `series` or `language`, and a `text` for the pointer.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from equilingua.report import vega
from equilingua.report.vega import COLOUR, MARKER, RING, SCORES, Row, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Circle, square, diamond, and triangles up and down, of about one area.
_SHAPES = (
    "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0Z",
    "M-.91 -.91H.91V.91H-.91Z",
    "M0 -1.24L1.24 0L0 1.24L-1.24 0Z",
    "M0 -1.16L1.16 .93H-1.16Z",
    "M0 1.16L1.16 -.93H-1.16Z",
)
# Where a name may stand beside its marker.
_SIDES = (
    ("left", 9, 0),
    ("right", -9, 0),
    ("center", 0, -13),
    ("center", 0, 13),
    ("left", 7, -12),
    ("right", -7, 12),
    ("left", 7, 12),
    ("right", -7, -12),
)
_STRETCH: dict[str, Callable[[float], float]] = {"linear": float, "log": math.log, "symlog": math.log1p}


def series(number: int) -> Row:
    """Return colour and shape of an encoder, or of whatever a chart contrasts: the same in all charts of a page."""
    return {"color": f"var(--s{number % 8})", "shape": _SHAPES[number % len(_SHAPES)]}


def language(number: int) -> Row:
    """Return colour and shape of a language."""
    return {"color": f"var(--t{number % 12})", "shape": _SHAPES[number % len(_SHAPES)]}


def swatch(look: Row) -> str:
    """Return a small mark for tables and legends, in the colour and shape that it has in charts."""
    return (
        '<svg class="swatch" viewBox="-1.5 -1.5 3 3" width="14" height="14" aria-hidden="true">'
        f'<path d="{look["shape"]}" fill="{look["color"]}"/></svg>'
    )


def bars(rows: Sequence[Row], title: str, names: Sequence[str] = (), numbers: str = SCORES) -> Spec:
    """Return horizontal bars from zero.

    Args:
        rows: `row`, `value`, and `label` where a row has several bars; where they have a deviation, the ends `low` and
            `high` of its whisker and what is `written` behind it.
        title: of the chart, for those who do not see it.
        names: of all rows, in their order; by default those that occur.
        numbers: how the axis writes them.
    """
    x = vega.number("value", numbers, scale={"nice": False}) | {"stack": None}
    behind = {"x": {"field": "high", "type": "quantitative"}, "text": {"field": "written"}}
    layers = [
        vega.layer("bars", "bar", COLOUR, told=True),
        vega.layer("whiskers", "rule", vega.span("low", "high"), only="isValid(datum.low)", color="var(--ink)"),
        vega.layer("written", "text", behind, only="datum.written", align="left", dx=7),
    ]
    room = vega.gutter([row.get("written", "") for row in rows])
    return vega.by_row(title, rows, names, x, layers, pitch=26, laned=True, right=room)


def dots(rows: Sequence[Row], title: str, names: Sequence[str] = (), numbers: str = SCORES) -> Spec:
    """Return a line a row from its least to its greatest `value`, with a marker for each; arguments as of `bars`."""
    x = vega.number("value", numbers, scale={"zero": False, "nice": False, "padding": 20})
    least, most = ({"field": "value", "type": "quantitative", "aggregate": end} for end in ("min", "max"))
    layers = [
        vega.layer("spans", "rule", {"x": least, "x2": most}, color="var(--strong)", strokeWidth=1.5),
        vega.layer("markers", "point", MARKER, told=True),
    ]
    return vega.by_row(title, rows, names, x, layers)


def strips(rows: Sequence[Row], title: str, names: Sequence[str] = ()) -> Spec:
    """Return distributions of ranks on a logarithmic axis: a thin line, a thick one and the median.

    Args:
        rows: `row`, `label` (a lane each), and ascending `low`, `quarter`, `value`, `three_quarters` and `high`.
        title: of the chart, for those who do not see it.
        names: of all rows, in their order; by default those that occur.
    """
    layers = [
        vega.layer("tails", "rule", COLOUR | vega.span("low", "high"), strokeWidth=1.2, opacity=0.75),
        vega.layer("halves", "rule", COLOUR | vega.span("quarter", "three_quarters"), told=True, strokeWidth=4.5),
        vega.layer("medians", "point", COLOUR, told=True, size=21, **RING),
    ]
    return vega.by_row(title, rows, names, vega.ranks(rows, "low", "high"), layers, laned=True)


def intervals(rows: Sequence[Row], title: str) -> Spec:
    """Return differences as dots on their intervals: full and coloured where they are no chance, else hollow.

    Args:
        rows: `row`, `value`, `low`, `high`, and `verdict`: "win", "tie" or "loss".
        title: of the chart, for those who do not see it.
    """
    of_verdict = {"win": "var(--better)", "tie": "var(--soft)", "loss": "var(--worse)"}
    at_zero = {"condition": {"test": "datum.value === 0", "value": "var(--strong)"}, "value": "var(--line)"}
    x = vega.number("value", scale={"zero": True, "nice": False, "padding": 16}, gridColor=at_zero)
    layers = [
        vega.layer("intervals", "rule", COLOUR | vega.span("low", "high"), told=True, strokeWidth=2),
        vega.layer("sure", "point", COLOUR, only="datum.verdict !== 'tie'", told=True, strokeWidth=0),
        vega.layer("unsure", "point", COLOUR, only="datum.verdict === 'tie'", told=True, strokeWidth=2, **RING),
    ]
    return vega.by_row(title, [row | {"color": of_verdict[row["verdict"]]} for row in rows], (), x, layers, pitch=26)


def cumulative(rows: Sequence[Row], title: str) -> Spec:
    """Return the share of questions up to each rank, a line a label, on a logarithmic axis.

    Args:
        rows: `label`, `level` (0 to 1) and `value`, the rank at this level; those with a `text` are marked.
        title: of the chart, for those who do not see it.
    """
    x = vega.ranks(rows, "value", "value", grid=False, **vega.titled("rank distance"))
    layers = [
        vega.layer("lines", "line", COLOUR | {"detail": {"field": "label"}, "order": {"field": "level"}}),
        vega.layer("medians", "point", MARKER, only="datum.text", told=True),
    ]
    return vega.chart(title, rows, {"x": x, "y": vega.number("level", vega.SHARES)}, layers)


def losses(rows: Sequence[Row], title: str) -> Spec:
    """Return training curves: losses as logged, faint; their running mean; held-out losses as rings.

    Args:
        rows: `label`, `step`, `loss`, and `held_out`, a boolean.
        title: of the chart, for those who do not see it.
    """
    longest = max(Counter(row["label"] for row in rows if not row["held_out"]).values(), default=0)
    window = {"op": "mean", "field": "loss", "as": "mean"}
    mean = {"window": [window], "frame": [1 - max(1, longest // 12), 0], "groupby": ["label"]}
    line = COLOUR | {"detail": {"field": "label"}}
    layers = [
        vega.layer("logged", "line", line, only="!datum.held_out", strokeWidth=1, opacity=0.28),
        vega.layer("means", "line", line | {"y": vega.number("mean")}, only="!datum.held_out"),
        vega.layer("held_out", "point", COLOUR, only="datum.held_out", told=True, size=50, strokeWidth=2, **RING),
    ]
    layers[1]["transform"].append(mean)
    # A few wild first steps should not press the rest of the curve flat; what lies above is drawn at the edge.
    high = float(np.quantile([row["loss"] for row in rows] or [1.0], 0.995)) or 1.0
    x = vega.number("step", "~s", scale={"nice": False}, grid=False, **vega.titled("step"))
    y = vega.number("loss", scale={"domain": [0, high], "nice": True, "clamp": True})
    return vega.chart(title, rows, {"x": x, "y": y}, layers)


def sentence_map(rows: Sequence[Row], title: str) -> Spec:
    """Return parallel sentences in a plane: a marker a text, joined to the middle of its sentence.

    Args:
        rows: `x`, `y`, and of the middle `middle_x` and `middle_y`; both axes have one scale.
        title: of the chart, for those who do not see it.
    """
    size, air = np.array([vega.WIDTH, 400]), 12
    points = np.array([(row["x"], row["y"]) for row in rows] or [(0, 0), (1, 1)])
    low, high = points.min(axis=0), points.max(axis=0)
    reach = max(*((high - low) / (size - 2 * air)), 1e-9) * size / 2
    ends = np.stack([(low + high) / 2 - reach, (low + high) / 2 + reach], axis=1).tolist()
    x, y = (
        {"field": axis, "type": "quantitative", "axis": None, "scale": {"domain": domain}}
        for axis, domain in zip("xy", ends, strict=True)
    )
    spokes = {"x2": {"field": "middle_x"}, "y2": {"field": "middle_y"}}
    layers = [
        vega.layer("spokes", "rule", spokes, color="var(--soft)", strokeWidth=0.6, opacity=0.4),
        vega.layer("markers", "point", MARKER, told=True, size=46),
    ]
    made = vega.chart(title, rows, {"x": x, "y": y}, layers, height=400, margins=(0, 0, 0, 0))
    return made | {"view": {"fill": "var(--raised)"}}


def lines(
    rows: Sequence[Row],
    title: str,
    across: str = "",
    up: str = "",
    ticks: Mapping[float, str] | None = None,
    scale: str = "linear",
) -> Spec:
    """Return lines, or single markers, over two axes of numbers, neither of which begins at zero.

    Args:
        rows: `x`, `y`, `line` (markers of one line are joined in their order); where they have deviations, the ends
            `x_low` and `x_high`, `y_low` and `y_high` of whiskers; a `name` to stand beside the marker.
        title: of the chart, for those who do not see it.
        across: name of the horizontal axis.
        up: name of the vertical axis.
        ticks: named places on the horizontal axis, in place of numbers.
        scale: of the horizontal axis: "linear", "log", or "symlog", which has a place for zero.
    """
    left, height = 56, 248
    x, y = (
        {"nice": False, "zero": False, "padding": padding, "domain": _extent(rows, axis)}
        for axis, padding in (("x", 24), ("y", 18))
    )
    x["type"] = scale
    named = vega.ticks(ticks) | {"labelExpr": _texts(ticks)} if ticks else {}
    x_axis: Spec = {"grid": False, "titleColor": "var(--ink)"} | vega.titled(across) | named
    y_axis: Spec = vega.titled(up) | {"titleAngle": 0, "titleAlign": "left", "titleX": -left, "titleY": -14}
    shown = [row | {"place": place} for place, row in enumerate(rows)]
    _place_names(shown, _pixels(x, vega.WIDTH - left - vega.RIGHT), _pixels(y, height, upwards=True), vega.WIDTH - left)
    beside: Spec = {key: {"expr": f"datum.{key}"} for key in ("dx", "dy", "align")}
    whisker: Spec = {"color": "var(--ink)", "strokeWidth": 1.2, "opacity": 0.7}
    layers = [
        vega.layer("lines", "line", COLOUR | {"detail": {"field": "line"}, "order": {"field": "place"}}),
        vega.layer("across", "rule", vega.span("x_low", "x_high"), only="isValid(datum.x_low)", **whisker),
        vega.layer("up", "rule", vega.span("y_low", "y_high", "y"), only="isValid(datum.y_low)", **whisker),
        vega.layer("markers", "point", MARKER, told=True),
        vega.layer("names", "text", {"text": {"field": "name"}}, only="datum.name", color="var(--ink)", **beside),
    ]
    encoding = {"x": vega.number("x", scale=x, **x_axis), "y": vega.number("y", scale=y, **y_axis)}
    return vega.chart(title, shown, encoding, layers, height=height, margins=(26, vega.RIGHT, 46, left))


def _texts(ticks: Mapping[float, str]) -> str:
    return f"{json.dumps(list(ticks.values()))}[indexof({json.dumps(list(ticks))}, datum.value)]"


def _extent(rows: Sequence[Row], axis: str) -> list[float]:
    values = [row[key] for row in rows for key in (axis, f"{axis}_low", f"{axis}_high") if key in row]
    return [min(values, default=0.0), max(values, default=1.0)]


def _pixels(scale: Spec, size: float, *, upwards: bool = False) -> Callable[[float], float]:
    """Return where Vega places a value on an axis of `size` pixels."""
    stretch, padding = _STRETCH[scale.get("type", "linear")], scale["padding"]
    ends = [stretch(end) for end in scale["domain"]]
    places = [size - padding, padding] if upwards else [padding, size - padding]
    return lambda value: float(np.interp(stretch(value), ends, places))


def _place_names(rows: Sequence[Row], x: Callable[[float], float], y: Callable[[float], float], width: float) -> None:
    """Write into each row with a name on which side of its marker the name covers nothing, else the right one."""
    taken = []
    for row in rows:
        ends = {f"{axis}_{end}": row[axis] for axis in "xy" for end in ("low", "high")} | row
        across, up = x(row["x"]), y(row["y"])
        taken += [
            (across - 5, up - 5, across + 5, up + 5),
            (x(ends["x_low"]), up - 2, x(ends["x_high"]), up + 2),
            (across - 2, y(ends["y_high"]), across + 2, y(ends["y_low"])),
        ]
    for row in (row for row in rows if "name" in row):
        length = vega.LETTER * len(row["name"])
        boxes = []
        for align, dx, dy in _SIDES:
            left = x(row["x"]) + dx - {"left": 0, "center": length / 2, "right": length}[align]
            boxes.append((left, y(row["y"]) + dy - 6.5, left + length, y(row["y"]) + dy + 6.5))
        free = [one for one, box in enumerate(boxes) if box[0] > 0 and box[2] < width and not _covers(box, taken)]
        side = free[0] if free else 0
        taken.append(boxes[side])
        row |= dict(zip(("align", "dx", "dy"), _SIDES[side], strict=True))


def _covers(box: Sequence[float], others: Sequence[Sequence[float]]) -> bool:
    left, top, right, bottom = box
    return any(left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in others)
