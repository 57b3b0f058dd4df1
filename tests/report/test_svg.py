from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from equilingua.report import svg


@given(st.floats(0, 1e5), st.floats(1e-3, 1e5))
def test_ticks_hold_both_ends_and_are_few(low, spread):
    ticks = svg.nice_ticks(low, low + spread)
    assert ticks[0] <= low + 1e-6 * spread
    assert ticks[-1] >= low + spread * (1 - 1e-6) - 1e-6
    assert 2 <= len(ticks) <= 8


def test_a_marker_takes_its_style_and_size():
    mark = etree.fromstring(svg.marker(1, 3, 4, "a", style="t5", scale=0.5))
    assert (mark.get("class"), mark.get("transform")) == ("mark t5", "translate(3.0 4.0) scale(0.5)")
    assert etree.fromstring(svg.marker(1, 3, 4)).get("class") == "mark s1"
