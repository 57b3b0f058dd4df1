import math
import re
import subprocess
import sys

import numpy as np
import pytest
from lxml import etree

from equilingua.errors import MissingExtraError
from equilingua.report import plots, vega

from .reading import NUMBERS, Reading, ends, shade


def row(row, label, series, value, **more):
    return {"row": row, "label": label, "value": value, "text": f"{row}, {label}", **plots.series(series), **more}


ROWS = [
    row("de", "a & b", 0, 0.31),
    row("de", "<c>\x1b", 1, 0.475),
    row("zh-Hans", "a & b", 0, 0.62),
    row("zh-Hans", "<c>\x1b", 1, 0.35),
]
NAMES = ["zh-Hans", "de"]
# What XML cannot hold is left out.
TITLES = ["de, a & b", "de, <c>", "zh-Hans, a & b", "zh-Hans, <c>"]


def middle(bar):
    """Return left edge, right edge and middle height of a bar."""
    left, top, width, height, _ = map(float, NUMBERS.findall(bar.get("d")))
    return left, left + width, top + height / 2


def test_bars_reach_from_zero_to_their_values_in_their_rows_and_colours():
    chart = Reading(plots.bars(ROWS, "t", NAMES))
    bars = dict(chart.marks("bars"))
    assert list(bars) == TITLES
    for one, bar in zip(ROWS, bars.values(), strict=True):
        left, right, height = middle(bar)
        assert chart.value("x", left) == pytest.approx(0, abs=1e-3)
        assert chart.value("x", right) == pytest.approx(one["value"], abs=1e-3)
        assert height == pytest.approx(chart.ticks["y"][one["row"]], abs=9)
        assert shade(bar) == one["color"]
    assert list(chart.ticks["y"]) == NAMES
    assert chart.ticks["y"]["zh-Hans"] < chart.ticks["y"]["de"]
    assert middle(bars["de, a & b"])[2] < middle(bars["de, <c>"])[2]


def test_a_bar_has_its_whisker_and_its_value_behind_it():
    rows = [
        {"row": "a", "value": 0.4, "low": 0.35, "high": 0.45, "written": ".4 ± .05", "text": "a", **plots.series(0)},
        {"row": "b", "value": 0.8, "low": 0.8, "high": 0.8, "written": ".8", "text": "b", **plots.series(1)},
    ]
    chart = Reading(plots.bars(rows, "t"))
    for one, (_, whisker), (_, text) in zip(rows, chart.marks("whiskers"), chart.marks("written"), strict=True):
        (low, y), (high, _) = ends(whisker)
        assert [chart.value("x", end) for end in (low, high)] == pytest.approx([one["low"], one["high"]], abs=1e-3)
        assert y == pytest.approx(chart.ticks["y"][one["row"]], abs=1)
        assert text.text == one["written"]
        assert ends(text)[0][0] > high


@pytest.mark.parametrize("numbers", [vega.SCORES, vega.SHARES])
def test_dots_stand_at_their_values_on_a_line_from_the_least_to_the_greatest(numbers):
    chart = Reading(plots.dots(ROWS, "t", NAMES, numbers))
    markers = dict(chart.marks("markers"))
    assert list(markers) == TITLES
    for one, mark in zip(ROWS, markers.values(), strict=True):
        (x, y), _ = ends(mark)
        assert chart.value("x", x) == pytest.approx(one["value"], abs=1e-3)
        assert y == pytest.approx(chart.ticks["y"][one["row"]], abs=1)
        assert shade(mark) == one["color"]
    spans = sorted([chart.value("x", x) for x, _ in ends(mark)] for _, mark in chart.marks("spans"))
    assert np.allclose(spans, [[0.31, 0.475], [0.35, 0.62]], atol=1e-3)


