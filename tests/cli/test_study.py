import json
import sys

import pytest
import yaml
from typer.testing import CliRunner

from equilingua.cli.main import app
from equilingua.errors import EquilinguaError, UsageError
from tests.study import studies


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def run(monkeypatch):
    def invoke(*arguments):
        monkeypatch.setattr(sys, "argv", ["equilingua", "study", *arguments])
        return CliRunner().invoke(app, ["study", *arguments], catch_exceptions=False)

    return invoke


def test_studies_are_listed_with_what_is_wrong_with_one(run, folder):
    studies.write(folder, "batches", studies.record("encoder"))
    studies.write(folder, "wrong", studies.record("encoder", sedes=[0]))

    records = json.loads(run("list", "--json", "-").stdout)
    assert [one["name"] for one in records] == ["batches", "wrong"]
    assert (records[0]["points"], records[0]["runs"], records[0]["done"]) == (4, 6, 0)
    assert "unknown key 'sedes': did you mean 'seeds'?" in records[1]["error"]
    shown = run("list").stdout
    assert "language bias away?" in records[0]["question"]
    assert "Two ways to fill a batch" in shown
    assert "unknown key 'sedes'" in shown


def test_a_plan_is_shown_without_anything_being_written(run, folder):
    studies.write(folder, "batches", studies.record("encoder", budget=3, cost={"pair": 25.0, "start": 0}))

    result = run("run", "batches", "--plan")
    said = "batches: 4 points, 6 runs (4 trained, seeds 0, 1), 6 left: about 0.7 h on two cores, of a budget of 3 h"
    assert said in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["studies"]


def test_many_seeds_are_counted_where_few_are_named(run, folder):
    studies.write(folder, "batches", studies.record("encoder", seeds=list(range(200))))

    assert "402 runs (400 trained, 200 seeds), 402 left" in run("run", "batches", "--plan").stderr


def test_a_large_grid_asks_first(run, folder):
    grid = {"optim.lr": [number * 1e-6 for number in range(1, 40)], "batches.alpha": [0.1, 0.9]}
    studies.write(folder, "large", studies.record("encoder", grid=grid, points={}, comparisons=[], hypotheses=[]))

    with pytest.raises(UsageError, match=r"study large: 158 runs are left, about .* h: add --yes to begin them"):
        run("run", "large")
    assert sorted(path.name for path in folder.iterdir()) == ["studies"]


def test_wrong_requests_are_one_line(run, folder):
    studies.write(folder, "batches", studies.record("encoder"))

    with pytest.raises(UsageError, match="unknown study 'batch': did you mean 'batches'"):
        run("run", "batch")
    with pytest.raises(UsageError, match="--workers and --ray exclude each other"):
        run("run", "batches", "--ray", "--workers", "2")
    with pytest.raises(UsageError, match=r"study 'batches' has no results in results.studies.batches"):
        run("report", "batches")


@pytest.mark.slow
def test_a_study_runs_and_is_reported_anew(run, folder, tiny_folder):
    declared = studies.record(
        tiny_folder, points={"hybrid": {}}, seeds=[0], untrained={"base": {"encoder": str(tiny_folder)}}
    )
    declared |= {"comparisons": [], "hypotheses": []}
    studies.write(folder, "batches", declared)

    result = run("run", "batches", "--workers", "2", "--json", "out.json")
    assert result.exit_code == 0, result.output
    assert "hybrid-s0: begins" in result.stderr
    assert "hybrid-s0: done in " in result.stderr
    record = json.loads((folder / "out.json").read_text())
    assert (record["runs"], record["done"], record["errors"]) == (2, 2, {})
    results = folder / "results/studies/batches"
    assert yaml.safe_load((results / "study.yaml").read_text())["recipe"]["encoder"]["base"] == str(tiny_folder)
    (results / "index.html").unlink()
    assert "index.html" in run("report", "batches").stdout
    assert (results / "index.html").is_file()


@pytest.mark.slow
def test_a_failed_run_is_listed_and_fails_the_command_after_the_others(run, folder, tiny_folder):
    points = {"good": {}, "bad": {"changes": {"batches.size": 4096}}}
    untested = {"untrained": {}, "comparisons": [], "hypotheses": []}
    studies.write(folder, "batches", studies.record(tiny_folder, points=points, seeds=[0], **untested))

    with pytest.raises(EquilinguaError, match="study batches: 1 of 2 runs failed: add --retry-failed"):
        run("run", "batches", "--json", "out.json")
    record = json.loads((folder / "out.json").read_text())
    assert (record["runs"], record["done"]) == (2, 1)
    assert "batch of 4096" in record["errors"]["bad-s0"]
    assert "batch of 4096" in (folder / "results/studies/batches/index.html").read_text(encoding="utf-8")
