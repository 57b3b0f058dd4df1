"""Whole runs with a teacher, and with the average of the weights."""

import json
import logging
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from equilingua.errors import UsageError
from equilingua.training import checkpoint, trainer
from equilingua.training.trainer import train

from .test_trainer import KILLED, CrashError, crash_at, environment, metrics, same_weights, weights

LOSS = {"temperature": 0.05, "contrastive": 0.3, "relational": 0.7, "vector": 2.0}


@pytest.fixture(scope="module")
def distilled(recipe):
    def build(**changes):
        return recipe(**{"loss": LOSS, "optim__average": 0.6} | changes)

    return build


@pytest.fixture(scope="module")
def finished(distilled, tmp_path_factory):
    return train(distilled(), tmp_path_factory.mktemp("runs") / "whole")


def losses(folder):
    return [line["loss"] for line in metrics(folder)]


@pytest.mark.parametrize("step", [1, 7])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_bit(finished, distilled, tmp_path, step):
    with pytest.raises(CrashError):
        train(distilled(), tmp_path, on_step=crash_at(step))

    outcome = train(distilled(), tmp_path, resume=True)
    assert same_weights(outcome.encoder, finished.encoder)
    assert losses(tmp_path) == losses(finished.encoder.parent)
    assert outcome.progress.best_loss == finished.progress.best_loss


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(finished, distilled, tmp_path):
    (tmp_path / "recipe.yaml").write_text(distilled().to_yaml())

    command = [sys.executable, "-c", KILLED, str(tmp_path / "recipe.yaml"), str(tmp_path / "run")]
    process = subprocess.run(command, env=environment(), check=False, capture_output=True, timeout=300)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert same_weights(train(distilled(), tmp_path / "run", resume=True).encoder, finished.encoder)


def test_what_is_saved_is_the_average_of_all_steps(distilled, finished, tmp_path):
    outcome = train(distilled(checkpoint={"every": 1, "keep": 8}), tmp_path)
    steps = [load_file(path / "weights.safetensors") for path in checkpoint.checkpoints(tmp_path / "checkpoints")]

    assert len(steps) == 8
    saved = weights(outcome.encoder)
    for name in steps[0]:
        expected = torch.zeros_like(steps[0][name])
        for number, values in enumerate(steps, start=1):
            d = min(0.6, 1 - 1 / number)
            expected = d * expected + (1 - d) * values[name]
        torch.testing.assert_close(saved[name.split("model.", 1)[1]], expected, rtol=1e-5, atol=1e-6)
    assert same_weights(outcome.encoder, finished.encoder)


def test_the_average_changes_what_is_saved_and_judged_and_not_what_is_trained(finished, distilled, tmp_path):
    plain = train(distilled(optim__average=None), tmp_path)

    assert losses(tmp_path) == losses(finished.encoder.parent)
    assert not same_weights(plain.encoder, finished.encoder)
    held_out = [
        [line["validation_loss"] for line in metrics(folder) if "validation_loss" in line]
        for folder in (tmp_path, finished.encoder.parent)
    ]
    assert all(one != other for one, other in zip(*held_out, strict=True))
    assert not list(tmp_path.rglob("average.safetensors"))


def test_early_stopping_saves_the_average_of_the_best_step(distilled, tmp_path, monkeypatch):
    held_out = iter([3.0, 2.0, 2.5, 2.5, 0.1])
    monkeypatch.setattr(trainer.BatchLoss, "held_out_loss", lambda *_: next(held_out))
    chosen = distilled(optim__steps=20, validation={"every": 2, "patience": 2}, checkpoint={"every": 100, "keep": 1})

    outcome = train(chosen, tmp_path)
    assert outcome.saved_step == 4
    best = load_file(checkpoint.path(tmp_path / "checkpoints", 4) / "average.safetensors")
    for name, value in best.items():
        torch.testing.assert_close(weights(outcome.encoder)[name.split("model.", 1)[1]], value, rtol=0, atol=0)
    (outcome.encoder / "model.safetensors").unlink()
    again = train(chosen, tmp_path, resume=True, on_step=lambda record: pytest.fail(f"trained on: {record}"))
    assert again.saved_step == 4


@pytest.mark.parametrize("strategy", ["hybrid", "monolingual", "cross-lingual", "mixed", "english"])
@pytest.mark.parametrize("monolingual", ["own", "pivot"])
def test_a_student_comes_nearer_to_its_teacher(distilled, tiny_folder, tmp_path, strategy, monolingual):
    chosen = distilled(
        encoder={"base": str(tiny_folder), "token_embeddings": "full", "dropout": 0.0},
        data=[{"name": "starter", "languages": ["en", "de"]}],
        batches={"strategy": strategy, "size": 8},
        loss=LOSS | {"contrastive": 0.0},
        distillation={"monolingual": monolingual},
        # Texts are cut more than the teacher's, so that there is something to learn in its own language too.
        lengths={"query": 8, "passage": 12},
        optim={"lr": 1e-3, "steps": 40},
        validation={"share": 0},
    )

    train(chosen, tmp_path)
    found = losses(tmp_path)
    assert np.mean(found[-8:]) < 0.8 * np.mean(found[:8])


def test_all_terms_together_with_stored_negatives(distilled, tmp_path):
    records = [
        {
            "group": str(group),
            "language": code,
            "query": f"{code} question {group}",
            "passage": f"{code} {group} text",
            "negatives": [f"{code} {(group + 1) % 24} text", f"{code} unknown {group}"],
        }
        for group in range(24)
        for code in ("en", "de", "fr")
        if code != "en" or group % 3
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    chosen = distilled(
        data=[{"name": str(tmp_path / "pairs.jsonl")}],
        loss=LOSS | {"negatives": 2, "symmetric": True, "consistency": 0.5, "matryoshka": [16, 32]},
        decontaminate={"enabled": False},
        optim={"lr": 1e-3, "steps": 6},
    )

    outcome = train(chosen, tmp_path / "run")
    assert all(np.isfinite(losses(tmp_path / "run")))
    with pytest.raises(CrashError):
        train(chosen, tmp_path / "again", on_step=crash_at(4))
    assert same_weights(train(chosen, tmp_path / "again", resume=True).encoder, outcome.encoder)


def test_another_teacher_is_refused_when_a_run_goes_on(distilled, tiny_folder, tmp_path):
    teacher = tmp_path / "teacher"
    shutil.copytree(tiny_folder, teacher)
    chosen = distilled(distillation={"teacher": str(teacher)})
    with pytest.raises(CrashError):
        train(chosen, tmp_path / "run", on_step=crash_at(5))

    values = load_file(teacher / "model.safetensors")
    values["encoder.layer.0.output.dense.bias"] += 1
    save_file(values, teacher / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match="run: the files of the teacher have changed since the run began: start a new"):
        train(chosen, tmp_path / "run", resume=True)


def test_a_cache_that_is_gone_is_said_where_vectors_differ(distilled, tmp_path, monkeypatch, caplog):
    with pytest.raises(CrashError):
        train(distilled(), tmp_path / "run", on_step=crash_at(5))
    saved = checkpoint.checkpoints(tmp_path / "run/checkpoints")[-1] / "progress.json"
    assert json.loads(saved.read_text())["taught"]

    monkeypatch.setattr(trainer.Teacher, "digest", lambda _: "other")
    with caplog.at_level(logging.WARNING):
        train(distilled(), tmp_path / "run", resume=True)
    assert "the teacher's vectors that the run began with are no longer in the cache" in caplog.text
