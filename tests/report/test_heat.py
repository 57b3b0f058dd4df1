import math

import pytest

from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import heat, numerals, side_by_side

from .factory import detailed, evaluation


def compared(*records):
    return side_by_side.gather([EvaluationRecord.parse(record, "a.json") for record in records])[0]


def cells(one):
    return {(cell.row, cell.column): cell for row in one.rows for cell in row}


def test_questions_go_down_and_passages_across():
    made = heat.scores("h", "n", ["de", "en"], [("a", 3, {("de", "en"): 0.6, ("de", "de"): 0.8})])
    assert (made.low, made.high) == (".60", ".80")
    (one,) = made.maps
    assert (one.label, one.series) == ("a", 3)
    assert [[(cell.row, cell.column, cell.level, cell.text, cell.exact) for cell in row] for row in one.rows] == [
        [("de", "de", 20, ".80", ".8000"), ("de", "en", 0, ".60", ".6000")],
        [("en", "de", None, numerals.ABSENT, numerals.ABSENT), ("en", "en", None, numerals.ABSENT, numerals.ABSENT)],
    ]


@pytest.mark.parametrize(
    ("values", "ends"),
    [([0.512, 0.871], (0.5, 0.9)), ([0.5], (0.5, 0.55)), ([math.nan], (0.0, 1.0)), ([1.0], (1.0, 1.05))],
)
def test_the_scale_ends_at_twentieths(values, ends):
    assert heat.score_range(values) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("value", "level"), [(0.5, 0), (0.9, 20), (0.7, 10), (0.1, 0), (1.0, 20), (float("nan"), None)]
)
def test_levels(value, level):
    assert heat.level(value, 0.5, 0.9) == level


def test_quality_holds_cross_lingual_pairs_and_monolingual_ones_on_the_diagonal():
    record = evaluation()
    record["results"]["xquad-r"]["cross_lingual"]["by_pair"]["de>en"]["map"] = 0.1234
    record["results"]["xquad-r"]["cross_lingual"]["by_pair"]["en>de"]["map"] = 0.9
    record["results"]["xquad-r"]["monolingual"]["by_language"]["de"]["map"] = 0.4321
    made = heat.quality(compared(record, evaluation(1)))
    found = cells(made.maps[0])
    assert (found["de", "en"].text, found["de", "en"].exact) == (".12", ".1234")
    assert found["en", "de"].text == ".90"
    assert found["de", "de"].text == ".43"
    # One scale for both maps.
    assert (made.low, found["de", "en"].level) == (".10", round(20 * (0.1234 - 0.1) / (float(made.high) - 0.1)))
    assert [one.label for one in made.maps] == ["embedded:base", "embedded:base + center"]


def test_places_are_on_one_logarithmic_scale():
    made = heat.places(compared(detailed(0), detailed(1)))
    assert (made.low, made.high) == ("1", "140")
    base, other = map(cells, made.maps)
    assert (base["de", "de"].text, base["de", "de"].level) == ("1", 0)
    assert other["de", "en"].level == 20
    assert base["de", "en"].level == round(20 * math.log(40) / math.log(140))


def test_attention_says_what_would_be_even():
    made = heat.attention(compared(detailed(0)))
    assert "every cell would hold 33.3" in made.note
    assert cells(made.maps[0])["de", "de"].level == round(20 * (1 / 3 + 2 / 3 * 0.8))
    record = detailed(0)
    record["results"]["xquad-r"]["bias"]["relevant_share"]["de"] = {"de": 1.0}
    assert "every cell" not in heat.attention(compared(record)).note


def test_encoders_without_details_are_left_out():
    old = evaluation(0, {"xquad-r": ("de", "en", "zh-Hans")})
    assert [one.heading for one in heat.of_benchmark(compared(old))] == ["By language pair"]
    both = heat.of_benchmark(compared(old, detailed(1)))
    assert [[one.series for one in made.maps] for made in both] == [[0, 1], [1], [1]]


def test_a_pair_without_a_value_is_a_dash():
    record = detailed(0)
    del record["results"]["xquad-r"]["distributions"]["pool_rank"]["by_pair"]["de>en"]
    found = cells(heat.places(compared(record)).maps[0])["de", "en"]
    assert (found.text, found.level) == (numerals.ABSENT, None)
