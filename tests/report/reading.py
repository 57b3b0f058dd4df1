"""Read a drawn chart back as its reader does: off its axes."""

import re

import numpy as np
from lxml import etree

from equilingua.report import vega

NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
UNITS = {"k": 1000.0, "\u202f%": 0.01}


class Reading:
    """What a chart shows: values by the numbers beside its axes, not by what its specification says."""

    def __init__(self, spec, stretch=None):
        self.root = etree.fromstring(vega.draw(spec))
        self.stretch = stretch or {}
        axes = [group for group in self.root.iter("g") if _class(group).endswith("role-axis-label")]
        self.ticks = {"x": {}, "y": {}}
        for axis in axes:
            places = [(text.text, *_place(text)) for text in axis]
            beside = all(text.get("text-anchor", axis.get("text-anchor")) == "end" for text in axis)
            # A label of the vertical axis stands half its letters' height above its base line.
            shift = -0.5 - 4 if beside else -0.5
            self.ticks["y" if beside else "x"] = {text: (y if beside else x) + shift for text, x, y in places}

    def value(self, axis, place):
        """Return the value at a place, from a line through all ticks: they lie on it, and more is right, or up."""
        stretch, places = self.stretch.get(axis, float), list(self.ticks[axis].values())
        values = [stretch(number(text)) for text in self.ticks[axis]]
        slope, start = np.polyfit(places, values, 1)
        assert np.allclose(slope * np.array(places) + start, values, atol=0.02 * np.ptp(values))
        assert slope > 0 if axis == "x" else slope < 0
        return slope * place + start

    def marks(self, layer):
        """Return (title, mark) of a layer's marks, in the order drawn."""
        (group,) = [group for group in self.root.iter("g") if _class(group).endswith(f" {layer}_marks")]
        return [(mark.findtext("title"), mark) for mark in group]

    def lines(self, layer):
        """Return colour → places [points, 2] of a layer's line of that colour; what is no line is left out."""
        groups = [group for group in self.root.iter("g") if _class(group).endswith(f" {layer}_marks")]
        paths = [path for group in groups for path in group]
        places = [np.array(NUMBERS.findall(path.get("d")), float).reshape(-1, 2) for path in paths]
        found = [(shade(path, "stroke"), own) for path, own in zip(paths, places, strict=True) if len(own) > 1]
        assert len(dict(found)) == len(found)
        return dict(found)


def number(text):
    """Return the number that a tick's text means."""
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    return float(text.removesuffix(unit).replace(",", "").replace("\N{MINUS SIGN}", "-")) * UNITS.get(unit, 1)


def shade(mark, key="fill"):
    """Return a mark's colour, its own or its group's."""
    return mark.get(key) or mark.getparent().get(key)


def ends(mark):
    """Return (x, y) of both ends of a rule, or of a mark's place twice."""
    x, y = (float(part) for part in NUMBERS.findall(mark.get("transform")))
    return (x, y), (x + float(mark.get("x2") or 0), y + float(mark.get("y2") or 0))


def _class(group):
    return group.get("class") or ""


def _place(element):
    """Return where an element lies within its chart's frame."""
    moves = [one.get("transform") for one in (element, *element.iterancestors())]
    # The outermost move is the chart's margin.
    inner = [NUMBERS.findall(move) for move in moves if move][:-1]
    return tuple(sum(float(move[axis]) for move in inner) for axis in (0, 1))
