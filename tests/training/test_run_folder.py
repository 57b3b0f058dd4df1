import json

import pytest

from equilingua.errors import RecipeError, UsageError
from equilingua.training.recipe import load_recipe
from equilingua.training.run_folder import RunFolder


def test_a_new_run_records_what_it_is(tmp_path, recipe):
    chosen = recipe()

    run = RunFolder.open(tmp_path / "deep/run", chosen, resume=False, command="equilingua train x")
    assert load_recipe(run.recipe) == chosen
    record = json.loads(run.environment.read_text())
    assert record["command"] == "equilingua train x"
    assert record["versions"]["torch"]
    assert record["machine"]["cores"] >= 1

    run.finish(12.34)
    assert json.loads(run.environment.read_text()).items() >= {"seconds": 12.3, "command": "equilingua train x"}.items()


def test_a_folder_that_holds_a_run_is_not_touched_without_resume(tmp_path, recipe):
    RunFolder.open(tmp_path, recipe(), resume=False, command="")
    before = (tmp_path / "recipe.yaml").read_text()

    with pytest.raises(UsageError, match="holds a run already: add --resume to go on, or choose another --out"):
        RunFolder.open(tmp_path, recipe(seed=2), resume=False, command="")
    assert (tmp_path / "recipe.yaml").read_text() == before


def test_resuming_needs_the_same_recipe(tmp_path, recipe):
    chosen = recipe(batches__alpha=[[0, 1], [1, 0.5]])
    RunFolder.open(tmp_path, chosen, resume=False, command="")

    RunFolder.open(tmp_path, chosen, resume=True, command="")
    changed = recipe(batches__alpha=0.5, optim={"lr": 2e-3, "steps": 8}, data=[{"name": "starter"}])
    with pytest.raises(UsageError) as caught:
        RunFolder.open(tmp_path, changed, resume=True, command="")
    message = str(caught.value)
    assert "batches.alpha was [[0.0, 1.0], [1.0, 0.5]], is 0.5" in message
    assert "optim.lr was 0.001, is 0.002" in message
    assert "data was " in message
    assert "optim.steps" not in message


def test_a_recipe_that_was_written_before_a_field_was_added_still_resumes(tmp_path, recipe):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    lines = run.recipe.read_text().splitlines()
    run.recipe.write_text("\n".join(line for line in lines if "weight_decay" not in line))

    RunFolder.open(tmp_path, recipe(), resume=True, command="")


def test_a_damaged_recipe_is_one_clear_error(tmp_path, recipe):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    run.recipe.write_text("data: [")

    with pytest.raises(RecipeError, match=r"recipe\.yaml is no usable YAML"):
        RunFolder.open(tmp_path, recipe(), resume=True, command="")


def test_metrics_go_on_after_the_checkpoint(tmp_path, recipe):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    run.start_metrics(0)
    for step in (1, 2, 3):
        run.append_metrics({"step": step, "loss": 1.0})
    with run.metrics.open("a") as file:
        file.write('{"step": 4, "lo')

    run.start_metrics(2)
    run.append_metrics({"step": 3, "loss": 0.5})
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert [(line["step"], line["loss"]) for line in lines] == [(1, 1.0), (2, 1.0), (3, 0.5)]


def test_how_to_go_on_can_be_pasted(tmp_path):
    run = RunFolder(tmp_path / "my run")

    assert run.go_on == (
        f"go on with: equilingua train '{tmp_path}/my run/recipe.yaml' --out '{tmp_path}/my run' --resume"
    )
