"""Tables, verdicts and page of a study, from its files alone."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from equilingua.study.definition import parse_study
from equilingua.study.ledger import Places
from equilingua.study.measures import Measure
from equilingua.study.record import gather, read
from equilingua.study.report import tables
from equilingua.study.report.write import overview, report
from tests.study import synthetic
from tests.study.synthetic import declaration, hypothesis

FIGURES = [
    {"kind": "bars", "title": "Points", "benchmark": "xquad-r", "measures": ["multilingual/map", "bias/rank_distance"]},
    {
        "kind": "trade-off",
        "title": "Trade",
        "benchmark": "xquad-r",
        "measures": ["monolingual/map", "cross_lingual/map"],
    },
    {"kind": "by-language", "title": "Languages", "benchmark": "xquad-r", "measures": ["multilingual/map"]},
    {"kind": "pairs", "title": "Pairs", "benchmark": "xquad-r", "measures": ["cross_lingual/map"], "points": ["base"]},
    {"kind": "curve", "title": "Curve", "benchmark": "xquad-r", "measures": ["multilingual/map"], "x": "batches.alpha"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    declared = declaration(
        title="Which <batches>?",
        hypotheses=[
            hypothesis(claims=[6]),
            hypothesis("monolingual", "hybrid", statement="Reversed."),
            hypothesis("hybrid", "mixed", statement="Of a point that has not run."),
        ],
        comparisons=[{"first": "hybrid", "others": ["base", "monolingual"]}],
        figures=FIGURES,
        limits=["It is small."],
    )
    synthetic.write(folder, declared=declared, failed=[("cross-lingual", 2)])
    report(folder)
    return folder


class Tags(HTMLParser):
    """Checks that what is opened is closed, and collects ids and links to other hosts."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.outside = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.outside += [value for name, value in attrs if name in {"src", "href"} and "//" in (value or "")]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_record_holds_means_deviations_and_verdicts(folder):
    record = json.loads((folder / "tables.json").read_text("utf-8"))
    study = read(folder)
    values = study.of_point("hybrid", "xquad-r", Measure("multilingual", "map"))
    (hybrid,) = [row for row in record["results"]["xquad-r"] if row["point"] == "hybrid"]
    (figure,) = [one for one in hybrid["figures"] if one["setting"] == "multilingual"]
    assert figure["mean"] == pytest.approx(np.mean(values))
    assert figure["deviation"] == pytest.approx(np.std(values, ddof=1))
    assert [one["verdict"] for one in record["hypotheses"]] == ["supported", "contradicted", "not run yet"]
    assert record["hypotheses"][0]["claims"] == [6]
    assert len(record["comparisons"]["xquad-r"]) == 8
    assert record["lacking"] == [{"what": "cross-lingual-s2", "why": "failed: TrainingError: the loss is not finite"}]


def test_nothing_is_best_where_nothing_differs(tmp_path):
    synthetic.write(tmp_path, {"base": (0.8, 0.6, 0.3, 0.01), "hybrid": (0.8, 0.7, 0.5, 0.01)})
    (table,) = tables.tables(read(tmp_path))

    marked = {measure: any(row.cells[place].best for row in table.rows) for place, measure in enumerate(table.measures)}
    assert marked[Measure("multilingual", "map")]
    assert not marked[Measure("bias", "rank_distance")]


def test_the_markdown_has_verdicts_tables_and_what_failed(folder):
    text = (folder / "tables.md").read_text("utf-8")
    assert "- **supported**: Hybrid batches are better" in text
    assert "| cross-lingual | " in text
    assert "| 2 of 3 |" in text
    assert "cross-lingual-s2: failed" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| hybrid")}
    assert widths == {7}


def test_the_page_is_whole_and_stands_alone(folder):
    page = (folder / "index.html").read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert not tags.outside
    assert len(tags.ids) == len(set(tags.ids))
    assert "Which &lt;batches&gt;?" in page
    assert "Of 3 hypotheses: 1 supported, 1 contradicted, 1 not run yet." in page
    for title in ("Points", "Trade", "Languages", "Pairs", "Curve"):
        assert f">{title}" in page
    assert "nan" not in page.replace("dominant", "")
    assert "It is small." in page


def test_a_study_that_has_only_begun_has_a_page(tmp_path):
    synthetic.write(tmp_path, {}, declared=declaration(figures=FIGURES))
    planned = [synthetic.entry("hybrid", seed, "planned") for seed in range(3)]
    gather(parse_study(declaration(), "synthetic"), Places(tmp_path, tmp_path / "runs"), planned)
    report(tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "3 planned" in page
    assert "1 not run yet" in page


def test_an_exchange_of_labels_turns_the_verdict(tmp_path):
    """Words follow the figures: the same study with two points' names exchanged says the opposite."""
    exchanged = synthetic.LEVELS | {
        "hybrid": synthetic.LEVELS["monolingual"],
        "monolingual": synthetic.LEVELS["hybrid"],
    }
    synthetic.write(tmp_path, exchanged)
    report(tmp_path)
    record = json.loads((tmp_path / "tables.json").read_text("utf-8"))
    assert record["hypotheses"][0]["verdict"] == "contradicted"
    assert "the other way" in record["hypotheses"][0]["words"]


def test_the_overview_has_each_study_s_question_verdicts_and_tables(folder):
    path = overview(folder.parent)

    text = path.read_text("utf-8")
    assert "## Which \\<batches\\>?" in text
    record = json.loads((folder / "tables.json").read_text("utf-8"))
    for one in record["hypotheses"]:
        assert f"- **{one['verdict']}**: {one['statement']}" in text
    assert f"[page]({folder.name}/index.html)" in text
    lines = (folder / "tables.md").read_text("utf-8").splitlines()
    assert next(line for line in lines if line.startswith("| hybrid |")) in text


def test_the_overview_names_a_damaged_study_and_shows_the_others(folder):
    damaged = folder.parent / "damaged"
    damaged.mkdir()
    (damaged / "tables.json").write_text("{}")

    text = overview(folder.parent).read_text("utf-8")
    assert "another version of this program: equilingua study report damaged" in text
    assert f"[page]({folder.name}/index.html)" in text


def test_what_untrained_points_were_fitted_on_stands_with_their_names(tmp_path):
    untrained = {
        "base": {"encoder": "embedded:base", "posthoc": "center"},
        "other": {"encoder": "embedded:base", "posthoc": "lir:1", "fit_on": ["udhr"]},
    }
    synthetic.write(tmp_path, declared=declaration(hypotheses=[hypothesis("hybrid", "base")], untrained=untrained))
    report(tmp_path)
    text, page = ((tmp_path / name).read_text("utf-8") for name in ("tables.md", "index.html"))
    assert "| base (center, fitted on the evaluation texts themselves) |" in text
    assert "(base: center, fitted on the evaluation texts themselves)" in text
    assert page.count("center, fitted on the evaluation texts themselves") == 2
    study = read(tmp_path)
    assert tables.fitted(study, "other") == "lir:1, fitted on udhr"
    assert tables.fitted(study, "hybrid") == ""
