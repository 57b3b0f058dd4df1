import re
import sys
from datetime import date

import pytest
from lxml import etree, html

from equilingua.errors import MissingExtraError
from equilingua.evaluation.comparison_record import ComparisonRecord
from equilingua.evaluation.record import EvaluationRecord
from equilingua.languages import described
from equilingua.report import html as page_of
from equilingua.report import runs

from .factory import STARTER, XQUAD_R, compared, detailed, evaluation, four, write_run


def render(records, made=(), **options):
    """Return the page of evaluations as JSON has them."""
    return page_of.render([EvaluationRecord.parse(record, "a.json") for record in records], made, **options)


LABELS = ("embedded:base", "embedded:base + center", "monolingual", "hybrid")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return [runs.read(write_run(folder / name, name, steps=60)) for name in ("hybrid", "cross-lingual")]


@pytest.fixture(scope="module")
def page(made):
    return render(four({"xquad-r": XQUAD_R, "starter": STARTER}), made, written=date(2025, 11, 21))


@pytest.fixture(scope="module")
def tree(page):
    return html.fromstring(page)


def test_the_page_is_well_formed(page):
    # HTML5 elements are unknown to libxml2's HTML 4 table; every other complaint is a mistake in the page.
    parser = etree.HTMLParser(recover=True)
    etree.fromstring(page, parser)
    serious = [error for error in parser.error_log if error.type_name != "HTML_UNKNOWN_TAG"]
    assert serious == []
    assert page.lstrip().startswith("<!DOCTYPE html>")


def test_ids_are_unique_and_references_resolve(tree):
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    targets = [href[1:] for href in tree.xpath("//a/@href")] + tree.xpath("//@aria-labelledby")
    assert set(targets) <= set(identifiers)


def test_nothing_is_fetched_and_nothing_runs(page, tree):
    assert "://" not in page
    assert not re.search(r"url\(|@import", page)
    assert tree.xpath("//script|//link|//img|//iframe|//*[@src]") == []
    assert all(href.startswith("#") for href in tree.xpath("//@href"))


def test_every_benchmark_has_a_section_with_every_encoder(tree):
    sections = tree.xpath("//main/section[.//table[contains(@class, 'overview')]]")
    assert len(sections) == 2
    for section in sections:
        names = section.xpath(".//table[contains(@class, 'overview')]//th[@scope='row']/span/text()")
        assert names == list(LABELS)


@pytest.mark.parametrize(("number", "languages"), [(0, XQUAD_R), (1, STARTER)])
def test_each_encoder_has_one_heat_map_cell_for_each_pair(tree, number, languages):
    section = tree.xpath("//main/section")[number]
    maps = section.xpath(".//table[@class='heat']")
    assert len(maps) == 4
    names = list(map(described, languages))
    expected = [f"{question} question, {passage} passage" for question in names for passage in names]
    assert all([title.partition(":")[0] for title in one.xpath(".//td/@title")] == expected for one in maps)
    assert all(len(one.xpath(".//td[contains(@class, ' own')]")) == len(languages) for one in maps)


def test_the_same_value_has_the_same_colour_in_every_map():
    records = four()
    for record in records:
        record["results"]["xquad-r"]["cross_lingual"]["by_pair"]["ar>zh"]["map"] = 0.66
    tree = html.fromstring(render(records))
    assert (
        len(
            set(
                tree.xpath(f"//td[starts-with(@title, '{described('ar')} question, {described('zh')} passage')]/@class")
            )
        )
        == 1
    )


def test_every_figure_is_drawn_under_its_heading(tree):
    figures = tree.xpath("//main/section[2]//figure")
    assert [figure.xpath("string(.//h4)") for figure in figures] == [
        "Rank distance by question language",
        "Multilingual mAP by question language",
        "Top hits in the question\N{RIGHT SINGLE QUOTATION MARK}s language",
    ]
    for figure in figures:
        (chart,) = figure.xpath("./svg[@role='img']")
        assert chart.get("aria-label") == f"{figure.xpath('string(.//h4)')}, starter"
        assert set(map(described, STARTER)) <= set(chart.xpath(".//text/text()"))
        titles = [title.rpartition(":")[0] for title in chart.xpath(".//title/text()")]
        assert sorted(titles) == sorted(f"{described(code)}, {name}" for code in STARTER for name in LABELS)


def test_the_legend_has_the_colour_and_shape_of_each_encoder(tree):
    legend = tree.xpath("//main/section[1]//p[@class='legend']/span")
    assert [entry.text_content() for entry in legend] == list(LABELS)
    chart = tree.xpath("//main/section[1]//figure//svg")[1]
    for entry in legend:
        (swatch,) = entry.xpath(".//path")
        drawn = chart.xpath(".//path[title[contains(., $name)]]/@fill", name=f", {entry.text_content()}:")
        assert set(drawn) == {swatch.get("fill")}


def test_the_headline_and_the_differences_are_there(tree):
    headline = " ".join(tree.xpath("//main/section[1]//h2")[0].text_content().split())
    assert headline.startswith("hybrid is best in cross-lingual and multilingual retrieval")
    assert "+.2511" in tree.xpath("string(//main/section[1]//table[contains(@class, 'overview')])")


