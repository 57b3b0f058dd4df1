import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from equilingua.report import numerals, plots


def parse(svg):
    return etree.fromstring(svg)


SERIES = [plots.Series("a & b", 0, [100.0, 200.0]), plots.Series("<c>", 1, [50.0, math.nan])]


def test_bars_are_as_long_as_their_values():
    root = parse(plots.bars(["en", "de"], SERIES, "t", numerals.ranks))
    widths = [float(bar.get("width")) for bar in root.iter("rect")]
    assert len(widths) == 3
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert widths[2] == pytest.approx(2 * widths[0], abs=0.2)


def test_a_bar_tells_its_language_encoder_and_value():
    root = parse(plots.bars(["en", "de"], SERIES, "t", numerals.ranks))
    assert [title.text for title in root.iter("title")] == ["en, a & b: 100.0", "en, <c>: 50.0", "de, a & b: 200.0"]


def test_dots_draw_a_marker_for_every_finite_value():
    root = parse(plots.dots(["en", "de"], SERIES, "t", numerals.ranks))
    assert len(list(root.iter("path"))) == 3


def test_figures_without_values_are_still_drawn():
    empty = [plots.Series("a", 0, [math.nan])]
    assert parse(plots.bars(["en"], empty, "t", numerals.ranks)) is not None
    assert parse(plots.dots(["en"], empty, "t", numerals.score)) is not None


def curve(losses, validation=()):
    steps = np.arange(len(losses))
    return plots.Curve("run", 2, steps, np.array(losses), np.arange(len(validation)), np.array(validation))


def test_curves_leave_out_what_is_not_finite():
    root = parse(plots.curves([curve([2.0, math.nan, 1.0], [1.5])], "t"))
    assert all(len(line.get("points").split()) == 2 for line in root.iter("polyline"))
    assert len(list(root.iter("circle"))) == 1


@pytest.mark.parametrize("losses", [[], [1.0], [0.0, 0.0], [math.nan]])
def test_short_and_flat_runs_are_drawn(losses):
    assert "nan" not in plots.curves([curve(losses)], "t")


def test_long_runs_are_thinned_to_means():
    steps, values = plots.thin(np.arange(10_000), np.arange(10_000.0), most=100)
    assert len(steps) == len(values) == 100
    assert steps[-1] == 9_999
    assert values[0] == pytest.approx(49.5)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.integers(1, 50))
def test_running_mean_equals_the_plain_loop(values, window):
    expected = [np.mean(values[max(0, end - window + 1) : end + 1]) for end in range(len(values))]
    assert plots.running_mean(np.array(values), window) == pytest.approx(np.array(expected), abs=1e-9)
