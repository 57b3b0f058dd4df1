"""Charts: pure functions from rows to a Vega-Lite specification, and `draw`, which makes inline SVG of one.

A specification is plain data (https://vega.github.io/vega-lite/docs/). What it shows stands in `["data"]["values"]`, a
row a mark, so that it can be tested without being drawn. Every row has the `color` and `shape` of `series` or
`language`, and a `text` for the pointer. Colours are custom properties of the page's style sheet, so that charts follow
the reader's light or dark theme; all sizes are fixed, so that no drawing depends on the fonts of a machine.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

Row = dict[str, Any]
Spec = dict[str, Any]

# How an axis writes its numbers: https://d3js.org/d3-format.
SCORES, SHARES, RANKS = ",.10~f", ".10~%", "~s"
_WIDTH, _RIGHT = 480, 14
# Width of a letter of the page's type at 12 px, near enough to make room for names and to keep them apart.
_LETTER, _LONGEST = 7.2, 28
# Circle, square, diamond, and triangles up and down, of about one area.
_SHAPES = (
    "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0Z",
    "M-.91 -.91H.91V.91H-.91Z",
    "M0 -1.24L1.24 0L0 1.24L-1.24 0Z",
    "M0 -1.16L1.16 .93H-1.16Z",
    "M0 1.16L1.16 -.93H-1.16Z",
)
_CONFIG = {
    "font": "inherit",
    "view": {"stroke": None},
    "mark": {"aria": False},
    "line": {"strokeWidth": 2.25, "strokeJoin": "round"},
    "point": {"filled": True, "opacity": 1, "size": 81, "stroke": "var(--ground)", "strokeWidth": 1.2},
    "text": {"color": "var(--soft)", "fontSize": 12, "baseline": "middle"},
    "axis": {
        "aria": False,
        "domain": False,
        "ticks": False,
        "tickCount": 4,
        "gridColor": "var(--line)",
        "labelColor": "var(--soft)",
        "labelFontSize": 12,
        "labelLimit": 0,
        "labelFlush": False,
        "labelOverlap": False,
        "labelPadding": 8,
        "title": None,
        "titleColor": "var(--soft)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
}
_COLOUR = {"color": {"field": "color", "type": "nominal", "scale": None}}
_MARKER = _COLOUR | {"shape": {"field": "shape", "type": "nominal", "scale": None}}
_RING: Spec = {"filled": False, "fill": "var(--ground)"}
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
# How axes write numbers without a leading zero, and long names by their ends.
_SHORT = r"replace(replace(datum.label, /^(\u2212?)0\./, '$1.'), '%', '\u202f%')"
_FITTED = f"length(datum.label) > {_LONGEST} ? '…' + slice(datum.label, {1 - _LONGEST}) : datum.label"
# What of Vega's SVG a page has no use for; what the marks of a group share and may stand once; and what holds numbers.
_UNUSED = ("role", "aria-roledescription", "aria-label", "aria-hidden", "pointer-events", "font-family")
_INHERITED = ("fill", "stroke", "stroke-width", "font-size", "text-anchor")
_PLACES = {"d", "transform", "x", "y", "x2", "y2"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
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
    x = _number("value", numbers, scale={"nice": False}) | {"stack": None}
    behind = {"x": {"field": "high", "type": "quantitative"}, "text": {"field": "written"}}
    layers = [
        _layer("bars", "bar", _COLOUR, told=True),
        _layer("whiskers", "rule", _span("low", "high"), only="isValid(datum.low)", color="var(--ink)"),
        _layer("written", "text", behind, only="datum.written", align="left", dx=7),
    ]
    room = _gutter([row.get("written", "") for row in rows])
    return _by_row(title, rows, names, x, layers, pitch=26, laned=True, right=room)


def dots(rows: Sequence[Row], title: str, names: Sequence[str] = (), numbers: str = SCORES) -> Spec:
    """Return a line a row from its least to its greatest `value`, with a marker for each; arguments as of `bars`."""
    x = _number("value", numbers, scale={"zero": False, "nice": False, "padding": 20})
    least, most = ({"field": "value", "type": "quantitative", "aggregate": end} for end in ("min", "max"))
    layers = [
        _layer("spans", "rule", {"x": least, "x2": most}, color="var(--strong)", strokeWidth=1.5),
        _layer("markers", "point", _MARKER, told=True),
    ]
    return _by_row(title, rows, names, x, layers)


def strips(rows: Sequence[Row], title: str, names: Sequence[str] = ()) -> Spec:
    """Return distributions of ranks on a logarithmic axis: a thin line, a thick one and the median.

    Args:
        rows: `row`, `label` (a lane each), and ascending `low`, `quarter`, `value`, `three_quarters` and `high`.
        title: of the chart, for those who do not see it.
        names: of all rows, in their order; by default those that occur.
    """
    layers = [
        _layer("tails", "rule", _COLOUR | _span("low", "high"), strokeWidth=1.2, opacity=0.75),
        _layer("halves", "rule", _COLOUR | _span("quarter", "three_quarters"), told=True, strokeWidth=4.5),
        _layer("medians", "point", _COLOUR, told=True, size=21, **_RING),
    ]
    return _by_row(title, rows, names, _ranks(rows, "low", "high"), layers, laned=True)


def intervals(rows: Sequence[Row], title: str) -> Spec:
    """Return differences as dots on their intervals: full and coloured where they are no chance, else hollow.

    Args:
        rows: `row`, `value`, `low`, `high`, and `verdict`: "win", "tie" or "loss".
        title: of the chart, for those who do not see it.
    """
    of_verdict = {"win": "var(--better)", "tie": "var(--soft)", "loss": "var(--worse)"}
    at_zero = {"condition": {"test": "datum.value === 0", "value": "var(--strong)"}, "value": "var(--line)"}
    x = _number("value", scale={"zero": True, "nice": False, "padding": 16}, gridColor=at_zero)
    layers = [
        _layer("intervals", "rule", _COLOUR | _span("low", "high"), told=True, strokeWidth=2),
        _layer("sure", "point", _COLOUR, only="datum.verdict !== 'tie'", told=True, strokeWidth=0),
        _layer("unsure", "point", _COLOUR, only="datum.verdict === 'tie'", told=True, strokeWidth=2, **_RING),
    ]
    return _by_row(title, [row | {"color": of_verdict[row["verdict"]]} for row in rows], (), x, layers, pitch=26)


def cumulative(rows: Sequence[Row], title: str) -> Spec:
    """Return the share of questions up to each rank, a line a label, on a logarithmic axis.

    Args:
        rows: `label`, `level` (0 to 1) and `value`, the rank at this level; those with a `text` are marked.
        title: of the chart, for those who do not see it.
    """
    x = _ranks(rows, "value", "value", grid=False, **_titled("rank distance"))
    layers = [
        _layer("lines", "line", _COLOUR | {"detail": {"field": "label"}, "order": {"field": "level"}}),
        _layer("medians", "point", _MARKER, only="datum.text", told=True),
    ]
    return _chart(title, rows, {"x": x, "y": _number("level", SHARES)}, layers)


def losses(rows: Sequence[Row], title: str) -> Spec:
    """Return training curves: losses as logged, faint; their running mean; held-out losses as rings.

    Args:
        rows: `label`, `step`, `loss`, and `held_out`, a boolean.
        title: of the chart, for those who do not see it.
    """
    longest = max(Counter(row["label"] for row in rows if not row["held_out"]).values(), default=0)
    window = {"op": "mean", "field": "loss", "as": "mean"}
    mean = {"window": [window], "frame": [1 - max(1, longest // 12), 0], "groupby": ["label"]}
    line = _COLOUR | {"detail": {"field": "label"}}
    layers = [
        _layer("logged", "line", line, only="!datum.held_out", strokeWidth=1, opacity=0.28),
        _layer("means", "line", line | {"y": _number("mean")}, only="!datum.held_out"),
        _layer("held_out", "point", _COLOUR, only="datum.held_out", told=True, size=50, strokeWidth=2, **_RING),
    ]
    layers[1]["transform"].append(mean)
    # A few wild first steps should not press the rest of the curve flat; what lies above is drawn at the edge.
    high = float(np.quantile([row["loss"] for row in rows] or [1.0], 0.995)) or 1.0
    x = _number("step", "~s", scale={"nice": False}, grid=False, **_titled("step"))
    y = _number("loss", scale={"domain": [0, high], "nice": True, "clamp": True})
    return _chart(title, rows, {"x": x, "y": y}, layers)


def sentence_map(rows: Sequence[Row], title: str) -> Spec:
    """Return parallel sentences in a plane: a marker a text, joined to the middle of its sentence.

    Args:
        rows: `x`, `y`, and of the middle `middle_x` and `middle_y`; both axes have one scale.
        title: of the chart, for those who do not see it.
    """
    size, air = np.array([_WIDTH, 400]), 12
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
        _layer("spokes", "rule", spokes, color="var(--soft)", strokeWidth=0.6, opacity=0.4),
        _layer("markers", "point", _MARKER, told=True, size=46),
    ]
    made = _chart(title, rows, {"x": x, "y": y}, layers, height=400, margins=(0, 0, 0, 0))
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
    named = _ticks(ticks) | {"labelExpr": _texts(ticks)} if ticks else {}
    x_axis: Spec = {"grid": False, "titleColor": "var(--ink)"} | _titled(across) | named
    y_axis: Spec = _titled(up) | {"titleAngle": 0, "titleAlign": "left", "titleX": -left, "titleY": -14}
    shown = [row | {"place": place} for place, row in enumerate(rows)]
    _place_names(shown, _pixels(x, _WIDTH - left - _RIGHT), _pixels(y, height, upwards=True), _WIDTH - left)
    beside: Spec = {key: {"expr": f"datum.{key}"} for key in ("dx", "dy", "align")}
    whisker: Spec = {"color": "var(--ink)", "strokeWidth": 1.2, "opacity": 0.7}
    layers = [
        _layer("lines", "line", _COLOUR | {"detail": {"field": "line"}, "order": {"field": "place"}}),
        _layer("across", "rule", _span("x_low", "x_high"), only="isValid(datum.x_low)", **whisker),
        _layer("up", "rule", _span("y_low", "y_high", "y"), only="isValid(datum.y_low)", **whisker),
        _layer("markers", "point", _MARKER, told=True),
        _layer("names", "text", {"text": {"field": "name"}}, only="datum.name", color="var(--ink)", **beside),
    ]
    encoding = {"x": _number("x", scale=x, **x_axis), "y": _number("y", scale=y, **y_axis)}
    return _chart(title, shown, encoding, layers, height=height, margins=(26, _RIGHT, 46, left))


def draw(spec: Spec) -> str:
    """Return a chart as one SVG element for a page: without scripts, its text as text, a title on each mark.

    The same specification gives the same text: numbers are written with two decimals.

    Raises:
        MissingExtraError: vl-convert-python or lxml is not installed.
    """
    try:
        import vl_convert
        from lxml import etree
    except ImportError:
        raise MissingExtraError("drawing charts", "vl-convert-python", "report") from None
    drawn = _CONTROLS.sub("", vl_convert.vegalite_to_svg(spec))
    root = etree.fromstring(re.sub(r' xmlns(:\w+)?="[^"]*"', "", drawn, count=2))
    for element in list(root.iter()):
        if element.get("class") in {"background", "foreground"} and "fill" not in element.attrib:
            element.getparent().remove(element)
        if element.get("role") == "graphics-symbol":
            etree.SubElement(element, "title").text = element.get("aria-label")
        _shorten(element)
    box = root.get("viewBox")
    root.attrib.clear()
    root.attrib.update(
        {"class": "plot", "viewBox": box, "role": "img", "aria-label": _CONTROLS.sub("", spec["description"])}
    )
    return str(etree.tostring(root, encoding="unicode"))


def _shorten(element: Any) -> None:  # noqa: ANN401  (lxml has no types)
    """Drop attributes that say nothing, write numbers with two decimals, and what all marks of a group share once."""
    for key in (*_UNUSED, *(["opacity"] if element.get("opacity") == "1" else [])):
        element.attrib.pop(key, None)
    for key in _PLACES.intersection(element.keys()):
        element.set(key, _NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0:g}", element.get(key)))
    for key in _INHERITED if element.tag == "g" else ():
        if len(values := {mark.get(key) for mark in element}) == 1 and None not in values:
            element.set(key, values.pop())
            for mark in element:
                del mark.attrib[key]


def _chart(
    title: str,
    rows: Sequence[Row],
    encoding: Spec,
    layers: Sequence[Spec],
    *,
    height: float = 256,
    margins: tuple[float, float, float, float] = (10, _RIGHT, 34, 44),
) -> Spec:
    top, right, bottom, left = margins
    return {
        "description": title,
        "width": _WIDTH - left - right,
        "height": height,
        "padding": {"top": top, "right": right, "bottom": bottom, "left": left},
        "autosize": "none",
        "background": None,
        "data": {"values": list(rows)},
        "encoding": encoding,
        "layer": list(layers),
        "config": _CONFIG,
    }


def _by_row(
    title: str,
    rows: Sequence[Row],
    names: Sequence[str],
    x: Spec,
    layers: Sequence[Spec],
    *,
    pitch: float = 24,
    laned: bool = False,
    right: float = _RIGHT,
) -> Spec:
    """Return a chart of named rows; where marks have a label, each label has a lane of its own in every row."""
    names, lanes, gap = list(names or _distinct(rows, "row")), _distinct(rows, "label"), 10
    encoding: Spec = {}
    if laned and lanes:
        pitch = gap + len(lanes) * (11 if len(lanes) <= 4 else 8)
        space = {"paddingInner": 0.15, "paddingOuter": 0.075}
        encoding["yOffset"] = {"field": "label", "type": "nominal", "scale": {"domain": lanes} | space}
    axis = {"grid": False, "labelColor": "var(--ink)", "labelFontSize": 12.5, "labelExpr": _FITTED}
    space = {"paddingInner": gap / pitch, "paddingOuter": gap / pitch / 2}
    encoding["y"] = {"field": "row", "type": "nominal", "scale": {"domain": names} | space, "axis": axis}
    x["axis"]["orient"] = "top"
    margins = (22, right, 6, max(62, _gutter(names)))
    return _chart(title, rows, {"x": x} | encoding, layers, height=pitch * len(names), margins=margins)


def _layer(name: str, mark: str, encoding: Spec, *, only: str = "", told: bool = False, **style: object) -> Spec:
    """Return a layer of marks: those rows that fulfil `only`, with the row's text for the pointer if `told`."""
    return {
        "name": name,
        "transform": [{"filter": only}] if only else [],
        "mark": {"type": mark, "aria": told} | style,
        "encoding": encoding | ({"description": {"field": "text"}} if told else {}),
    }