def test_runs_show_recipe_curve_and_provenance(tree):
    training = tree.xpath("//section[@id='runs']")[0]
    assert training.xpath(".//article/h4/text()") == ["hybrid", "cross-lingual"]
    text = " ".join(training.text_content().split())
    for part in (
        "strategy: hybrid",
        "0f3c9a1b2d4e",
        "6 min 12 s",
        "2025-11-21 09:25 UTC",
        "2 cores",
        "equilingua train",
    ):
        assert part in text
    # The run that made an encoder has that encoder's colour.
    colours = training.xpath(".//svg//g[contains(@class, 'means_marks')]/@stroke")
    assert colours == ["var(--s3)", "var(--s4)"]
    legend = [style.removeprefix("background:") for style in training.xpath(".//p[@class='legend']//i/@style")]
    assert legend == colours


def test_without_runs_there_is_no_training_section():
    tree = html.fromstring(render(four()))
    assert tree.xpath("//section[@id='runs']") == []
    assert tree.xpath("//section[@id='made']") != []


def test_text_is_escaped_everywhere(tmp_path):
    evil = '</style><script>alert("1")</script>&amp;\'"'
    record = evaluation(0, {evil: XQUAD_R}, encoder=evil, posthoc=evil, versions={evil: evil})
    folder = write_run(tmp_path / "<script>alert(1)<&'", steps=5)
    (folder / "recipe.yaml").write_text("seed: 0  # <script>alert(2)</script>", encoding="utf-8")
    tree = html.fromstring(render([record], [runs.read(folder)], title=evil))
    assert tree.xpath("//script") == []
    assert tree.xpath("//head/title/text()") == [evil]
    assert tree.xpath("//table[contains(@class, 'overview')]//th[@scope='row']/@title") == [evil]
    assert tree.xpath("//section[@id='made']//td[@class='code']/text()") == [evil]


def test_the_page_is_a_function_of_its_inputs(made):
    assert render(four(), made) == render(four(), made)


@pytest.mark.parametrize("package", ["jinja2", "vl_convert"])
def test_a_missing_package_says_what_to_install(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"equilingua\[report\]"):
        render(four())


@pytest.fixture(scope="module")
def detailed_page():
    tests = ComparisonRecord.parse(compared(("hybrid", "embedded:base")), "c.json")
    return render([detailed(0), detailed(3)], tests=[tests])


def test_newer_evaluations_show_places_exposure_and_maps(detailed_page):
    tree = html.fromstring(detailed_page)
    for heading in ("Where the answers land in the pool", "Exposure by language", "A map of parallel sentences"):
        assert tree.xpath(f"//h3[text()='{heading}']")
    assert len(tree.xpath("//table[@class='heat']")) == 3 * 2
    maps = tree.xpath("//div[@class='figures maps']/figure")
    assert [one.xpath("string(.//h4)") for one in maps] == ["embedded:base", "hybrid"]
    assert [one.xpath(".//h4//path/@fill") for one in maps] == [["var(--s0)"], ["var(--s1)"]]
    assert len(tree.xpath("//h4[starts-with(text(), 'Spread of rank distance')]")) == 1
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    assert "://" not in detailed_page
    assert tree.xpath("//script|//img|//*[@src]") == []


def test_tests_take_the_place_of_the_hint_to_make_them(detailed_page, page):
    tree = html.fromstring(detailed_page)
    assert tree.xpath("//h3[text()='More than chance?']")
    assert len(tree.xpath("//svg[starts-with(@aria-label, 'Differences in')]")) == 4
    assert "point estimates" not in detailed_page
    assert "point estimates" in page
    row = tree.xpath("//table[contains(@class, 'tallies')]/tbody/tr")[0]
    assert row.xpath("td/text()")[:2] == ["hybrid", "embedded:base"]


def test_names_in_comparisons_and_groups_are_escaped():
    evil = "<script>alert('1')</script>"
    tests = ComparisonRecord.parse(compared((evil, "b")), "c.json")
    record = detailed(0, encoder=evil)
    record["results"]["xquad-r"]["map"]["groups"][0] = evil
    assert html.fromstring(render([record], tests=[tests])).xpath("//script") == []


def test_how_many_questions_are_answered_and_what_was_fitted_is_on_the_page():
    records = [detailed(0), detailed(1, posthoc_fitted_on="the evaluation texts themselves")]
    for record, coverage in zip(records, (1.0, 0.95), strict=True):
        record["results"]["xquad-r"]["bias"]["coverage"] = coverage
    tree = html.fromstring(render(records))
    (overview,) = tree.xpath("//table[contains(@class, 'overview')]")
    assert overview.xpath(".//thead/tr[2]/th[last()]/text()") == ["questions answered"]
    # More answered is no fairer: nothing is marked there.
    assert overview.xpath("count(.//tbody/tr/td[last()][@class])") == 0
    assert overview.xpath(".//tbody/tr[2]/th/small/text()") == ["fitted on the evaluation texts themselves"]
    notes = " ".join(tree.xpath("//p[@class='note']")[1].text_content().split())
    assert notes.startswith("embedded:base + center (fitted on the evaluation texts themselves) answers 95.0")
    assert described("de") in tree.xpath("string(//p[@class='note lead-note'])")