def test_a_mark_looks_as_its_legend_says():
    chart = Reading(plots.dots([row("de", str(one), one, one) for one in range(10)], "t"))
    for number, (_, mark) in enumerate(chart.marks("markers")):
        swatch = etree.fromstring(plots.swatch(plots.series(number)))[0]
        assert shade(mark) == swatch.get("fill") == f"var(--s{number % 8})"
        as_swatch = row("de", "", 0, 1.0, shape=swatch.get("d"))
        assert mark.get("d") == Reading(plots.dots([as_swatch], "t")).marks("markers")[0][1].get("d")
    assert len({mark.get("d") for _, mark in chart.marks("markers")}) == 5
    assert len({(shade(mark), mark.get("d")) for _, mark in chart.marks("markers")}) == 10
    assert plots.language(12)["color"] == plots.language(0)["color"] == "var(--t0)"
    assert len({tuple(plots.language(number).values()) for number in range(60)}) == 60


def test_strips_have_their_five_ends_on_a_logarithmic_axis_in_lanes():
    ranks = {"low": 3.0, "quarter": 20.0, "value": 90.0, "three_quarters": 300.0, "high": 2000.0}
    rows = [row(code, label, series, **ranks) for code in ("de", "en") for series, label in enumerate("ab")]
    rows[3] |= {"low": 10.0, "high": 1000.0}
    chart = Reading(plots.strips(rows, "t"), {"x": math.log})
    heights = []
    for one, (_, tail), (_, half), (_, median) in zip(
        rows, chart.marks("tails"), chart.marks("halves"), chart.marks("medians"), strict=True
    ):
        found = [ends(tail)[0][0], ends(half)[0][0], ends(median)[0][0], ends(half)[1][0], ends(tail)[1][0]]
        assert [math.exp(chart.value("x", x)) for x in found] == pytest.approx([one[key] for key in ranks], rel=0.01)
        assert {shade(tail, "stroke"), shade(half, "stroke"), shade(median, "stroke")} == {one["color"]}
        heights.append(ends(median)[0][1])
    assert heights == sorted(heights)
    assert set(chart.ticks["x"]) == {"10", "100", "1k"}


def test_narrow_ranges_of_ranks_have_ticks_at_one_two_and_five():
    ranks = {"low": 11.0, "quarter": 20.0, "value": 90.0, "three_quarters": 300.0, "high": 431.0}
    assert set(Reading(plots.strips([row("de", "a", 0, **ranks)], "t"), {"x": math.log}).ticks["x"]) == {
        "20",
        "50",
        "100",
        "200",
    }


def test_intervals_have_their_width_and_only_what_is_no_chance_is_full():
    rows = [
        {"row": "better", "value": 0.05, "low": 0.02, "high": 0.09, "verdict": "win", "text": "b"},
        {"row": "worse", "value": -0.05, "low": -0.08, "high": -0.03, "verdict": "loss", "text": "w"},
        {"row": "even", "value": 0.01, "low": -0.02, "high": 0.04, "verdict": "tie", "text": "e"},
    ]
    chart = Reading(plots.intervals(rows, "t"))
    dots = dict(chart.marks("sure") + chart.marks("unsure"))
    for one, (_, interval) in zip(rows, chart.marks("intervals"), strict=True):
        (low, y), (high, _) = ends(interval)
        assert [chart.value("x", end) for end in (low, high)] == pytest.approx([one["low"], one["high"]], abs=1e-3)
        assert chart.value("x", ends(dots[one["text"]])[0][0]) == pytest.approx(one["value"], abs=1e-3)
        assert ends(dots[one["text"]])[0][1] == y == pytest.approx(chart.ticks["y"][one["row"]], abs=1)
    assert [shade(dots[key]) for key in "bwe"] == ["var(--better)", "var(--worse)", "var(--ground)"]
    colours = [shade(mark, "stroke") for _, mark in chart.marks("intervals")]
    assert colours == ["var(--better)", "var(--worse)", "var(--soft)"]
    zero = [line for line in chart.root.iter("line") if shade(line, "stroke") == "var(--strong)"]
    assert [ends(line)[0][0] for line in zero] == [pytest.approx(chart.ticks["x"]["0"], abs=0.5)]
    # Zero is there even where all is above it.
    assert "0" in Reading(plots.intervals(rows[:1], "t")).ticks["x"]


