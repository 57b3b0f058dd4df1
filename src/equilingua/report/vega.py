"""Vega-Lite: the parts that all charts are made of, and `draw`, which makes inline SVG of one.

A specification is plain data (https://vega.github.io/vega-lite/docs/). Colours are custom properties of the page's
style sheet, so that charts follow the reader's light or dark theme; sizes are fixed, so that no drawing depends on the
fonts of a machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Row = dict[str, Any]
Spec = dict[str, Any]

# How an axis writes its numbers: https://d3js.org/d3-format.
SCORES, SHARES, RANKS = ",.10~f", ".10~%", "~s"
WIDTH, RIGHT = 480, 14
# Width of a letter of the page's type at 12 px, near enough to make room for names and to keep them apart.
LETTER, _LONGEST = 7.2, 28
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
COLOUR = {"color": {"field": "color", "type": "nominal", "scale": None}}
MARKER = COLOUR | {"shape": {"field": "shape", "type": "nominal", "scale": None}}
RING: Spec = {"filled": False, "fill": "var(--ground)"}
# How axes write numbers without a leading zero, and long names by their ends.
_SHORT = r"replace(replace(datum.label, /^(\u2212?)0\./, '$1.'), '%', '\u202f%')"
_FITTED = f"length(datum.label) > {_LONGEST} ? '…' + slice(datum.label, {1 - _LONGEST}) : datum.label"
# What of Vega's SVG a page has no use for; what the marks of a group share and may stand once; and what holds numbers.
_UNUSED = ("role", "aria-roledescription", "aria-label", "aria-hidden", "pointer-events", "font-family")
_INHERITED = ("fill", "stroke", "stroke-width", "font-size", "text-anchor")
_PLACES = {"d", "transform", "x", "y", "x2", "y2"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


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


def chart(
    title: str,
    rows: Sequence[Row],
    encoding: Spec,
    layers: Sequence[Spec],
    *,
    height: float = 256,
    margins: tuple[float, float, float, float] = (10, RIGHT, 34, 44),
) -> Spec:
    """Return a chart of layers over common axes; margins are top, right, bottom and left."""
    top, right, bottom, left = margins
    return {
        "description": title,
        "width": WIDTH - left - right,
        "height": height,
        "padding": {"top": top, "right": right, "bottom": bottom, "left": left},
        "autosize": "none",
        "background": None,
        "data": {"values": list(rows)},
        "encoding": encoding,
        "layer": list(layers),
        "config": _CONFIG,
    }


def by_row(
    title: str,
    rows: Sequence[Row],
    names: Sequence[str],
    x: Spec,
    layers: Sequence[Spec],
    *,
    pitch: float = 24,
    laned: bool = False,
    right: float = RIGHT,
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
    margins = (22, right, 6, max(62, gutter(names)))
    return chart(title, rows, {"x": x} | encoding, layers, height=pitch * len(names), margins=margins)


def layer(name: str, mark: str, encoding: Spec, *, only: str = "", told: bool = False, **style: object) -> Spec:
    """Return a layer of marks: those rows that fulfil `only`, with the row's text for the pointer if `told`."""
    return {
        "name": name,
        "transform": [{"filter": only}] if only else [],
        "mark": {"type": mark, "aria": told} | style,
        "encoding": encoding | ({"description": {"field": "text"}} if told else {}),
    }


def number(field: str, numbers: str = SCORES, *, scale: Spec | None = None, **axis: object) -> Spec:
    """Return an axis of numbers: a field, how they are written, its scale, and what else Vega-Lite knows of axes."""
    written = {"format": numbers, "labelExpr": _SHORT}
    return {"field": field, "type": "quantitative", "scale": scale or {}, "axis": written | axis}


def ranks(rows: Sequence[Row], low: str, high: str, **axis: object) -> Spec:
    """Return a logarithmic axis of ranks with ticks at 1, 2, 5, 10 …, or at powers of ten if there were many."""
    least = min((row[low] for row in rows), default=1.0)
    most = max((row[high] for row in rows), default=1.0)
    steps = (1, 2, 5) if most / least < 200 else (1,)
    shown = [step * 10**power for power in range(9) for step in steps if least <= step * 10**power <= most]
    return number("value", RANKS, scale={"type": "log", "nice": False}, **ticks(shown), **axis)


def span(low: str, high: str, axis: str = "x") -> Spec:
    """Return what marks need that reach from one field to another."""
    return {axis: {"field": low, "type": "quantitative"}, f"{axis}2": {"field": high}}


def titled(title: str) -> Spec:
    """Return what an axis needs to have a title at its end."""
    return {"title": title, "titleAnchor": "end", "titleAlign": "right"}


def ticks(values: Collection[float]) -> Spec:
    """Return what an axis needs to have ticks at these values alone."""
    # Vega leaves out some of the values where they are more than it would have made.
    return {"values": list(values), "tickCount": len(values)}


def _distinct(rows: Sequence[Row], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows if key in row))


def gutter(names: Sequence[str]) -> float:
    """Return the room that names need beside a chart, in pixels."""
    return 12 + LETTER * max((min(len(name), _LONGEST) for name in names), default=0)
