"""Evaluations are read back as they were written, fit their own JSON Schema, and what is wrong with one is named."""

import copy
import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.evaluation.record import EvaluationRecord
from equilingua.evaluation.results import Evaluation
from tests.report.factory import detailed, evaluation

from .parallel import parallel

KEPT = sorted((Path(__file__).parents[2] / "results" / "evaluations").glob("*.json"))
RESULT = ("results", "xquad-r")


@pytest.fixture(scope="module")
def schema():
    described = json.loads(json.dumps(EvaluationRecord.model_json_schema(), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


def fresh(languages=("de", "en", "zh-Hans"), posthoc=None):
    made, queries, candidates = parallel(languages=languages)
    return Evaluation("plain", posthoc, {"made": evaluate_vectors(queries, candidates, made, posthoc)})


def with_value(path, value, record=None):
    """Return an evaluation whose key at `path` is `value`."""
    record = copy.deepcopy(record or evaluation())
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return record


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_evaluations_are_read_and_written_as_they_are(path, schema):
    text = path.read_text("utf-8")
    schema.validate(json.loads(text))
    written = json.dumps(EvaluationRecord.read(path).to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    assert written + "\n" == text


@pytest.mark.parametrize("posthoc", [None, "center"])
def test_a_fresh_evaluation_is_valid_and_read_back(posthoc, schema):
    made = fresh(posthoc=posthoc)
    record = json.loads(json.dumps(made.to_json(), allow_nan=False))
    schema.validate(record)
    read = EvaluationRecord.parse(record, "fresh.json")
    assert read.to_json() == record
    result = read.results["made"]
    assert None not in (result.distributions.rank_distance, result.distributions.pool_rank, result.map)
    assert result.bias.exposure
    assert result.bias.relevant_share
    for setting, breakdown in made.results["made"].settings.items():
        assert result.settings[setting].figures == breakdown.mean()
        assert {part: one.figures for part, one in result.settings[setting].parts.items()} == breakdown.by_part()
        assert result.figure(setting, "ndcg@10") == breakdown.mean()["ndcg@10"]
    assert result.figure("bias", "peer") == made.results["made"].bias.mean()["peer"]
    assert math.isnan(result.figure("bitext", "mining_f1"))


def test_an_evaluation_in_one_language_is_valid(schema):
    record = json.loads(json.dumps(fresh(("de",)).to_json(), allow_nan=False))
    assert record["results"]["made"]["cross_lingual"]["map"] is None
    schema.validate(record)
    result = EvaluationRecord.parse(record, "one.json").results["made"]
    assert result.map is None
    assert math.isnan(result.cross_lingual["map"])
    assert result.to_json()["cross_lingual"]["map"] is None


def test_older_files_lack_what_is_new():
    result = EvaluationRecord.parse(evaluation(), "a.json").results["xquad-r"]
    assert result.languages == ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
    assert (result.monolingual["map"], len(result.cross_lingual.by_pair)) == (0.7981, 110)
    assert (result.distributions.rank_distance, result.map, result.depth, result.bias.exposure) == (
        None,
        None,
        None,
        {},
    )
    assert math.isnan(result.bias.coverage)
    assert math.isnan(result.bias["peer"])


def test_what_is_of_later_versions_is_kept(schema):
    record = detailed()
    record["results"]["xquad-r"]["monolingual"]["recall@7"] = 0.5
    record["results"]["xquad-r"]["bias"]["some_new_figure"] = -3.0
    record["results"]["xquad-r"]["something"] = {"else": np.pi}
    schema.validate(record)
    read = EvaluationRecord.parse(record, "later.json")
    assert read.results["xquad-r"].figure("bias", "some_new_figure") == -3.0
    assert read.to_json() == record


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("schema",), 99, "schema: 99 is not 1"),
        (("encoder",), None, "encoder: null is not a valid string"),
        (("posthoc",), 3, "posthoc"),
        (("results",), {}, "results"),
        (("results",), [], "results: [] is not an object"),
        ((*RESULT, "monolingual", "map"), "high", 'results.xquad-r.monolingual.map: "high" is not a valid number'),
        ((*RESULT, "monolingual", "map"), 1.2, "results.xquad-r.monolingual.map: 1.2 is not at most 1"),
        ((*RESULT, "multilingual", "by_language", "de", "mrr"), True, "multilingual.by_language.de.mrr"),
        ((*RESULT, "cross_lingual", "by_pair", "de-en"), {}, "cross_lingual.by_pair.de-en"),
        ((*RESULT, "cross_lingual", "by_pair", "de>en"), {}, "cross_lingual.by_pair.de>en.map: key is missing"),
        ((*RESULT, "monolingual", "by_language"), {"xx": evaluation()["results"]["xquad-r"]["monolingual"]}, "xx"),
        ((*RESULT, "bias", "rank_distance"), -1, "bias.rank_distance: -1 is not at least 0"),
        ((*RESULT, "bias", "rank_distance"), math.inf, "bias.rank_distance: Infinity is not a finite number"),
        ((*RESULT, "counts", "questions"), 1.5, "counts.questions: 1.5 is not a valid integer"),
        ((*RESULT, "counts", "by_language"), {}, "counts.by_language"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_key(path, value, named):
    with pytest.raises(DataError, match=r"^a\.json: ") as caught:
        EvaluationRecord.parse(with_value(path, value), "a.json")
    assert named in str(caught.value)
    assert str(caught.value).endswith(": give a file that evaluate --json wrote")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        (("distributions", "rank_distance", "overall"), [1.0], r"overall: \[1.0\] is not a list of 21"),
        (("distributions", "rank_distance", "levels"), "all", r"levels: \"all\" is not a list"),
        (("distributions", "pool_rank", "by_pair"), {"de>xx": [1, 2, 3]}, r"by_pair\.de>xx: .* counts\.by_language"),
        (("distributions", "pool_rank", "levels"), [0.1, 0.2, 0.3], r"is not a list with 0\.5 in it"),
        (("bias", "exposure"), {"de": {"xx": 0.5}}, r"exposure\.de\.xx: 0\.5 is not of languages"),
        (("bias", "exposure"), {"de": {"en": 5}}, r"exposure\.de\.en: 5 is not at most 1"),
        (("map", "points"), {"de": [[0, 0]]}, r"points\.de: .* is not a list of 5"),
        (("map", "points"), {"de": [[0, 0, 1]] * 5}, r"points\.de\.0: \[0, 0, 1\] is not short enough"),
        (("map", "points"), {"de": [[0, "x"]] * 5}, r"points\.de\.0\.1: \"x\" is not a valid number"),
    ],
)
def test_what_is_wrong_with_a_detail_is_named(way, value, message):
    with pytest.raises(DataError, match=message):
        EvaluationRecord.parse(with_value((*RESULT, *way), value, detailed()), "a.json")


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("schema",), 2),
        (("results",), {}),
        ((*RESULT, "monolingual", "map"), 1.5),
        ((*RESULT, "cross_lingual", "by_pair", "de-en"), evaluation()["results"]["xquad-r"]["monolingual"]),
        ((*RESULT, "cross_lingual", "by_pair", "de>en"), {}),
        ((*RESULT, "bias", "rank_distance"), "far"),
        ((*RESULT, "counts", "questions"), 1.5),
        ((*RESULT, "map", "points", "de"), [[0.0]]),
    ],
)
def test_the_schema_refuses_it_too(way, value, schema):
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(with_value(way, value, detailed()))


@pytest.mark.parametrize("missing", ["schema", "encoder", "results", "versions"])
def test_a_missing_key_is_named(missing, schema):
    record = evaluation()
    del record[missing]
    with pytest.raises(DataError, match=f"a.json: {missing}: key is missing"):
        EvaluationRecord.parse(record, "a.json")
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(record)


@pytest.mark.parametrize("foreign", [[], 3, None, "text", {"benchmark": "encoding", "rows": []}])
def test_foreign_json_is_refused(foreign):
    with pytest.raises(DataError, match="evaluate --json"):
        EvaluationRecord.parse(foreign, "a.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b'{"schema": 1,\n}', r"a\.json:2: not JSON"), (b"\xff\xfe", "is UTF-16"), (None, "cannot be read")],
)
def test_an_unreadable_file_is_named(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        EvaluationRecord.read(path)
