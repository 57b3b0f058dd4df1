import re
from xml.etree import ElementTree

import pytest

from equilingua.study import named
from equilingua.study.report import charts
from equilingua.study.report.charts import Axis, Bar, Line, Spot

PLAIN = Axis("x", named.tick)


def places(drawn):
    """Return the middles of the markers."""
    return [tuple(map(float, pair)) for pair in re.findall(r'class="mark[^>]*translate\(([\d.-]+) ([\d.-]+)\)', drawn)]


def test_lines_place_values_by_size_and_join_them():
    spots = tuple(Spot(x, y, f"{x}", y_deviation=0.01) for x, y in ((0, 0.5), (0.5, 0.7), (1, 0.6)))
    drawn = charts.lines([Line("a", 0, spots)], PLAIN, PLAIN, "A <title>")
    ElementTree.fromstring(drawn)
    (x0, y0), (x1, y1), (x2, y2) = places(drawn)
    assert x0 < x1 < x2
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y1 < y2 < y0
    assert drawn.count("<polyline") == 1
    assert drawn.count('class="whisker"') == 3


def test_values_that_double_are_spread_evenly():
    ticks = tuple((float(size), str(size)) for size in (8, 64, 512))
    spots = tuple(Spot(size, 0.5 + size / 1000, "") for size, _ in ticks)
    (x0, _), (x1, _), (x2, _) = places(charts.lines([Line("a", 0, spots)], Axis("size", str, ticks), PLAIN, "t"))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)


def test_a_single_spot_and_equal_values_are_drawn():
    drawn = charts.lines([Line("a", 0, (Spot(0.5, 0.5, "", label="one"),))], PLAIN, PLAIN, "t")
    ElementTree.fromstring(drawn)
    assert "<polyline" not in drawn
    assert ">one<" in drawn
    assert "nan" not in drawn


def test_labels_keep_apart():
    spots = tuple(Spot(0.5 + 0.002 * number, 0.5, "", label=f"point {number}") for number in range(3))
    drawn = charts.lines([Line("a", 0, spots)], PLAIN, PLAIN, "t")
    labels = re.findall(r'class="name" x="([\d.]+)" y="([\d.]+)"', drawn)
    assert len(set(labels)) == 3


def test_bars_begin_at_zero():
    drawn = charts.bars([Bar("a", 0, 0.4, 0.1, ".4 ± .1"), Bar("b", 1, 0.8, 0.0, ".8")], named.tick, "t")
    ElementTree.fromstring(drawn)
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', drawn)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.01)
    assert drawn.count('class="whisker"') == 1