def test_cumulative_lines_rise_to_all_questions_and_are_marked_at_the_median():
    levels = [place / 20 for place in range(21)]
    rows = [
        # A tenth of the questions has the least distance: the line begins upright.
        {"label": label, "level": level, "value": factor * 1.4 ** (20 * max(level, 0.1)), **plots.series(series)}
        for series, (label, factor) in enumerate((("a", 2.0), ("b", 5.0)))
        for level in levels
    ]
    for one in (rows[10], rows[31]):
        one["text"] = one["label"]
    # In any order: lines go by level.
    chart = Reading(plots.cumulative(rows[::-1], "t"), {"x": math.log})
    for series, factor in enumerate((2.0, 5.0)):
        line = chart.lines("lines")[f"var(--s{series})"]
        assert [chart.value("y", y) for _, y in line] == pytest.approx(levels, abs=0.01)
        assert [math.exp(chart.value("x", x)) for x, _ in line] == pytest.approx(
            [factor * 1.4 ** (20 * max(level, 0.1)) for level in levels], rel=0.02
        )
    for title, mark in chart.marks("medians"):
        (x, y), _ = ends(mark)
        assert chart.value("y", y) == pytest.approx(0.5, abs=0.01)
        assert math.exp(chart.value("x", x)) == pytest.approx({"a": 2.0, "b": 5.0}[title] * 1.4**10, rel=0.02)


def run(label, series, logged, held_out=()):
    own = {"label": label, **plots.series(series)}
    return [own | {"step": step, "loss": loss, "held_out": False} for step, loss in enumerate(logged)] + [
        own | {"step": step, "loss": loss, "held_out": True, "text": f"{label} {step}"} for step, loss in held_out
    ]


def test_losses_are_drawn_as_logged_as_running_means_and_as_rings():
    logged = [2.0 - 1.5 * step / 120 + 0.1 * (step % 2) for step in range(120)]
    rows = run("a", 0, logged, [(50, 1.6), (100, 0.9)]) + run("b", 1, [value / 2 for value in logged])
    chart = Reading(plots.losses(rows, "t"))
    for series, factor in ((0, 1.0), (1, 0.5)):
        raw, mean = (chart.lines(layer)[f"var(--s{series})"] for layer in ("logged", "means"))
        assert [chart.value("x", x) for x, _ in raw] == pytest.approx(range(120), abs=0.5)
        assert [chart.value("y", y) for _, y in raw] == pytest.approx([factor * one for one in logged], abs=0.02)
        # A twelfth of the run is averaged: each value and those before it.
        expected = [factor * np.mean(logged[max(0, step - 9) : step + 1]) for step in range(120)]
        assert [chart.value("y", y) for _, y in mean] == pytest.approx(expected, abs=0.02)
    rings = [
        (chart.value("x", x), chart.value("y", y)) for _, mark in chart.marks("held_out") for x, y in ends(mark)[:1]
    ]
    assert np.allclose(rings, [(50, 1.6), (100, 0.9)], atol=0.5 * np.array([1, 0.04]))
    assert [title for title, _ in chart.marks("held_out")] == ["a 50", "a 100"]


def test_a_wild_first_step_does_not_press_the_curve_flat():
    chart = Reading(plots.losses(run("a", 0, [1000.0] + [1.0] * 499), "t"))
    line = chart.lines("logged")["var(--s0)"]
    assert chart.value("y", line[0, 1]) == pytest.approx(1.0, abs=0.01)
    assert line[:, 1].min() >= 0


