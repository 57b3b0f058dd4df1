import json

import pytest

from equilingua.errors import DataError, EquilinguaError, RecipeError, TrainingError, UsageError
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
        run.append_metrics({"step": step, "loss": 1.0}, settle=step == 2)
    with run.metrics.open("a") as file:
        file.write('{"step": 4, "lo')

    run.start_metrics(2)
    run.append_metrics({"step": 3, "loss": 0.5}, settle=False)
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert [(line["step"], line["loss"]) for line in lines] == [(1, 1.0), (2, 1.0), (3, 0.5)]


def test_damaged_metrics_are_one_clear_error(tmp_path, recipe):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    run.metrics.write_text('{"step": 1}\n{"stap": 2}\n')

    with pytest.raises(DataError, match=r"metrics\.jsonl: is damaged \(KeyError 'step'\): repair or remove it"):
        run.start_metrics(2)


def test_metrics_on_a_full_disk_name_the_last_checkpoint(tmp_path, recipe):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    run.metrics.mkdir()

    with pytest.raises(TrainingError, match=r"metrics\.jsonl cannot be written: .*no checkpoint.*resume with: "):
        run.append_metrics({"step": 1}, settle=True)


# What a resumed run says of where it began


def test_another_environment_is_said_before_a_run_goes_on(tmp_path, recipe, caplog):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="first")
    RunFolder.open(tmp_path, recipe(), resume=True, command="second")
    assert not caplog.messages
    record = json.loads(run.environment.read_text())
    record["versions"]["torch"] = "1.13"
    record["machine"]["processor"] = "abacus"
    record["machine"]["memory_gib"] = 1
    run.environment.write_text(json.dumps(record))

    RunFolder.open(tmp_path, recipe(), resume=True, command="third")
    (said,) = caplog.messages
    assert said.startswith(f"{tmp_path} began in another environment, so figures may differ: processor was 'abacus'")
    assert "torch was '1.13', is " in said
    assert "memory" not in said
    record = json.loads(run.environment.read_text())
    assert (record["command"], record["versions"]["torch"]) == ("first", "1.13")
    assert [each["command"] for each in record["resumed"]] == ["second", "third"]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"machine": {}, "versions": 3}'])
def test_a_damaged_record_of_the_environment_is_noticed_before_the_run(tmp_path, recipe, content):
    run = RunFolder.open(tmp_path, recipe(), resume=False, command="")
    run.environment.write_text(content)

    with pytest.raises(DataError, match=r"environment\.json: is damaged \(.*\): remove it, and it is written anew"):
        RunFolder.open(tmp_path, recipe(), resume=True, command="")
    run.environment.unlink()
    RunFolder.open(tmp_path, recipe(), resume=True, command="again")
    assert json.loads(run.environment.read_text())["command"] == "again"


# Who holds it


def test_a_folder_that_no_file_of_a_run_could_be_in(tmp_path, recipe):
    with pytest.raises(UsageError, match="name is not UTF-8"), claimed(tmp_path / "a\udcff", recipe()):
        pass
    assert not list(tmp_path.iterdir())


def claimed(path, recipe, **options):
    return RunFolder.claimed(path, recipe, **{"resume": False, "command": ""} | options)


def test_a_second_process_is_refused(tmp_path, recipe):
    with claimed(tmp_path / "run", recipe()):
        for resume in (False, True):
            with (
                pytest.raises(UsageError, match=r"run: another process is training there: wait for it, or end it$"),
                claimed(tmp_path / "run", recipe(), resume=resume),
            ):
                pass
        assert (tmp_path / "run/recipe.yaml").is_file()
    with claimed(tmp_path / "run", recipe(), resume=True):
        pass


def refused(path, recipe, error, steps=0, **options):
    def train():
        with claimed(path, recipe, **options) as run:
            run.start_metrics(0)
            run.decontamination.write_text("{}")
            for step in range(steps):
                run.append_metrics({"step": step + 1}, settle=False)
            raise error

    with pytest.raises(EquilinguaError) as caught:
        train()
    return str(caught.value)


def test_a_refused_run_leaves_nothing_behind(tmp_path, recipe):
    assert refused(tmp_path / "runs/mine", recipe(), DataError("no")) == "no"
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "runs/mine").mkdir(parents=True)
    (tmp_path / "runs/mine/notes.txt").write_text("of the user")
    refused(tmp_path / "runs/mine", recipe(), DataError("no"))
    names = {path.name for path in (tmp_path / "runs/mine").iterdir()}
    assert names == {"notes.txt", ".train.lock"}


def test_what_has_been_trained_stays(tmp_path, recipe):
    refused(tmp_path / "run", recipe(), TrainingError("diverged"), steps=2)
    assert (tmp_path / "run/recipe.yaml").is_file()
    refused(tmp_path / "run", recipe(), DataError("no"), resume=True)
    assert (tmp_path / "run/recipe.yaml").is_file()


def test_ctrl_c_says_what_is_kept(tmp_path, recipe):
    said = refused(tmp_path / "new", recipe(), KeyboardInterrupt())
    assert said == "interrupted; nothing was trained yet"
    assert not (tmp_path / "new").exists()
    said = refused(tmp_path / "run", recipe(), KeyboardInterrupt(), steps=1)
    assert said.startswith("interrupted; no checkpoint was saved before it; resume with: equilingua train ")


def test_what_was_left_aside_is_swept(tmp_path, recipe):
    left = [tmp_path / ".encoder.host-12-0a1b2c3d.part", tmp_path / "checkpoints/.step-0000003.host-12-0a1b2c3d.part"]
    for path in left:
        path.mkdir(parents=True)

    with claimed(tmp_path, recipe()):
        assert not any(path.exists() for path in left)


def test_how_to_go_on_can_be_pasted(tmp_path):
    run = RunFolder(tmp_path / "my run")

    assert run.go_on == (
        f"resume with: equilingua train '{tmp_path}/my run/recipe.yaml' --out '{tmp_path}/my run' --resume"
    )
