"""Comparisons are read back as they were written, fit their own JSON Schema, and what is wrong with one is named."""

import copy
import json

import jsonschema
import pytest

from equilingua.errors import DataError
from equilingua.evaluation import comparison
from equilingua.evaluation.comparison import Contestant, Rule
from equilingua.evaluation.comparison_record import ComparisonRecord
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.results import Evaluation
from tests.report.factory import compared

from .parallel import parallel


def test_a_fresh_comparison_is_valid_and_read_back():
    made, queries, candidates = parallel(languages=("de", "en", "zh-Hans"))
    contestants = [
        Contestant(name, (Evaluation(name, None, {"made": evaluate_vectors(queries, candidates, made, method)}),))
        for name, method in (("center", "center"), ("plain", None))
    ]
    rule = Rule(resamples=99)
    found = comparison.compare(contestants, "made", rule)
    written = comparison.record(contestants, {"made": found}, rule)
    record = json.loads(json.dumps(written.to_json(), allow_nan=False))
    schema = ComparisonRecord.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(record)
    read = ComparisonRecord.parse(record, "fresh.json")
    assert read == written
    assert read.benchmarks == [found]
    assert "part" not in record["results"]["made"][0]


def test_what_is_read(tmp_path):
    file = tmp_path / "compare.json"
    file.write_text(json.dumps(compared()), encoding="utf-8")
    read = ComparisonRecord.read(file)
    assert [one.name for one in read.encoders] == ["hybrid", "embedded:base", "labse"]
    (one,) = read.benchmarks
    assert one.settings == ["monolingual", "cross_lingual", "multilingual", "bias"]
    assert one.pairs == [("hybrid", "embedded:base"), ("hybrid", "labse")]
    assert one.tally("hybrid", "labse", "bias") == (2, 0, 0)
    assert one.tally("hybrid", "labse", "cross_lingual") == (0, 2, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("encoders"), "encoders: key is missing: give a file that compare --json wrote"),
        (lambda record: record.update(schema=9), "schema: 9 is not 1"),
        (lambda record: record["by_part"].clear(), r"by_part\.xquad-r: key is missing"),
        (lambda record: record["results"]["xquad-r"][0].update(verdict="draw"), r"0\.verdict: \"draw\" is not 'win'"),
        (lambda record: record["results"]["xquad-r"][0].update(second="x"), r"0\.second: \"x\" is not the name of one"),
        (lambda record: record["results"]["xquad-r"][1].update(setting="x"), r"1\.setting: \"x\" is not 'mono"),
        (lambda record: record["results"]["xquad-r"][1].update(p=2), r"1\.p: 2 is not at most 1"),
        (lambda record: record["results"].update({"xquad-r": {}}), r"results\.xquad-r: \{\} is not a list"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    record = copy.deepcopy(compared())
    change(record)
    with pytest.raises(DataError, match=message):
        ComparisonRecord.parse(record, "c.json")


def test_an_evaluation_is_no_comparison(tmp_path):
    file = tmp_path / "x.json"
    file.write_text("[1", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.json:1: not JSON: .* give a file that compare --json wrote"):
        ComparisonRecord.read(file)
