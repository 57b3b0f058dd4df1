import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from equilingua.report import spreads
from equilingua.report.spreads import Spread

LEVELS = [place / 20 for place in range(21)]
ONE = Spread("a & b", 0, LEVELS, [[10.0 * 1.3**place for place in range(21)]])


def test_a_line_rises_from_no_question_to_all():
    root = etree.fromstring(spreads.cumulative([ONE], "t"))
    points = [tuple(map(float, point.split(","))) for point in root.find("polyline").get("points").split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    # Even steps on the logarithmic scale.
    assert points[1][0] - points[0][0] == pytest.approx(points[20][0] - points[19][0], abs=0.2)
    assert "half of the questions up to 137.9" in [title.text for title in root.iter("title")][-1]


def test_strips_have_a_lane_an_encoder_and_leave_out_what_is_absent():
    other = Spread("c", 1, LEVELS, [[], ONE.rows[0]])
    root = etree.fromstring(spreads.strips(["de", "en"], [Spread("a", 0, LEVELS, [ONE.rows[0]] * 2), other], "t"))
    assert len(list(root.iter("circle"))) == 3
    assert [title.text.split(":")[0] for title in root.iter("title")] == ["de, a", "en, a", "en, c"]


@pytest.mark.parametrize("values", [[0.0] * 21, [7.0] * 21, [0.0] * 20 + [1e6]])
def test_flat_and_extreme_distributions_are_drawn(values):
    spread = [Spread("a", 0, LEVELS, [values])]
    for drawn in (spreads.cumulative(spread, "t"), spreads.strips(["de"], spread, "t")):
        assert "nan" not in drawn
        assert "inf" not in drawn
        etree.fromstring(drawn)


@given(st.floats(1, 1e4), st.floats(2, 1e5))
def test_ticks_are_inside_and_round(low, factor):
    ticks = spreads.log_ticks(low, low * factor)
    assert all(low <= tick <= low * factor for tick in ticks)
    assert all(f"{tick:.0e}"[0] in "125" and math.isclose(tick, float(f"{tick:.0e}")) for tick in ticks)
    assert len(ticks) <= 8
