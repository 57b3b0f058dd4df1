import numpy as np
import pytest
from lxml import etree

from equilingua.report import comparison, evaluations, map_plot, maps

from .factory import detailed, evaluation


def points(seed=0):
    return np.random.default_rng(seed).normal(size=(3, 6, 2))


def test_a_turned_and_mirrored_map_is_turned_back():
    original = points()
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1, -1])
    np.testing.assert_allclose(map_plot.turned(original @ turn, original), original, atol=1e-12)


def test_turning_keeps_distances_and_copes_with_missing_points():
    one, other = points(1), points(2)
    one[0, 0], other[1, 1] = np.nan, np.nan
    turned = map_plot.turned(one, other)
    np.testing.assert_allclose(np.linalg.norm(turned[1] - turned[2], axis=-1), np.linalg.norm(one[1] - one[2], axis=-1))
    assert np.isnan(turned[0, 0]).all()


def test_a_marker_for_each_text_and_a_line_to_the_middle_of_its_sentence():
    drawn = points()
    drawn[2, 5] = np.nan
    root = etree.fromstring(map_plot.sentence_map(drawn, ("de", "en", "<x>"), "t"))
    marks = [path for path in root.iter("path") if "mark" in path.get("class")]
    assert len(marks) == 17
    assert {mark.get("class") for mark in marks} == {"mark t0", "mark t1", "mark t2"}
    spokes = [path.get("d").count("L") for path in root.iter("path") if path.get("class") == "spoke"]
    assert spokes == [3, 3, 3, 3, 3, 2]


def test_both_axes_have_one_scale_and_everything_is_inside():
    drawn = np.zeros((1, 4, 2))
    drawn[0] = [(0, 0), (10, 0), (0, 1), (10, 1)]
    root = etree.fromstring(map_plot.sentence_map(drawn, ("de",), "t"))
    places = [
        tuple(map(float, path.get("transform")[10:].split(")")[0].split()))
        for path in root.iter("path")
        if "mark" in path.get("class")
    ]
    width, height = places[1][0] - places[0][0], places[0][1] - places[2][1]
    assert width == pytest.approx(10 * height, rel=0.01)
    assert all(0 <= x <= 480 and 0 <= y <= 400 for x, y in places)


def test_all_in_one_place_is_drawn():
    assert "nan" not in map_plot.sentence_map(np.zeros((2, 3, 2)), ("de", "en"), "t")


def test_maps_of_a_benchmark():
    languages = ("de", "en", "zh-Hans")
    records = [evaluation(0, {"xquad-r": languages}), detailed(1), detailed(2)]
    made = maps.of_benchmark(comparison.gather([evaluations.parse(one, "a.json") for one in records])[0])
    assert [one.entry.series for one in made.maps] == [1, 2]
    assert made.languages == languages
    assert made.note.startswith("5 passages in 3 languages")
    assert made.maps[0].parallel.startswith("75.0")
    assert maps.of_benchmark(comparison.gather([evaluations.parse(records[0], "a.json")])[0]) is None


def test_maps_of_other_samples_are_drawn_as_they_are():
    other = detailed(1)
    drawn = other["results"]["xquad-r"]["map"]
    drawn["groups"] = drawn["groups"][:3]
    drawn["points"] = {code: row[:3] for code, row in drawn["points"].items()}
    made = maps.of_benchmark(comparison.gather([evaluations.parse(one, "a.json") for one in (detailed(0), other)])[0])
    assert len(made.maps) == 2
