import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.mining.plan import Margin, MiningPlan, parse_window


@pytest.mark.parametrize(
    ("text", "positive", "ceiling"),
    [
        ("0.05", 0.9, 0.85),
        (" 0 ", 0.9, 0.9),
        ("-0.1", 0.8, 0.9),  # a negative may score higher than the positive
        ("95%", 0.8, 0.76),
        ("110%", 0.5, 0.55),
        ("95%", -0.8, -0.84),  # still below the positive
    ],
)
def test_a_margin_sets_the_highest_score_of_a_negative(text, positive, ceiling):
    margin = Margin.parse(text)

    assert margin.ceiling(np.float32([positive])) == pytest.approx([ceiling], abs=1e-6)
    assert Margin.parse(str(margin)) == margin


def test_no_margin_allows_any_score():
    assert Margin.parse("none") is None
    assert np.isposinf(MiningPlan(margin=None).ceiling(np.float32([0.1, 0.9]))).all()


@pytest.mark.parametrize("text", ["", "x", "5%%", "0%", "-5%", "nan", "inf", "%"])
def test_no_such_margin(text):
    with pytest.raises(UsageError, match=r"margin '.*': use a difference such as 0.05, a share such as 95%, or none"):
        Margin.parse(text)


@pytest.mark.parametrize("text", ["", "10", "10:", "10-100", "-1:5", "a:b", "1:2:3"])
def test_no_such_window(text):
    with pytest.raises(UsageError, match=r"window '.*': use FIRST:LAST"):
        parse_window(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"per_query": 0}, "negatives per query: 0 is too few"),
        ({"cross_lingual_share": 1.5}, "cross-lingual share: 1.5 is not between 0 and 1"),
        ({"cross_lingual_share": float("nan")}, "cross-lingual share: nan"),
        ({"window": (5, 5)}, "window 5:5: the first rank must be 0 or more and below the last"),
        ({"window": (-1, 5)}, "window -1:5"),
    ],
)
def test_a_plan_that_cannot_be_carried_out(changes, message):
    with pytest.raises(UsageError, match=message):
        MiningPlan(**changes)


def test_the_record_says_it_in_the_words_of_the_command_line():
    plan = MiningPlan(3, 0.25, Margin(0.1), (2, 9))

    assert plan.record() == {"per_query": 3, "cross_lingual_share": 0.25, "margin": "0.1", "window": "2:9"}
    assert MiningPlan().record()["margin"] == "95%"
    assert MiningPlan(margin=None).record()["margin"] == "none"
