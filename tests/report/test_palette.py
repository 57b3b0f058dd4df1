"""The style sheet of the figures' colours has what charts and heat maps name, readable and told apart."""

import re
from importlib import resources

import pytest

from equilingua.report import heat, plots

SHEET = resources.files("equilingua.report").joinpath("palette.css").read_text("utf-8")
LIGHT, _, DARK = SHEET.partition("@media screen and (prefers-color-scheme:dark)")
GROUNDS = {LIGHT: ("#ffffff", "#f6f8fa"), DARK: ("#10161d", "#18212b")}
forms = pytest.mark.parametrize("form", [LIGHT, DARK], ids=["light", "dark"])


def colours(form, sign):
    return dict(re.findall(rf"--({sign}\d+):(#[0-9a-f]{{6}});", form))


def levels(form):
    found = re.findall(r"\.h(\d+)\{background:(#[0-9a-f]{6});color:(#[0-9a-f]{6})\}", form)
    assert [int(number) for number, *_ in found] == list(range(heat.LEVELS))
    return [(ground, ink) for _, ground, ink in found]


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.1."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@forms
@pytest.mark.parametrize(("sign", "look", "least"), [("s", plots.series, 3), ("t", plots.language, 2.4)])
def test_every_colour_that_charts_name_is_there_distinct_and_stands_out(form, sign, look, least):
    # 3 is what WCAG 2.1 AA asks of graphics; languages differ by shape too.
    named = {look(number)["color"] for number in range(40)}
    found = colours(form, sign)
    assert named == {f"var(--{name})" for name in found}
    assert len(set(found.values())) == len(found)
    assert all(
        contrast(colour, ground) >= least for colour in found.values() for ground in GROUNDS[form][sign == "t" :]
    )


@forms
def test_values_are_readable_on_every_level(form):
    # 4.5 is what WCAG 2.1 AA asks of text.
    assert all(contrast(ground, ink) >= 4.5 for ground, ink in levels(form))


@forms
def test_more_stands_out_more_from_the_page(form):
    away = [contrast(ground, GROUNDS[form][0]) for ground, _ in levels(form)]
    assert away == sorted(away)
    assert len(set(away)) == heat.LEVELS
