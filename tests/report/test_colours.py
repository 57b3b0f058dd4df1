import pytest

from equilingua.report import colours


@pytest.mark.parametrize("dark", [False, True])
def test_values_are_readable_on_every_level(dark):
    # 4.5 is what WCAG 2.1 AA asks of text.
    assert all(colours.contrast(ground, ink) >= 4.5 for ground, ink in colours.scale(dark=dark))


@pytest.mark.parametrize(("dark", "direction"), [(False, -1), (True, 1)])
def test_the_scale_runs_one_way_in_lightness(dark, direction):
    light = [colours.contrast(ground, "#000000") for ground, _ in colours.scale(dark=dark)]
    assert light == sorted(light, reverse=direction < 0)
    assert len(set(light)) == colours.LEVELS


@pytest.mark.parametrize(("series", "page"), [(colours.SERIES_LIGHT, "#ffffff"), (colours.SERIES_DARK, "#10161d")])
def test_series_stand_out_from_the_page(series, page):
    # 3 is what WCAG 2.1 AA asks of graphics.
    assert all(colours.contrast(colour, page) >= 3 for colour in series)


def test_contrast_of_black_on_white_is_21():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(
    ("value", "level"), [(0.5, 0), (0.9, 20), (0.7, 10), (0.1, 0), (1.0, 20), (float("nan"), None)]
)
def test_levels(value, level):
    assert colours.level(value, 0.5, 0.9) == level


@pytest.mark.parametrize("dark", [False, True])
def test_languages_have_distinct_colours_that_stand_out_from_the_ground(dark):
    hues = colours.hues(dark=dark)
    assert len(set(hues)) == colours.LANGUAGES
    ground = "#18212b" if dark else "#f6f8fa"
    assert all(colours.contrast(hue, ground) >= 2.4 for hue in hues)
