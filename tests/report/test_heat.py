import math

import pytest

from equilingua.report import comparison, evaluations, heat, numerals

from .factory import detailed, evaluation


def compared(*records):
    return comparison.gather([evaluations.parse(record, "a.json") for record in records])[0]


def test_heat_cells_have_questions_down_and_passages_across():
    cells = heat.heat_cells(["de", "en"], {("de", "en"): 0.6, ("de", "de"): 0.8}, 0.6, 0.8, numerals.score)
    assert [(cell.row, cell.column, cell.level) for row in cells for cell in row] == [
        ("de", "de", 20),
        ("de", "en", 0),
        ("en", "de", None),
        ("en", "en", None),
    ]


@pytest.mark.parametrize(
    ("values", "ends"),
    [([0.512, 0.871], (0.5, 0.9)), ([0.5], (0.5, 0.55)), ([math.nan], (0.0, 1.0)), ([1.0], (1.0, 1.05))],
)
def test_the_scale_ends_at_twentieths(values, ends):
    assert heat.heat_range(values) == pytest.approx(ends)


def test_places_are_on_one_logarithmic_scale():
    family = heat.places(compared(detailed(0), detailed(1)))
    assert (family.low, family.high) == ("1", "140")
    base, other = ({(cell.row, cell.column): cell for row in one.rows for cell in row} for one in family.maps)
    assert (base["de", "de"].text, base["de", "de"].level) == ("1", 0)
    assert other["de", "en"].level == 20
    assert base["de", "en"].level == round(20 * math.log(40) / math.log(140))


def test_attention_says_what_would_be_even():
    family = heat.attention(compared(detailed(0)))
    assert "every cell would hold 33.3" in family.note
    record = detailed(0)
    record["results"]["xquad-r"]["bias"]["relevant_share"]["de"] = {"de": 1.0}
    assert "every cell" not in heat.attention(compared(record)).note


def test_encoders_without_details_are_left_out():
    languages = ("de", "en", "zh-Hans")
    old = evaluation(0, {"xquad-r": languages})
    assert heat.places(compared(old)) is None
    assert heat.attention(compared(old)) is None
    assert [one.entry.series for one in heat.places(compared(old, detailed(1))).maps] == [1]
    assert len(heat.quality(compared(old, detailed(1))).maps) == 2


def test_a_pair_without_a_value_is_a_dash():
    record = detailed(0)
    del record["results"]["xquad-r"]["distributions"]["pool_rank"]["by_pair"]["de>en"]
    cells = [cell for row in heat.places(compared(record)).maps[0].rows for cell in row]
    assert [(cell.text, cell.level) for cell in cells if (cell.row, cell.column) == ("de", "en")] == [
        (numerals.ABSENT, None)
    ]