def test_a_map_has_one_scale_the_right_way_up_and_spokes_to_the_middles():
    places = {"de": (0.0, 0.0), "en": (10.0, 1.0), "<x>": (4.0, 3.0)}
    rows = [
        {"x": x, "y": y, "middle_x": 5.0, "middle_y": 2.0, "text": code, **plots.language(number)}
        for number, (code, (x, y)) in enumerate(places.items())
    ]
    chart = Reading(plots.sentence_map(rows, "t"))
    drawn = {title: np.array(ends(mark)[0]) for title, mark in chart.marks("markers")}
    scale = (drawn["en"] - drawn["de"])[0] / 10
    assert scale > 0
    assert np.allclose(drawn["en"] - drawn["de"], scale * np.array([10, -1]), atol=0.1)
    assert np.allclose(drawn["<x>"] - drawn["de"], scale * np.array([4, -3]), atol=0.1)
    assert all(0 <= x <= 480 and 0 <= y <= 400 for x, y in drawn.values())
    for code, (_, spoke) in zip(places, chart.marks("spokes"), strict=True):
        start, end = np.array(ends(spoke))
        assert np.allclose(start, drawn[code], atol=0.1)
        assert np.allclose(end, drawn["de"] + scale * np.array([5, -2]), atol=0.1)
    assert [shade(mark) for _, mark in chart.marks("markers")] == ["var(--t0)", "var(--t1)", "var(--t2)"]


def spot(x, y, line="a", series=0, **more):
    return {"x": x, "y": y, "line": line, "text": f"{x}, {y}", **plots.series(series), **more}


def test_lines_place_values_by_size_with_whiskers_and_join_them_in_their_order():
    rows = [
        spot(0.5, 0.7, y_low=0.65, y_high=0.75),
        spot(0.2, 0.5, x_low=0.15, x_high=0.25),
        spot(0.9, 0.6),
        spot(0.3, 0.4, "b", 1),
        # Of the first line's colour, and no part of it.
        spot(0.95, 0.45, "c", 0),
    ]
    chart = Reading(plots.lines(rows, "t", "across", "up"))
    for one, (title, mark) in zip(rows, chart.marks("markers"), strict=True):
        (x, y), _ = ends(mark)
        assert title == one["text"]
        assert (chart.value("x", x), chart.value("y", y)) == pytest.approx((one["x"], one["y"]), abs=2e-3)
    places = [ends(mark)[0] for _, mark in chart.marks("markers")]
    assert np.allclose(chart.lines("lines")["var(--s0)"], places[:3], atol=0.1)
    ((_, across),), ((_, up),) = chart.marks("across"), chart.marks("up")
    assert [chart.value("x", x) for x, _ in ends(across)] == pytest.approx([0.15, 0.25], abs=2e-3)
    assert ends(across)[0][1] == pytest.approx(places[1][1], abs=0.1)
    assert [chart.value("y", y) for _, y in ends(up)] == pytest.approx([0.65, 0.75], abs=2e-3)
    assert ends(up)[0][0] == pytest.approx(places[0][0], abs=0.1)
    titles = [text.text for text in chart.root.iter("text")]
    assert titles.index("across") < titles.index("up")


@pytest.mark.parametrize(
    ("scale", "stretch", "places"),
    [("linear", float, (0, 0.5, 1)), ("log", math.log, (8, 16, 64, 256, 512)), ("symlog", math.log1p, (0, 10, 1000))],
)
def test_named_places_stand_where_their_values_are(scale, stretch, places):
    names = {place: f"{place:,}" for place in places}
    rows = [spot(place, number) for number, place in enumerate(places)]
    chart = Reading(plots.lines(rows, "t", ticks=names, scale=scale), {"x": stretch})
    assert list(chart.ticks["x"]) == list(names.values())
    found = [chart.value("x", ends(mark)[0][0]) for _, mark in chart.marks("markers")]
    assert found == pytest.approx([stretch(place) for place in places], abs=0.02)


