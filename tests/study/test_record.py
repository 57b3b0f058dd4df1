import pyarrow as pa
import pytest
import yaml

from equilingua.errors import DataError
from equilingua.study.ledger import Ledger, Places
from equilingua.study.measures import Measure
from equilingua.study.record import FIGURES, GROUPS, gather, read
from tests.study import synthetic


def test_a_study_is_read(tmp_path):
    study = read(synthetic.write(tmp_path, failed=[("hybrid", 1)]))
    assert list(study.points) == list(synthetic.LEVELS)
    assert study.points["hybrid"] == {"batches.strategy": "hybrid", "batches.alpha": 0.5}
    assert [run.seed for run in study.done("hybrid")] == [0, 2]
    assert [run.error for run in study.runs if run.state != "done"] == ["TrainingError: the loss is not finite"]
    assert len(study.of_point("monolingual", "xquad-r", Measure("multilingual", "map"))) == 3
    assert (study.trained("hybrid"), study.trained("base")) == (True, False)
    assert (study.expected("hybrid"), study.expected("base")) == (3, 1)


def test_bias_is_left_out_where_there_can_be_none(tmp_path):
    found = {
        "one language": {"monolingual": {"map": 0.8}, "bias": {"rank_distance": 2.0, "same_language_top1": 1.0}},
        "one answer a question": {
            "monolingual": {"map": 0.8},
            "cross_lingual": {"map": 0.6},
            "bias": {"rank_distance": 0.0, "same_language_top1": 0.2},
        },
    }
    synthetic.write(tmp_path, results=found)
    top, own, across = (
        Measure("bias", "same_language_top1"),
        Measure("monolingual", "map"),
        Measure("cross_lingual", "map"),
    )
    kept = {(benchmark, measure) for _, benchmark, measure in read(tmp_path).values if benchmark != "xquad-r"}
    assert kept == {("one language", own)} | {("one answer a question", one) for one in (own, across, top)}


def test_what_was_gathered_elsewhere_stays(tmp_path):
    """Another checkout has the results and none of the runs' own files."""
    synthetic.write(tmp_path / "study")
    study = read(tmp_path / "study")
    entries = Ledger.kept(tmp_path / "study").values()
    before = {name: (tmp_path / "study" / name).read_bytes() for name in (FIGURES, GROUPS, "ledger.jsonl")}

    gather(study.declaration, Places(tmp_path / "study", tmp_path / "nothing"), entries)

    assert {name: (tmp_path / "study" / name).read_bytes() for name in before} == before


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
    ("name", "columns", "message"),
    [
        (FIGURES, {"setting": lambda row: "solo"}, "setting 'solo' is none of"),  # noqa: ARG005
        ("ledger.jsonl", {}, "point 'hybrid' has two sets of changes"),
    ],
)
def test_what_contradicts_itself_is_told(tmp_path, name, columns, message):
    synthetic.write(tmp_path)
    if columns:
        synthetic.change(tmp_path, name, **columns)
    else:
        text = (tmp_path / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace('"batches.alpha": 0.5', '"batches.alpha": 0.6', 1), "utf-8")
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_missing_or_foreign_table_is_named(tmp_path):
    synthetic.write(tmp_path)
    (tmp_path / GROUPS).write_bytes(b"no Parquet")
    with pytest.raises(DataError, match=r"groups\.parquet: is damaged .*run the study again"):
        read(tmp_path)
    synthetic.parquet.write_table(pa.table({"run": ["a"]}), tmp_path / GROUPS)
    with pytest.raises(DataError, match=r"groups\.parquet: .*benchmark.*: give the folder of a study"):
        read(tmp_path)
    (tmp_path / "ledger.jsonl").unlink()
    with pytest.raises(DataError, match=r"ledger\.jsonl: is missing: run the study first"):
        read(tmp_path)
    (tmp_path / "study.yaml").unlink()
    with pytest.raises(DataError, match=r"study\.yaml cannot be read"):
        read(tmp_path)
