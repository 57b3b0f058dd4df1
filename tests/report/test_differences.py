import copy
import json

import pytest

from equilingua.errors import DataError
from equilingua.report import differences

from .factory import compared


def test_reads_what_compare_writes(tmp_path):
    file = tmp_path / "compare.json"
    file.write_text(json.dumps(compared()), encoding="utf-8")
    read = differences.read(file)
    assert read.names == ("hybrid", "embedded:base", "labse")
    one = read.benchmarks[0]
    assert one.settings == ["monolingual", "cross_lingual", "multilingual", "bias"]
    assert one.pairs == [("hybrid", "embedded:base"), ("hybrid", "labse")]
    assert one.tally("hybrid", "labse", "bias") == (2, 0, 0)
    assert one.tally("hybrid", "labse", "cross_lingual") == (0, 2, 0)
    assert one.figures()["labse", "multilingual"] == (pytest.approx(0.4), None)
    assert one.beaten()["hybrid", "multilingual"] == ["embedded:base", "labse"]
    assert ("hybrid", "monolingual") not in one.beaten()


def test_a_loss_is_the_others_win():
    record = compared(("a", "b"))
    record["results"]["xquad-r"][0]["verdict"] = "loss"
    assert differences.parse(record, "c.json").benchmarks[0].beaten()["b", "monolingual"] == ["a"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("encoders"), "encoders: key is missing: give a file that compare --json wrote"),
        (lambda record: record.update(schema=9), "schema: 9 is not schema 1"),
        (lambda record: record["by_part"].clear(), r"by_part\.xquad-r: key is missing"),
        (lambda record: record["results"]["xquad-r"][0].update(verdict="draw"), r"0\.verdict: \"draw\" is not one of"),
        (lambda record: record["results"]["xquad-r"][0].update(second="x"), r"0\.second: \"x\" is not the name of one"),
        (lambda record: record["results"]["xquad-r"][1].update(setting="x"), r"1\.setting: \"x\" is not one of"),
        (lambda record: record["results"]["xquad-r"][1].update(p=2), r"1\.p: 2 is not between 0 and 1"),
        (lambda record: record["results"].update({"xquad-r": {}}), r"results\.xquad-r: \{\} is not a list"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    record = copy.deepcopy(compared())
    change(record)
    with pytest.raises(DataError, match=message):
        differences.parse(record, "c.json")


def test_an_evaluation_is_no_comparison(tmp_path):
    file = tmp_path / "x.json"
    file.write_text("[1", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.json:1: not JSON: .* give a file that compare --json wrote"):
        differences.read(file)
