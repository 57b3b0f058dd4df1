import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from equilingua.errors import UsageError
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


def render(form, *names, **options):
    names = names or ("hybrid", "embedded:base", "labse")
    return paired.tables(ComparisonRecord.parse(compared(names, **options), "c.json"), form)


def test_latex():
    lines = render("tex").splitlines()
    assert lines.count(r"\toprule") == 2
    best = [r"\textbf{.8000}", r"\textbf{.7000}"]
    best += [rf"\textbf{{{figure}}}\textsuperscript{{bc}}" for figure in (".6000", "500.0")]
    assert " & ".join(["a hybrid", *best]) + r" \\" in lines
    assert r"hybrid : labse & 0/2/0 & 0/2/0 & 2/0/0 & 2/0/0 \\" in lines


def test_markdown():
    lines = render("md").splitlines()
    assert lines[0] == "**xquad-r**"
    assert "| a hybrid | **.8000** | **.7000** | **.6000**<sup>bc</sup> | **500.0**<sup>bc</sup> |" in lines
    assert "| hybrid : labse | 0/2/0 | 0/2/0 | 2/0/0 | 2/0/0 |" in lines
    assert any("a alone was compared with each" in line for line in lines)


def test_html():
    tables = html.fragments_fromstring(render("html"))
    rows = tables[0].xpath(".//tbody/tr")
    assert rows[0].xpath("string(th)").split() == ["a", "hybrid"]
    assert rows[0].xpath("td[3]/b/text()") == [".6000"]
    assert rows[0].xpath("td[3]/sup/text()") == ["bc"]
    assert tables[0].xpath("caption/text()") == ["xquad-r"]


def test_deviations_over_seeds_are_said():
    assert r".6000 $\pm$ .0100" in render("tex", deviation=0.01)
    assert "standard deviation over runs" in render("md", deviation=0.01)
    assert "±" not in render("md")


def test_two_encoders_need_no_word_on_what_was_compared():
    assert "alone was compared" not in render("md", "a", "b")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (r"50%_of\this~{x}^2", r"50\%\_of\textbackslash{}this\textasciitilde{}\{x\}\textasciicircum{}2"),
        ("a&b#$", r"a\&b\#\$"),
    ],
)
def test_names_are_escaped_for_latex(name, written):
    assert f"a {written} & " in render("tex", name, "b")


@settings(max_examples=30)
@given(st.text(min_size=1).filter(lambda name: name != "b"))
def test_no_name_breaks_a_table(name):
    tables = html.fragments_fromstring(render("html", name, "b"))
    assert [len(table.xpath(".//tr")) for table in tables if table.tag == "table"] == [3, 2]
    rows = [line for line in render("md", name, "b").split("\n") if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


def test_more_encoders_than_letters():
    names = [f"e{place}" for place in range(28)]
    text = render("md", *names)
    assert "| z e25 |" in text
    assert "| (27) e26 |" in text


def test_an_unknown_form():
    with pytest.raises(UsageError, match="unknown table format 'pdf'"):
        render("pdf")


def test_who_is_silent_and_what_methods_were_fitted_on_is_said():
    record = compared(("hybrid", "embedded:base", "run"))
    record["encoders"][1]["runs"][0] |= {"posthoc": "center", "posthoc_fitted_on": "the evaluation texts themselves"}
    for part in ("results", "by_part"):
        rows = record[part]["xquad-r"]
        record[part]["xquad-r"] = [row for row in rows if (row["second"], row["setting"]) != ("run", "bias")]
    answers = {"by_language": {}, "depth": None}
    record["coverage"] = {
        "xquad-r": {
            "hybrid": {"mean": 1.0, **answers},
            "embedded:base": {"mean": 0.95, **answers},
            "run": {"mean": 0.1, "by_language": {}, "depth": 10},
        }
    }
    found = ComparisonRecord.parse(record, "c.json")
    text = paired.tables(found, "md").replace(" %", "%")
    assert "Fitted on the evaluation texts themselves: embedded:base." in text
    assert "Questions answered: 95.0% by embedded:base; 10.0% by run, too few for rank distance; rank dist" in text
    assert "At most 10 candidates are listed by run: its mAP" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| c run |"))
    assert row.endswith(" – |")
    assert "| hybrid : run | 0/2/0 | 0/2/0 | 2/0/0 | – |" in text
    for form in ("tex", "html"):
        assert "Fitted on the evaluation texts themselves" in paired.tables(found, form)
