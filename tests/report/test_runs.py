import json
import math

import pytest

from equilingua.errors import DataError
from equilingua.report import runs

from .factory import write_run


def test_reads_a_run_folder(tmp_path):
    run = runs.read(write_run(tmp_path / "hybrid", steps=120))
    assert run.name == "hybrid"
    assert "strategy: hybrid" in run.recipe
    assert run.steps.tolist() == list(range(120))
    assert run.validation_steps.tolist() == [49, 99]
    assert run.environment["machine"]["cores"] == 2


def test_a_run_under_way_has_no_environment_and_perhaps_no_metrics(tmp_path):
    folder = write_run(tmp_path / "run", steps=3)
    (folder / "metrics.jsonl").unlink()
    (folder / "environment.json").unlink()
    run = runs.read(folder)
    assert len(run.steps) == 0
    assert run.environment == {}


def metrics(folder, text):
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8")
    return runs.read(folder)


def test_an_unfinished_last_line_is_left_out(tmp_path):
    folder = write_run(tmp_path / "run", steps=3)
    assert metrics(folder, '{"step": 0, "loss": 1.0}\n{"step": 1, "lo').steps.tolist() == [0]


def test_after_resuming_the_later_line_of_a_step_counts(tmp_path):
    folder = write_run(tmp_path / "run", steps=3)
    run = metrics(folder, '{"step": 0, "loss": 3}\n{"step": 1, "loss": 2}\n{"step": 1, "loss": 1}\n')
    assert run.losses.tolist() == [3.0, 1.0]


def test_a_loss_that_is_not_finite_becomes_a_gap(tmp_path):
    folder = write_run(tmp_path / "run", steps=3)
    run = metrics(folder, '{"step": 0, "loss": 3}\n{"step": 1, "loss": NaN}\n')
    assert math.isnan(run.losses[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"step": 0}\nnonsense\n{"step": 1}\n', r"metrics\.jsonl:2: not JSON: .*: remove the line"),
        ("[1, 2]\n", r"metrics\.jsonl:1: \[1, 2\] is not an object"),
        ('{"loss": 1.0}\n', r"metrics\.jsonl:1: step: key is missing"),
        ('{"step": 0, "loss": "low"}\n', r"metrics\.jsonl:1: loss: \"low\" is not a valid number"),
    ],
)
def test_malformed_metrics_are_named_by_line(tmp_path, text, message):
    folder = write_run(tmp_path / "run", steps=3)
    with pytest.raises(DataError, match=message):
        metrics(folder, text)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("recipe.yaml", "a: [1,\nb: }", r"recipe\.yaml:2: is not YAML"),
        ("environment.json", "{", r"environment\.json:1: not JSON"),
        ("environment.json", "[]", "is not an object"),
        ("environment.json", json.dumps({"machine": "big"}), r"machine: \"big\" is not an object"),
        ("environment.json", json.dumps({"seconds": "long"}), r"seconds: \"long\" is not a valid number"),
    ],
)
def test_other_malformed_files_are_named(tmp_path, name, text, message):
    folder = write_run(tmp_path / "run", steps=3)
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        runs.read(folder)


def test_a_folder_of_runs_stands_for_its_runs(tmp_path):
    hybrid, mono = write_run(tmp_path / "hybrid", steps=3), write_run(tmp_path / "mono", steps=3)
    assert runs.find([mono, tmp_path]) == [mono, hybrid]


def test_a_folder_without_runs_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"holds no recipe\.yaml"):
        runs.find([tmp_path])
