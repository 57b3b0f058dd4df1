import builtins
import sys
from importlib import util

import pytest

from equilingua.errors import MissingExtraError
from equilingua.training import trackers

RECORDS = [
    {"step": 1, "loss": 2.5, "kind": "monolingual", "lr": 1e-4, "gradient_norm": 3.0},
    {"step": 2, "loss": 3.5, "kind": "cross-lingual", "lr": 2e-4, "gradient_norm": 2.0, "validation_loss": 1.25},
    {"step": 3, "loss": 2.0, "kind": "monolingual", "lr": 3e-4, "gradient_norm": 1.0},
]


def send(recipe, folder, records, step=0):
    with trackers.started(recipe, folder, step) as track:
        for record in records:
            track(record)


def scalars(folder):
    """What TensorBoard itself reads from a run's event files: {tag: [(step, value)]}."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [(event.step, pytest.approx(event.value)) for event in events.Scalars(tag)] for tag in tags}


@pytest.fixture
def tensorboard(recipe):
    pytest.importorskip("tensorboard", reason="the extra 'tracking' is not installed")
    return recipe(tracking__to=["tensorboard"])


def test_nothing_is_started_unless_asked_for(recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate.tracking", None)

    send(recipe(), tmp_path, RECORDS)
    assert not list(tmp_path.iterdir())


def test_tensorboard_reads_back_what_was_sent(tensorboard, tmp_path):
    send(tensorboard, tmp_path, RECORDS)

    assert scalars(tmp_path) == {
        "loss": [(1, 2.5), (2, 3.5), (3, 2.0)],
        "loss/monolingual": [(1, 2.5), (3, 2.0)],
        "loss/cross-lingual": [(2, 3.5)],
        "lr": [(1, 1e-4), (2, 2e-4), (3, 3e-4)],
        "gradient_norm": [(1, 3.0), (2, 2.0), (3, 1.0)],
        "validation_loss": [(2, 1.25)],
    }


def test_the_recipe_is_sent_by_dotted_keys(tensorboard, tmp_path):
    import yaml

    send(tensorboard, tmp_path, [])
    (sent,) = (yaml.safe_load(path.read_text()) for path in tmp_path.rglob("hparams.yml"))
    assert sent["optim.lr"] == 1e-3
    assert sent["batches.strategy"] == "hybrid"
    assert sent["data"].startswith('[{"name": "starter"')


def test_a_resumed_run_s_steps_stand_once(tensorboard, tmp_path):
    send(tensorboard, tmp_path, RECORDS)
    again = [record | {"loss": 9.0} for record in RECORDS[1:]]
    send(tensorboard, tmp_path, again, step=1)

    assert scalars(tmp_path)["loss"] == [(1, 2.5), (2, 9.0), (3, 9.0)]


def test_events_are_on_disk_when_a_run_fails(tensorboard, tmp_path):
    def fail():
        with trackers.started(tensorboard, tmp_path) as track:
            track(RECORDS[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert scalars(tmp_path)["loss"] == [(1, 2.5)]


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "trackio"])
def test_a_missing_package_is_named_with_its_extra(recipe, tmp_path, monkeypatch, name):
    monkeypatch.setattr(trackers, "find_spec", lambda found: None if found == name else util.find_spec(found))

    with pytest.raises(MissingExtraError, match=rf"tracking\.to: {name} needs the package '{name}'.*\[tracking\]"):
        send(recipe(tracking__to=[name]), tmp_path, [])


def test_wandb_keeps_a_run_offline(recipe, tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setattr(builtins, "input", None)

    send(recipe(tracking__to=["wandb"]), tmp_path, RECORDS)
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
