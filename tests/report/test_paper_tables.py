import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from equilingua.errors import UsageError
from equilingua.evaluation.comparison_record import ComparisonRecord
from equilingua.report import compared as paired

from .factory import compared


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
