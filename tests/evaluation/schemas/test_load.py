"""Everything that is kept or freshly written fits the shipped schemas, and what does not is named."""

import copy
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.evaluation import comparison, results
from equilingua.evaluation.comparison import Contestant, Rule
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.results import Evaluation
from equilingua.evaluation.schemas.load import VERSIONS, schema
from equilingua.report import differences, evaluations

from ..parallel import parallel

KEPT = sorted((Path(__file__).parents[3] / "results" / "evaluations").glob("*.json"))


def validator(kind):
    described = schema(kind)
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


@pytest.fixture(scope="module")
def evaluated():
    made, queries, candidates = parallel(languages=("de", "en", "zh-Hans"))
    plain = Evaluation("plain", None, {"made": evaluate_vectors(queries, candidates, made)})
    center = Evaluation("plain", "center", {"made": evaluate_vectors(queries, candidates, made, "center")})
    return plain, center


@pytest.fixture(scope="module")
def fresh(evaluated):
    return json.loads(json.dumps(evaluated[0].to_json(), allow_nan=False))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_evaluations_are_valid(path):
    validator("evaluation").validate(json.loads(path.read_text("utf-8")))


def test_a_fresh_evaluation_is_valid_and_read_back(evaluated, fresh):
    assert KEPT
    assert fresh["schema"] == results.SCHEMA == VERSIONS["evaluation"]
    for one in evaluated:
        record = json.loads(json.dumps(one.to_json(), allow_nan=False))
        validator("evaluation").validate(record)
        details = evaluations.parse(record, "fresh.json").results["made"].details
        assert None not in (details.distances, details.pool_rank, details.exposure, details.even_exposure, details.map)


def test_an_evaluation_in_one_language_is_valid():
    made, queries, candidates = parallel(languages=("de",))
    one = Evaluation("plain", None, {"made": evaluate_vectors(queries, candidates, made)})
    record = json.loads(json.dumps(one.to_json(), allow_nan=False))
    assert record["results"]["made"]["cross_lingual"]["map"] is None
    validator("evaluation").validate(record)
    assert evaluations.parse(record, "one.json").results["made"].details.map is None


def test_a_fresh_comparison_is_valid_and_read_back(evaluated):
    plain, center = evaluated
    contestants = [Contestant("center", (center,)), Contestant("plain", (plain,))]
    rule = Rule(resamples=99)
    compared = {"made": comparison.compare(contestants, "made", rule)}
    record = json.loads(json.dumps(comparison.to_json(contestants, compared, rule), allow_nan=False))
    validator("comparison").validate(record)
    assert record["schema"] == comparison.SCHEMA == VERSIONS["comparison"]
    read = differences.parse(record, "fresh.json")
    assert read.names == ("center", "plain")
    assert read.benchmarks[0].tally("center", "plain", "bias") == tuple(
        compared["made"].tally("center", "plain", "bias").values()
    )


def without(key):
    return lambda record: record.pop(key)


def put(*way, value):
    def change(record):
        for key in way[:-1]:
            record = record[key]
        record[way[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("encoder"),
        without("results"),
        put("schema", value=2),
        put("results", value={}),
        put("results", "made", "monolingual", "map", value=1.5),
        put("results", "made", "cross_lingual", "by_pair", "de-en", value={}),
        put("results", "made", "bias", "rank_distance", value="far"),
        put("results", "made", "counts", "questions", value=1.5),
        put("results", "made", "map", "points", "de", value=[[0.0]]),
    ],
)
def test_what_is_wrong_is_found(fresh, change):
    record = copy.deepcopy(fresh)
    change(record)
    with pytest.raises(jsonschema.ValidationError):
        validator("evaluation").validate(record)


def test_figures_of_later_versions_do_not_make_a_file_invalid(fresh):
    record = copy.deepcopy(fresh)
    record["results"]["made"]["monolingual"]["recall@7"] = 0.5
    record["results"]["made"]["bias"]["some_new_figure"] = -3.0
    record["results"]["made"]["something"] = {"else": np.pi}
    validator("evaluation").validate(record)
    evaluations.parse(record, "later.json")


def test_unknown_kinds_and_versions():
    with pytest.raises(UsageError, match="unknown kind of result file 'evaluations': did you mean 'evaluation'"):
        schema("evaluations")
    with pytest.raises(UsageError, match="unknown schema of evaluation files '7'"):
        schema("evaluation", 7)
