import copy
import json
import math

import pytest

from equilingua.errors import DataError
from equilingua.report import evaluations

from .factory import evaluation


def with_value(path, value):
    """Return an evaluation whose key at `path` is `value`."""
    record = copy.deepcopy(evaluation())
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return record


def test_reads_what_evaluate_writes(tmp_path):
    path = tmp_path / "base.json"
    path.write_text(json.dumps(evaluation()), encoding="utf-8")
    parsed = evaluations.parse(evaluations.read(path), str(path))
    result = parsed.results["xquad-r"]
    assert parsed.encoder == "embedded:base"
    assert result.settings["monolingual"].mean["map"] == 0.7981
    assert len(result.settings["cross_lingual"].parts) == 110
    assert result.languages == ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")


def test_null_means_that_a_figure_does_not_exist():
    record = with_value(("results", "xquad-r", "cross_lingual", "map"), None)
    assert math.isnan(evaluations.parse(record, "a.json").results["xquad-r"].settings["cross_lingual"].mean["map"])


RESULT = ("results", "xquad-r")


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("schema",), 99, "schema"),
        (("encoder",), None, "encoder"),
        (("posthoc",), 3, "posthoc"),
        (("results",), {}, "results"),
        (("results",), [], "results"),
        ((*RESULT, "monolingual", "map"), "high", "results.xquad-r.monolingual.map"),
        ((*RESULT, "monolingual", "map"), 1.2, "results.xquad-r.monolingual.map"),
        ((*RESULT, "multilingual", "by_language", "de", "mrr"), True, "multilingual.by_language.de.mrr"),
        ((*RESULT, "cross_lingual", "by_pair", "de-en"), {}, "cross_lingual.by_pair.de-en.map"),
        ((*RESULT, "monolingual", "by_language"), {"xx": evaluation()["results"]["xquad-r"]["monolingual"]}, "xx"),
        ((*RESULT, "bias", "rank_distance"), -1, "bias.rank_distance"),
        ((*RESULT, "bias", "rank_distance"), math.inf, "bias.rank_distance"),
        ((*RESULT, "counts", "questions"), 1.5, "counts.questions"),
        ((*RESULT, "counts", "by_language"), {}, "counts.by_language"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_key(path, value, named):
    with pytest.raises(DataError, match=r"^a\.json: ") as caught:
        evaluations.parse(with_value(path, value), "a.json")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["schema", "encoder", "results", "versions"])
def test_a_missing_key_is_named(missing):
    record = evaluation()
    del record[missing]
    with pytest.raises(DataError, match=f"a.json: {missing}: key is missing"):
        evaluations.parse(record, "a.json")


@pytest.mark.parametrize("foreign", [[], 3, None, "text", {"benchmark": "encoding", "rows": []}])
def test_foreign_json_is_refused(foreign):
    with pytest.raises(DataError, match="evaluate --json"):
        evaluations.parse(foreign, "a.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b'{"schema": 1,\n}', r"a\.json:2: not JSON"), (b"\xff\xfe", "is UTF-16"), (None, "cannot be read")],
)
def test_an_unreadable_file_is_named(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        evaluations.read(path)
