import json
import re
import sys

import pytest
from typer.testing import CliRunner

from equilingua.cli.main import app
from equilingua.errors import DataError, RecipeError, StoppedError, UsageError


@pytest.fixture
def recipe_file(tiny_folder, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(
        f"encoder: {{base: '{tiny_folder}'}}\n"
        "data: [{name: starter, languages: [en, de]}]\n"
        "batches: {size: 8}\n"
        "optim: {steps: 3}\n"
        "validation: {every: 2, batches: 1}\n"
        "precision: float32\n"
    )
    return path


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments):
        monkeypatch.setattr(sys, "argv", ["equilingua", "train", *map(str, arguments)])
        result = CliRunner().invoke(app, ["train", *map(str, arguments)], catch_exceptions=False)
        assert result.exit_code == 0
        return result

    return invoke


def test_trains_into_a_folder_named_after_the_recipe(run, recipe_file, tmp_path):
    result = run(recipe_file)

    assert (tmp_path / "runs/small/encoder/modules.json").is_file()
    assert "runs/small/encoder: 3 steps in " in result.stdout
    assert "least held-out loss" in result.stdout
    compared, ending = result.stdout.splitlines()
    assert ending.endswith("; saved are the weights of step 3")
    assert compared.startswith("mAP on held-out pairs, base → trained: monolingual ")
    kept = json.loads((tmp_path / "runs/small/held_out.json").read_text())
    assert (kept["groups"], kept["languages"], kept["judged"]) == (12, ["de", "en"], True)
    assert f"cross-lingual {kept['map']['cross_lingual']['base']:.3f} → " in compared
    assert "pairs/s" in result.stderr
    record = json.loads((tmp_path / "runs/small/environment.json").read_text())
    assert record["command"] == f"equilingua train {recipe_file}"


def test_changes_out_json_and_quiet(run, recipe_file, tmp_path):
    result = run(
        recipe_file, "--set", "optim.steps=2", "--set", "seed=4", "--out", "mine", "--json", "f.json", "--quiet"
    )

    assert (result.stdout, result.stderr) == ("", "")
    outcome = json.loads((tmp_path / "f.json").read_text())
    assert outcome["steps"] == 2
    assert outcome["encoder"] == "mine/encoder"
    assert outcome["best"]["step"] == 2
    assert not outcome["stopped_early"]
    assert outcome["saved_step"] == 2
    assert outcome["held_out"] == json.loads((tmp_path / "mine/held_out.json").read_text())
    assert "seed: 4" in (tmp_path / "mine/recipe.yaml").read_text()


def test_a_finished_run_is_resumed_or_refused(run, recipe_file):
    run(recipe_file, "--out", "mine", "--quiet")

    assert "3 steps" in run(recipe_file, "--out", "mine", "--resume").stdout
    assert "3 steps" in run("mine/recipe.yaml", "--out", "mine", "--resume").stdout
    with pytest.raises(UsageError, match="mine holds a run already: add --resume"):
        run(recipe_file, "--out", "mine")
    with pytest.raises(UsageError, match=r"optim\.steps was 3, is 5"):
        run(recipe_file, "--out", "mine", "--resume", "--set", "optim.steps=5")


def test_languages_left_out_are_said(run, recipe_file, tmp_path):
    pairs = tmp_path / "pairs.jsonl"
    with pairs.open("w") as file:
        for language, groups in (("en", 20), ("de", 20), ("sw", 3)):
            for group in range(groups):
                record = {
                    "group": f"g{group}",
                    "language": language,
                    "query": f"ask {group}",
                    "passage": f"say {group}",
                }
                file.write(json.dumps(record) + "\n")

    changes = ("--set", f"data=[{{name: '{pairs}'}}]", "--set", "batches.strategy=monolingual")
    result = run(recipe_file, *changes, "--set", "validation.share=0")
    assert "left out: " in result.stderr
    assert "sw" in result.stderr
    assert result.stdout.startswith("no pairs were held out, so nothing says ")


def test_the_step_whose_weights_were_saved_is_said(run, recipe_file):
    patient = ("--set", "validation={every: 1, batches: 1, patience: 9}", "--set", "optim.lr=0.5")

    said = run(recipe_file, *patient).stdout
    best = re.search(r"least held-out loss \S+ at (\d+)", said)[1]
    assert said.rstrip().endswith(f"saved are the weights of step {best}")


def test_without_a_terminal_the_log_has_a_line_now_and_then(run, recipe_file, monkeypatch):
    from equilingua import progress

    assert re.search(
        r"^training: 3 of 3 \(100%\), loss \d+\.\d+, held-out \d+\.\d+, \d+\.\d pairs/s, after \d+ s$",
        run(recipe_file, "--out", "one").stderr,
        re.MULTILINE,
    )
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    said = run(recipe_file, "--out", "other").stderr
    assert [step for step in (1, 2, 3) if f"training: {step} of 3 (" in said] == [1, 2, 3]
    assert "200%" not in said


def test_a_wrong_change_is_refused_before_anything_is_written(run, recipe_file, tmp_path):
    with pytest.raises(RecipeError, match=r"unknown key 'optim\.step': did you mean 'steps'"):
        run(recipe_file, "--set", "optim.step=5", "--out", "mine")
    assert not (tmp_path / "mine").exists()


def test_a_place_for_the_outcome_that_cannot_be_is_refused_first(run, recipe_file, tmp_path):
    with pytest.raises(UsageError, match="--json"):
        run(recipe_file, "--json", tmp_path, "--out", "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataError("no room"), "not compared with its base: no room\n"),
        (KeyboardInterrupt(), None),
    ],
)
def test_a_comparison_that_fails_costs_no_training(run, recipe_file, monkeypatch, tmp_path, error, said):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr("equilingua.evaluation.held_out.beside_base", fail)
    if said is None:
        with pytest.raises(StoppedError, match="interrupted: mine/encoder is saved, and not compared with its base"):
            run(recipe_file, "--out", "mine")
    else:
        assert run(recipe_file, "--out", "mine").stdout.startswith(said)
    assert (tmp_path / "mine/encoder/modules.json").is_file()