def _number(field: str, numbers: str = SCORES, *, scale: Spec | None = None, **axis: object) -> Spec:
    written = {"format": numbers, "labelExpr": _SHORT}
    return {"field": field, "type": "quantitative", "scale": scale or {}, "axis": written | axis}


def _ranks(rows: Sequence[Row], low: str, high: str, **axis: object) -> Spec:
    """Return a logarithmic axis of ranks with ticks at 1, 2, 5, 10 …, or at powers of ten if there were many."""
    least = min((row[low] for row in rows), default=1.0)
    most = max((row[high] for row in rows), default=1.0)
    steps = (1, 2, 5) if most / least < 200 else (1,)
    ticks = [step * 10**power for power in range(9) for step in steps if least <= step * 10**power <= most]
    return _number("value", RANKS, scale={"type": "log", "nice": False}, **_ticks(ticks), **axis)


def _span(low: str, high: str, axis: str = "x") -> Spec:
    return {axis: {"field": low, "type": "quantitative"}, f"{axis}2": {"field": high}}


def _titled(title: str) -> Spec:
    return {"title": title, "titleAnchor": "end", "titleAlign": "right"}


def _ticks(values: Collection[float]) -> Spec:
    # Vega leaves out some of the values where they are more than it would have made.
    return {"values": list(values), "tickCount": len(values)}


def _distinct(rows: Sequence[Row], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows if key in row))


def _gutter(names: Sequence[str]) -> float:
    return 12 + _LETTER * max((min(len(name), _LONGEST) for name in names), default=0)


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
        length = _LETTER * len(row["name"])
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
