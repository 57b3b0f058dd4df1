import math

import pytest

from equilingua.report import numerals


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.79807, ".7981"), (0.0, ".0000"), (1.0, "1.0000"), (0.99999, "1.0000"), (math.nan, "\N{EN DASH}")],
)
def test_scores_have_four_digits_and_no_leading_zero(value, text):
    assert numerals.score(value) == text


@pytest.mark.parametrize(("value", "text"), [(5.0, "5.0"), (999.96, "1,000"), (1229.7, "1,230")])
def test_rank_distances_lose_their_decimal_at_a_thousand(value, text):
    assert numerals.ranks(value) == text


def test_a_sign_is_put_before_a_difference_but_not_before_zero():
    assert numerals.signed(".0023", -0.0023) == "\N{MINUS SIGN}.0023"
    assert numerals.signed(".0023", 0.0023) == "+.0023"
    assert numerals.signed(".0000", -0.00001) == ".0000"


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.25, "4.2 s"), (59.97, "60.0 s"), (372, "6 min 12 s"), (7380, "2 h 3 min")]
)
def test_durations(seconds, text):
    assert numerals.duration(seconds) == text
