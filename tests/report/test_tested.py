from lxml import etree

from equilingua.report import comparison, differences, evaluations, tested

from .factory import STARTER, compared, evaluation


def drawn(record, benchmarks=None):
    one = comparison.gather([evaluations.parse(evaluation(0, benchmarks), "a.json")])[0]
    return tested.of_benchmark(one, [differences.parse(record, "c.json")])


def test_a_figure_a_setting_and_a_row_an_encoder():
    made = drawn(compared())
    assert [figure.heading for figure in made.figures] == [
        "Monolingual mAP",
        "Cross-lingual mAP",
        "Multilingual mAP",
        "Rank distance",
    ]
    pool = etree.fromstring(made.figures[2].svg)
    assert [group.get("class") for group in pool.iter("g")] == ["interval win", "interval win"]
    assert [text.text for text in pool.iter("text") if text.get("class") == "name"] == ["embedded:base", "labse"]
    assert "hybrid less labse: +.2000 (+.1980 to +.2020), p 0.0004 corrected" in made.figures[2].svg
    assert "left is better" in made.figures[3].note
    assert "after Holm" in made.note
    assert [(row.second, row.counts[2]) for row in made.tallies] == [("embedded:base", (2, 0, 0)), ("labse", (2, 0, 0))]


def test_intervals_are_where_their_values_are():
    root = etree.fromstring(drawn(compared()).figures[2].svg)
    circles = [float(circle.get("cx")) for circle in root.iter("circle")]
    zero = next(float(line.get("x1")) for line in root.iter("line") if line.get("class") == "zero")
    # 0.1 and 0.2 from zero.
    assert abs((circles[1] - zero) - 2 * (circles[0] - zero)) < 0.3


def test_pairs_of_every_two_are_named_by_both():
    record = compared()
    record["results"]["xquad-r"][0]["first"] = "labse"
    assert "labse : embedded:base" in drawn(record).figures[0].svg


def test_long_names_keep_their_end():
    assert "\N{HORIZONTAL ELLIPSIS}" in drawn(compared(("a", "x" * 60 + "/seed-7"))).figures[0].svg


def test_a_benchmark_that_was_not_compared_has_none():
    assert drawn(compared(), {"starter": STARTER}) is None
