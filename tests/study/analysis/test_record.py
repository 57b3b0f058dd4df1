import json

import pytest
import yaml

from equilingua.errors import DataError
from equilingua.study.analysis.record import read
from equilingua.study.measures import Measure
from tests.study import synthetic


def test_a_study_is_read(tmp_path):
    study = read(synthetic.write(tmp_path, failed=[("hybrid", 1)]))
    assert list(study.points) == list(synthetic.LEVELS)
    assert study.points["hybrid"] == {"batches.strategy": "hybrid", "batches.alpha": 0.5}
    assert [run.seed for run in study.done("hybrid")] == [0, 2]
    assert [run.error for run in study.runs if not run.done] == ["TrainingError: the loss is not finite"]
    assert len(study.of_point("monolingual", "xquad-r", Measure("multilingual", "map"))) == 3
    assert (study.trained("hybrid"), study.trained("base")) == (True, False)
    assert (study.expected("hybrid"), study.expected("base")) == (3, 1)


def test_bias_is_left_out_where_there_can_be_none(tmp_path):
    synthetic.write(tmp_path)
    apart, top = Measure("bias", "rank_distance"), Measure("bias", "same_language_top1")
    own, across = Measure("monolingual", "map"), Measure("cross_lingual", "map")
    found = {
        "one language": {own: 0.8, apart: 2.0, top: 1.0},
        "one answer a question": {own: 0.8, across: 0.6, apart: 0.0, top: 0.2},
    }
    rows = [
        synthetic.row("hybrid", 0, benchmark=name, setting=measure.setting, metric=measure.metric, value=value)
        for name, figures in found.items()
        for measure, value in figures.items()
    ]
    synthetic.write_rows(tmp_path, rows)
    kept = {(benchmark, measure) for _, benchmark, measure in read(tmp_path).values}
    assert kept == {("one language", own)} | {("one answer a question", one) for one in (own, across, top)}


@pytest.mark.parametrize("key", ["title", "question", "seeds"])
def test_a_key_that_is_missing_is_named(tmp_path, key):
    synthetic.write(tmp_path, declared={name: value for name, value in synthetic.declaration().items() if name != key})
    with pytest.raises(DataError, match=rf"study\.yaml: .*{key}"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is no usable YAML"),
        ("- a", "expected keys such as"),
        (yaml.safe_dump(synthetic.declaration(hypotheses=[synthetic.hypothesis(metric="mpa")])), "did you mean 'map'"),
        (yaml.safe_dump(synthetic.declaration(hypotheses=["hybrid"])), r"study\.yaml: "),
    ],
)
def test_a_damaged_declaration_is_one_line(tmp_path, text, message):
    synthetic.write(tmp_path)
    (tmp_path / "study.yaml").write_text(text, "utf-8")
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([synthetic.row("base", None) | {"point": "{"}], "is not a JSON object"),
        ([synthetic.row("hybrid", 0), synthetic.row("hybrid", 0, "failed")], "'hybrid-s0' has two points, seeds"),
        ([synthetic.row("hybrid", 0), synthetic.row("hybrid", 1) | {"point": json.dumps({})}], "two sets of changes"),
        ([synthetic.row("hybrid", 0, benchmark="b", setting="solo", metric="map", value=1.0)], "setting 'solo'"),
    ],
)
def test_rows_that_contradict_each_other_are_told(tmp_path, rows, message):
    synthetic.write(tmp_path)
    synthetic.write_rows(tmp_path, rows)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_missing_or_foreign_table_is_named(tmp_path):
    synthetic.write(tmp_path)
    (tmp_path / "runs.parquet").write_bytes(b"no Parquet")
    with pytest.raises(DataError, match=r"runs\.parquet: is damaged .*run the study again"):
        read(tmp_path)
    (tmp_path / "runs.parquet").unlink()
    with pytest.raises(DataError, match=r"runs\.parquet: is missing: run the study first"):
        read(tmp_path)
    import pyarrow as pa

    synthetic.parquet.write_table(pa.table({"run": ["a"]}), tmp_path / "runs.parquet")
    with pytest.raises(DataError, match="column 'name' is missing"):
        read(tmp_path)
    (tmp_path / "study.yaml").unlink()
    with pytest.raises(DataError, match=r"study\.yaml cannot be read"):
        read(tmp_path)