@pytest.mark.parametrize(
    ("scale", "places", "apart"),
    [("linear", (0.5, 0.502, 0.504), 0.6), ("symlog", (300, 500, 700), 0), ("log", (300, 500, 700), 1)],
)
def test_names_stand_beside_their_markers_and_keep_apart(scale, places, apart):
    rows = [spot(x, 0.5, str(number), name=f"point {number}") for number, x in enumerate(places)]
    chart = Reading(plots.lines([*rows, spot(apart, 0.6)], "t", scale=scale))
    boxes = []
    for one, (_, name), (_, marker) in zip(rows, chart.marks("names"), chart.marks("markers")[:3], strict=True):
        assert name.text == one["name"]
        (x, y), _ = ends(name)
        assert np.hypot(*np.subtract((x, y), ends(marker)[0])) < 25
        width = 6 * len(name.text)
        left = x - {"start": 0, "middle": width / 2, "end": width}[name.get("text-anchor")]
        boxes.append((left, y - 9, left + width, y + 2))
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


@pytest.mark.parametrize(
    "spec",
    [
        plots.bars([], "t", ["de"]),
        plots.bars([row("de", "a", 0, 0.0)], "t"),
        plots.dots([], "t", ["de"]),
        plots.dots([row("de", "a", 0, 0.5)], "t"),
        plots.strips([row("de", "a", 0, 7.0, low=7.0, quarter=7.0, three_quarters=7.0, high=7.0)], "t"),
        plots.cumulative([{"label": "a", "level": level, "value": 1.0, **plots.series(0)} for level in (0, 1)], "t"),
        plots.intervals([{"row": "a", "value": 0, "low": 0, "high": 0, "verdict": "tie", "text": ""}], "t"),
        plots.losses([], "t"),
        plots.losses(run("a", 0, [0.0]), "t"),
        plots.losses(run("a", 0, [], [(3, 1.0)]), "t"),
        plots.sentence_map([], "t"),
        plots.sentence_map([spot(1.0, 1.0, middle_x=1.0, middle_y=1.0)] * 2, "t"),
        plots.lines([spot(0.5, 0.5, name="one")], "t"),
        plots.lines([spot(8, 0.5)], "t", ticks={8: "8"}, scale="log"),
    ],
)
def test_little_or_equal_data_is_drawn(spec):
    drawn = vega.draw(spec)
    etree.fromstring(drawn)
    assert not re.search(r"nan|null|undefined|infinity", drawn, re.IGNORECASE)


def test_a_drawing_is_one_accessible_element_without_scripts_or_addresses():
    drawn = vega.draw(plots.dots(ROWS, "A <title> & more\x07"))
    root = etree.fromstring(drawn)
    assert (root.tag, root.get("role"), root.get("aria-label")) == ("svg", "img", "A <title> & more")
    # Of a fixed size, which no font of this machine changes.
    assert root.get("viewBox") == "0 0 480 76"
    assert "://" not in drawn
    assert not root.xpath("//script | //style | //image | //*[@href] | //*[@id]")
    assert {text.text for text in root.iter("text")} >= {"de", "zh-Hans", ".4"}
    colours = {value for one in root.iter() for key in ("fill", "stroke") if (value := one.get(key))}
    assert all(colour == "none" or re.fullmatch(r"var\(--\w+\)", colour) for colour in colours)


def test_long_names_are_shown_by_their_ends_and_fit():
    name = "runs/some/very/long/folder/of/a/run/encoder"
    spec = plots.dots([row(name, "a", 0, 0.5)], "t")
    (text,) = Reading(spec).ticks["y"]
    assert text.startswith("…")
    assert name.endswith(text[1:])
    assert spec["padding"]["left"] >= 7 * len(text)


def test_the_same_data_give_the_same_bytes_in_another_process():
    code = (
        "from equilingua.report import plots, vega; import sys;"
        "rows = [{'row': 'de', 'label': 'a', 'value': 1 / 3, 'text': 't', **plots.series(0)}];"
        "sys.stdout.write(vega.draw(plots.strips("
        "[rows[0] | {'low': 0.1, 'quarter': 0.2, 'three_quarters': 0.5, 'high': 0.7}], 't')))"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert not re.search(r"\d\.\d{3}", first)


def test_without_the_library_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingExtraError, match=r"equilingua\[report\]"):
        vega.draw(plots.dots(ROWS, "t"))
