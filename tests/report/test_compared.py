from equilingua.evaluation.comparison_record import ComparisonRecord
from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import compared as paired
from equilingua.report import side_by_side

from .factory import STARTER, compared, evaluation
from .reading import Reading


def drawn(record, benchmarks=None):
    one = side_by_side.gather([EvaluationRecord.parse(evaluation(0, benchmarks), "a.json")])[0]
    return paired.of_benchmark(one, [ComparisonRecord.parse(record, "c.json")])


def rows(figure):
    return figure.chart["data"]["values"]


def test_a_figure_a_setting_and_a_row_an_encoder():
    made = drawn(compared())
    assert [figure.heading for figure in made.figures] == [
        "Monolingual mAP",
        "Cross-lingual mAP",
        "Multilingual mAP",
        "Rank distance",
    ]
    (title, _), _ = Reading(made.figures[2].chart).marks("sure")
    assert title == "hybrid less embedded:base: +.1000 (+.0980 to +.1020), p 0.0004 corrected"
    assert "left is better" in made.figures[3].note
    assert "after Holm" in made.note
    assert [(second, counts[2]) for _, second, counts in made.tallies] == [
        ("embedded:base", (2, 0, 0)),
        ("labse", (2, 0, 0)),
    ]


def test_each_difference_has_its_interval_and_verdict():
    (on,) = ComparisonRecord.parse(compared(), "c.json").benchmarks
    for figure, setting in zip(drawn(compared()).figures, on.settings, strict=True):
        found = [[row[key] for key in ("row", "value", "low", "high", "verdict")] for row in rows(figure)]
        expected = [one for one in on.overall if one.setting == setting]
        assert found == [[one.second, one.difference, one.low, one.high, one.verdict] for one in expected]


def test_pairs_of_every_two_are_named_by_both():
    record = compared()
    record["results"]["xquad-r"][0]["first"] = "labse"
    assert rows(drawn(record).figures[0])[0]["row"] == "labse : embedded:base"


def test_a_benchmark_that_was_not_compared_has_none():
    assert drawn(compared(), {"starter": STARTER}) is None


def test_a_single_run_is_called_as_on_the_rest_of_the_page():
    record = compared(("runs/demo/hybrid/encoder", "embedded:base+center", "recipe"))
    record["encoders"][1]["runs"][0] = {
        "encoder": "embedded:base",
        "posthoc": "center",
        "posthoc_fitted_on": "the evaluation texts themselves",
    }
    record["encoders"][2]["runs"] *= 2
    fitted = {"posthoc_fitted_on": "the evaluation texts themselves"}
    pages = [evaluation(3), evaluation(1, **fitted), evaluation(1, posthoc_fitted_on="udhr")]
    one = side_by_side.gather([EvaluationRecord.parse(page, "a.json") for page in pages])[0]
    made = paired.of_benchmark(one, [ComparisonRecord.parse(record, "c.json")])
    assert [(first, second) for first, second, _ in made.tallies] == [
        ("hybrid", "embedded:base + center"),
        ("hybrid", "recipe"),
    ]
    assert "Fitted on the evaluation texts themselves: embedded:base + center." in made.note
