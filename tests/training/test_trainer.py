import errno
import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from equilingua.corpus.schema import ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import DataError, RecipeError, TrainingError, UsageError
from equilingua.training import checkpoint, trainer
from equilingua.training.checkpoint import LossTrend
from equilingua.training.recipe import Optimiser
from equilingua.training.trainer import learning_rate, train


def weights(encoder_folder):
    return load_file(encoder_folder / "model.safetensors")


def same_weights(one, other):
    one, other = weights(one), weights(other)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def metrics(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


class CrashError(Exception):
    pass


def crash_at(step):
    def on_step(record):
        if record["step"] == step:
            raise CrashError

    return on_step


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    """An uninterrupted run of 8 steps."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return train(recipe(), folder, command="equilingua train whole")


def test_a_run_leaves_what_describes_it(finished, recipe):
    folder = finished.encoder.parent

    assert {path.name for path in folder.iterdir()} == {
        ".train.lock",
        "recipe.yaml",
        "environment.json",
        "decontamination.json",
        "metrics.jsonl",
        "validation.parquet",
        "checkpoints",
        "encoder",
    }
    assert finished.progress.step == 8
    assert not finished.stopped_early
    lines = metrics(folder)
    assert [line["step"] for line in lines] == list(range(1, 9))
    assert [line["step"] for line in lines if "validation_loss" in line] == [4, 8]
    assert all(line.keys() >= {"loss", "lr", "kind", "gradient_norm", "pairs_per_second"} for line in lines)
    assert lines[0]["lr"] == learning_rate(0, recipe().optim)
    record = json.loads((folder / "environment.json").read_text())
    assert record["finished"] >= record["started"]
    # Every third step and the last; the best is kept besides.
    steps = {path.name for path in checkpoint.checkpoints(folder / "checkpoints")}
    assert steps == {"step-0000006", "step-0000008", f"step-{finished.progress.best_step:07d}"}


def test_held_out_groups_are_never_trained_on(finished):
    from equilingua.corpus.load import load_corpus

    held_out = ParallelCorpus.read_parquet(finished.encoder.parent / "validation.parquet")

    assert held_out.languages == ["de", "en", "ru", "zh-Hans"]
    assert not set(held_out.groups) & set(load_corpus("starter", split="train").groups)


def test_the_token_table_stays_as_it_was(finished, tiny_folder):
    before, after = weights(tiny_folder), weights(finished.encoder)

    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert before.keys() == after.keys()
    assert "embeddings.word_embeddings.weight" not in changed
    assert "embeddings.position_embeddings.weight" in changed
    assert sum("encoder.layer" in name for name in changed) >= 30


def test_plain_sentence_transformers_loads_the_encoder_with_the_same_vectors(finished, multilingual_texts):
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(finished.encoder), device="cpu")
    ours = encode(load(str(finished.encoder.parent), device="cpu"), multilingual_texts, "query", precision="float32")

    theirs = plain.encode(multilingual_texts, prompt_name="query")
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert not list(finished.encoder.rglob("*.bin"))
    assert not list(finished.encoder.rglob("*.pt"))


@pytest.mark.parametrize("strategy", ["hybrid", "monolingual", "cross-lingual"])
def test_the_loss_falls(recipe, tmp_path, tiny_folder, strategy):
    chosen = recipe(
        encoder={"base": str(tiny_folder), "token_embeddings": "full", "dropout": 0.0},
        data=[{"name": "starter", "languages": ["en", "de"]}],
        batches__strategy=strategy,
        optim={"lr": 1e-3, "steps": 60},
        validation={"share": 0},
    )

    train(chosen, tmp_path)
    losses = [line["loss"] for line in metrics(tmp_path)]
    # The tiny encoder differs a little from machine to machine: its vocabulary is learnt anew.
    assert np.mean(losses[-8:]) < 0.75 * np.mean(losses[:8])
    assert {line["kind"] for line in metrics(tmp_path)} == (
        {"monolingual", "cross-lingual"} if strategy == "hybrid" else {strategy}
    )


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_bit(finished, recipe, tmp_path, step):
    with pytest.raises(CrashError):
        train(recipe(), tmp_path, on_step=crash_at(step))
    started = []

    outcome = train(recipe(), tmp_path, resume=True, on_start=lambda _sampler, done: started.append(done))
    assert started == [{1: 0, 4: 4, 6: 6}[step]]
    assert same_weights(outcome.encoder, finished.encoder)
    assert outcome.progress.best_loss == finished.progress.best_loss
    drop_times = [{k: v for k, v in line.items() if k != "pairs_per_second"} for line in metrics(tmp_path)]
    expected = [{k: v for k, v in line.items() if k != "pairs_per_second"} for line in metrics(finished.encoder.parent)]
    assert drop_times == expected


def test_resuming_a_finished_run_only_writes_the_encoder_again(finished, recipe, tmp_path):
    first = train(recipe(), tmp_path)
    (first.encoder / "model.safetensors").unlink()

    again = train(recipe(), tmp_path, resume=True, on_step=lambda record: pytest.fail(f"trained on: {record}"))
    assert same_weights(again.encoder, finished.encoder)


def test_precisions_may_differ_from_run_to_run_in_one_process(recipe, tmp_path):
    for precision in ("bfloat16", "float32"):
        train(recipe(precision=precision, optim={"steps": 3}), tmp_path / precision)

    losses = [[line["loss"] for line in metrics(tmp_path / precision)] for precision in ("bfloat16", "float32")]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


def test_seeds_differ(finished, recipe, tmp_path):
    assert not same_weights(train(recipe(seed=1), tmp_path).encoder, finished.encoder)


def test_an_existing_run_is_refused_without_resume(finished, recipe):
    with pytest.raises(UsageError, match="holds a run already: add --resume to go on, or choose another --out"):
        train(recipe(), finished.encoder.parent)


def test_a_changed_recipe_is_refused_with_its_differences(finished, recipe):
    with pytest.raises(UsageError, match=r"another recipe: batches\.size was 8, is 16; seed was 0, is 5"):
        train(recipe(batches__size=16, seed=5), finished.encoder.parent, resume=True)


def test_two_corpora_by_weight(recipe, tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    for file in (one, two):
        records = [
            {"group": f"{file.stem}{g}", "language": code, "query": f"{file.stem} {g}", "passage": f"{code} {g} text"}
            for g in range(20)
            for code in ("en", "de")
        ]
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
    seen = []

    entries = [{"name": str(one), "weight": 9}, {"name": str(two), "weight": 1}]
    chosen = recipe(data=entries, validation={"share": 0}, optim={"steps": 2})
    train(chosen, tmp_path / "run", on_start=lambda sampler, _step: seen.append(sampler))
    sources = [seen[0].batch(step).source for step in range(400)]
    assert 0.85 < sources.count("one") / 400 < 0.95
    assert not (tmp_path / "run/validation.parquet").exists()
    assert all("validation_loss" not in line for line in metrics(tmp_path / "run"))


def test_a_batch_that_no_language_can_fill(recipe, tmp_path):
    with pytest.raises(UsageError, match="500"):
        train(recipe(batches__size=500), tmp_path)


def test_one_language_cannot_cross(recipe, tmp_path):
    chosen = recipe(batches__strategy="cross-lingual", data=[{"name": "starter", "languages": ["en"]}])

    with pytest.raises(UsageError, match="cross-lingual"):
        train(chosen, tmp_path)


def test_an_encoder_that_is_no_transformer(recipe, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)]).save(str(tmp_path / "static"))

    with pytest.raises(UsageError, match="cannot be trained here: it begins with a StaticEmbedding, not"):
        train(recipe(encoder={"base": str(tmp_path / "static")}), tmp_path / "run")


def test_a_loss_that_is_no_number_stops_and_names_the_last_good_checkpoint(recipe, tmp_path):
    chosen = recipe(optim={"lr": 1e30, "steps": 8, "warmup": 0.0}, checkpoint={"every": 1}, validation={"share": 0})

    with pytest.raises(
        TrainingError, match=r"step 2: the (loss|gradient's norm) is (nan|inf); the last good .*step-0000001"
    ):
        train(chosen, tmp_path)
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "checkpoints")] == ["step-0000001"]
    assert not (tmp_path / "encoder").exists()


def test_weights_that_are_no_numbers_do_not_start(recipe, tiny_folder, tmp_path):
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(tiny_folder, broken)
    values = weights(broken)
    values["encoder.layer.0.output.dense.bias"][0] = float("nan")
    save_file(values, broken / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(UsageError, match="cannot be trained here: it gives vectors that are no numbers"):
        train(recipe(encoder={"base": str(broken)}), tmp_path / "run")


def test_a_diverging_loss_stops_and_names_the_last_good_checkpoint(recipe, tmp_path, monkeypatch):
    real = trainer.BatchLoss.accumulate

    def worse(self, step, *rows):
        loss, work = real(self, step, *rows)
        return (loss if step < 32 else torch.tensor(40.0)), work

    monkeypatch.setattr(trainer.BatchLoss, "accumulate", worse)
    chosen = recipe(optim={"steps": 200}, checkpoint={"every": 10, "keep": 1}, validation={"share": 0})
    with pytest.raises(
        TrainingError, match=r"step 3\d: the loss diverges: it was 2\.\d+ and is \d+\.\d+; the last good .*step-0000030"
    ):
        train(chosen, tmp_path)
    assert checkpoint.checkpoints(tmp_path / "checkpoints")[-1].name == "step-0000030"


def test_out_of_memory_is_one_line_and_the_run_can_go_on_with_less(recipe, finished, tmp_path, monkeypatch):
    real = trainer.BatchLoss.accumulate

    def greedy(self, step, *rows):
        if step == 4:
            torch.empty(1 << 60, dtype=torch.uint8)
        return real(self, step, *rows)

    monkeypatch.setattr(trainer.BatchLoss, "accumulate", greedy)
    with pytest.raises(
        TrainingError,
        match=r"^out of memory: lower batches\.memory, batches\.tokens or batches\.size; the last good checkpoint is "
        r".*step-0000004; resume with: equilingua train .* --resume$",
    ):
        train(recipe(), tmp_path)
    monkeypatch.undo()

    # What a recipe says of the machine alone may be changed, and nothing of the run changes with it.
    again = train(recipe(batches={"strategy": "hybrid", "size": 8, "memory": 0.002}), tmp_path, resume=True)
    assert same_weights(again.encoder, finished.encoder)


def test_an_absurd_budget_is_refused(recipe, tmp_path):
    for changes, message in (
        ({"batches__tokens": 1}, r"key 'batches\.tokens'"),
        ({"batches__tokens": 1 << 40}, r"key 'batches\.tokens'"),
        ({"batches__memory": 0.0}, r"key 'batches\.memory'"),
    ):
        with pytest.raises(RecipeError, match=message):
            recipe(**changes)
    with pytest.raises(UsageError, match=r"batches\.memory: 1e\+06 GiB asked for, there are"):
        train(recipe(batches__memory=1e6), tmp_path / "much")
    with pytest.raises(UsageError, match=r"batches\.memory: the graph of one micro-batch of \d+ tokens takes"):
        train(recipe(batches__memory=1e-6), tmp_path / "little")


def test_any_batch_is_trained_on_in_any_micro_batches(recipe, tmp_path):
    losses = []
    for number, batches in enumerate(({}, {"tokens": 64}, {"tokens": 64, "memory": 0.001})):
        chosen = recipe(batches={"strategy": "hybrid", "size": 32, **batches}, optim={"steps": 3})
        train(chosen, tmp_path / str(number), on_step=lambda record: losses.append(record["loss"]))
    assert losses[3:6] == pytest.approx(losses[:3], abs=1e-4)
    assert losses[6:] == losses[3:6]


@pytest.mark.parametrize("table", ["trimmed", "full"])
def test_a_trained_token_table_is_saved_whole(recipe, tiny_folder, tmp_path, table):
    outcome = train(
        recipe(encoder={"base": str(tiny_folder), "token_embeddings": table}, optim__weight_decay=0.0), tmp_path
    )

    name = "embeddings.word_embeddings.weight"
    before, after = weights(tiny_folder)[name], weights(outcome.encoder)[name]
    changed = (before != after).any(dim=1)
    assert before.shape == after.shape
    assert 50 < changed.sum() < len(changed)


def test_shared_activations_train_the_top_layers_alone(recipe, tiny_folder, tmp_path):
    chosen = {"base": str(tiny_folder), "trainable": 1, "dropout": 0.0}
    runs = [
        train(recipe(encoder=chosen | {"shared_activations": shared}), tmp_path / str(shared))
        for shared in (False, True)
    ]

    one, other = (weights(run.encoder) for run in runs)
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=0, atol=1e-4, msg=name)


def test_a_held_out_loss_that_is_no_number_stops_too(recipe, tmp_path):
    chosen = recipe(optim={"lr": 1e30, "steps": 1, "warmup": 0.0})

    with pytest.raises(TrainingError, match="step 1: the held-out loss is nan; no checkpoint"):
        train(chosen, tmp_path)
    assert not (tmp_path / "encoder").exists()


def test_early_stopping_restores_the_best(recipe, tmp_path, monkeypatch):
    held_out = iter([3.0, 2.0, 2.5, 2.5, 0.1])
    monkeypatch.setattr(trainer.BatchLoss, "held_out_loss", lambda *_: next(held_out))
    chosen = recipe(optim__steps=20, validation={"every": 2, "patience": 2}, checkpoint={"every": 100, "keep": 1})

    outcome = train(chosen, tmp_path)
    assert outcome.stopped_early
    assert (outcome.progress.step, outcome.progress.best_step, outcome.progress.best_loss) == (8, 4, 2.0)
    best = load_file(checkpoint.path(tmp_path / "checkpoints", 4) / "weights.safetensors")
    saved = weights(outcome.encoder)
    for name, value in best.items():
        torch.testing.assert_close(saved[name.split("model.", 1)[1]], value, rtol=0, atol=0)

    again = train(chosen, tmp_path, resume=True, on_step=lambda record: pytest.fail(f"trained on: {record}"))
    assert again.stopped_early


def test_early_stopping_needs_something_held_out(recipe, tmp_path):
    with pytest.raises(UsageError, match=r"validation\.patience: no group is held out to judge by"):
        train(recipe(validation={"share": 0, "patience": 2}), tmp_path)


def test_lora_saves_a_plain_encoder(recipe, tiny_folder, tmp_path, multilingual_texts):
    pytest.importorskip("peft", reason="the extra 'lora' is not installed")
    chosen = recipe(encoder={"base": str(tiny_folder), "adapter": {"kind": "lora", "rank": 4}}, optim__lr=1e-2)

    with pytest.raises(CrashError):
        train(chosen, tmp_path / "a", on_step=crash_at(6))
    resumed = train(chosen, tmp_path / "a", resume=True)
    whole = train(chosen, tmp_path / "b")
    assert same_weights(resumed.encoder, whole.encoder)
    before, after = weights(tiny_folder), weights(whole.encoder)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert len(changed) == 12
    assert all(name.startswith("encoder.layer.") and name.endswith(".weight") for name in changed)
    first, second = (
        load(str(folder), device="cpu").encode(multilingual_texts) for folder in (tiny_folder, tmp_path / "b")
    )
    assert not np.allclose(first, second, atol=1e-3)


def test_top_layers_alone(recipe, tiny_folder, tmp_path):
    chosen = recipe(encoder={"base": str(tiny_folder), "trainable": 1}, optim={"steps": 1})

    outcome = train(chosen, tmp_path)
    before, after = weights(tiny_folder), weights(outcome.encoder)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_a_full_disk_keeps_the_last_checkpoint_and_the_run_can_go_on(finished, recipe, tmp_path, monkeypatch):
    def full(tensors, path):
        if "step-0000006" in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save_file(tensors, path)

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(TrainingError, match=r"step-0000006 cannot be written: .*No space left"):
        train(recipe(), tmp_path)
    monkeypatch.undo()

    assert same_weights(train(recipe(), tmp_path, resume=True).encoder, finished.encoder)


def test_an_encoder_that_cannot_be_written_is_not_lost(finished, recipe, tmp_path, monkeypatch):
    from sentence_transformers import SentenceTransformer

    def full(_encoder, path, **_):
        os.makedirs(path)  # noqa: PTH103
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(SentenceTransformer, "save", full)
    with pytest.raises(
        TrainingError, match=r"encoder cannot be written.*No space left.*resume with: equilingua train .* --resume"
    ):
        train(recipe(), tmp_path)
    assert not list(tmp_path.glob("*encoder*"))
    monkeypatch.undo()

    assert same_weights(train(recipe(), tmp_path, resume=True).encoder, finished.encoder)


def without_times(lines):
    return [{key: value for key, value in line.items() if key != "pairs_per_second"} for line in lines]


def test_a_crash_right_after_a_checkpoint_loses_no_line(finished, recipe, tmp_path, monkeypatch):
    def crash(*_):
        raise CrashError

    # Called as soon as the first checkpoint is in place, which is that of the first held-out loss.
    monkeypatch.setattr(checkpoint, "prune", crash)
    with pytest.raises(CrashError):
        train(recipe(checkpoint__every=4), tmp_path)
    monkeypatch.undo()
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "checkpoints")] == ["step-0000004"]
    assert "validation_loss" in metrics(tmp_path)[-1]

    train(recipe(checkpoint__every=4), tmp_path, resume=True)
    assert without_times(metrics(tmp_path)) == without_times(metrics(finished.encoder.parent))


@pytest.fixture
def begun(recipe, tiny_folder, tmp_path):
    """A run that was stopped after a checkpoint, over pairs and an encoder of its own."""
    import shutil

    from equilingua.corpus.load import load_corpus

    shutil.copytree(tiny_folder, tmp_path / "base")
    load_corpus("starter", split="train", languages=["en", "de"]).write_parquet(tmp_path / "pairs.parquet")

    def begin(**changes):
        chosen = recipe(
            encoder={"base": str(tmp_path / "base"), "trainable": 1},
            data=[{"name": str(tmp_path / "pairs.parquet")}],
            **changes,
        )
        with pytest.raises(CrashError):
            train(chosen, tmp_path / "run", on_step=crash_at(3))
        return chosen

    return begin


@pytest.mark.parametrize("enabled", [True, False])
def test_a_run_does_not_go_on_with_other_pairs(begun, tmp_path, enabled):
    chosen = begun(decontaminate={"enabled": enabled})
    corpus = ParallelCorpus.read_parquet(tmp_path / "pairs.parquet")
    corpus.select(range(len(corpus) - 1)).write_parquet(tmp_path / "pairs.parquet")

    with pytest.raises(UsageError, match=r"the pairs.* have changed since the run began: start a new run"):
        train(chosen, tmp_path / "run", resume=True)
    corpus.write_parquet(tmp_path / "pairs.parquet")
    assert train(chosen, tmp_path / "run", resume=True).progress.step == 8


def test_a_run_does_not_go_on_with_pairs_that_it_had_dropped(begun, tmp_path):
    chosen = begun()
    record = tmp_path / "run/decontamination.json"
    before = json.loads(record.read_text())
    other = ParallelCorpus.read_parquet(tmp_path / "pairs.parquet").groups[0]

    record.write_text(json.dumps(before | {"dropped_groups": [other]}))
    with pytest.raises(UsageError, match="the pairs, or which of them were dropped, have changed since the run began"):
        train(chosen, tmp_path / "run", resume=True)
    record.unlink()
    with pytest.raises(DataError, match="is missing, and says which pairs the run dropped"):
        train(chosen, tmp_path / "run", resume=True)


def test_a_run_does_not_go_on_with_other_frozen_weights(begun, tmp_path):
    chosen = begun()
    values = weights(tmp_path / "base")
    values["encoder.layer.0.output.dense.bias"] += 1
    save_file(values, tmp_path / "base/model.safetensors", metadata={"format": "pt"})

    with pytest.raises(UsageError, match="the weights of the encoder that do not train have changed since"):
        train(chosen, tmp_path / "run", resume=True)
    values["encoder.layer.0.output.dense.bias"] -= 1
    values["encoder.layer.1.output.dense.bias"] += 1
    save_file(values, tmp_path / "base/model.safetensors", metadata={"format": "pt"})
    train(chosen, tmp_path / "run", resume=True)


def test_the_rate_rises_then_falls_to_the_end():
    optim = Optimiser(lr=2.0, steps=100, warmup=0.1)

    rates = [learning_rate(step, optim) for step in range(100)]
    assert rates.index(max(rates)) in (9, 10)
    assert max(rates) == 2.0
    assert all(rate > 0 for rate in rates)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(2.0 / 90)


@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_no_warm_up_and_nothing_else(warmup):
    optim = Optimiser(lr=1.0, steps=4, warmup=warmup)

    rates = [learning_rate(step, optim) for step in range(4)]
    assert rates == ([1.0, 0.75, 0.5, 0.25] if warmup == 0 else [0.25, 0.5, 0.75, 1.0])


def environment():
    return os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads()), "PYTHONPATH": os.pathsep.join(sys.path)}


KILLED = """
import os, signal, sys
from pathlib import Path
from equilingua.training.trainer import train
from equilingua.training.recipe import load_recipe

def on_step(record):
    if record["step"] == 7:
        os.kill(os.getpid(), signal.SIGKILL)

train(load_recipe(Path(sys.argv[1])), Path(sys.argv[2]), on_step=on_step)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(finished, recipe, tmp_path):
    (tmp_path / "recipe.yaml").write_text(recipe().to_yaml())

    command = [sys.executable, "-c", KILLED, str(tmp_path / "recipe.yaml"), str(tmp_path / "run")]
    process = subprocess.run(command, env=environment(), check=False, capture_output=True, timeout=300)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert checkpoint.checkpoints(tmp_path / "run/checkpoints")[-1].name == "step-0000006"
    assert not (tmp_path / "run/encoder").exists()

    assert same_weights(train(recipe(), tmp_path / "run", resume=True).encoder, finished.encoder)
    assert [line["step"] for line in metrics(tmp_path / "run")] == list(range(1, 9))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_finishes_the_step_saves_and_says_how_to_go_on(recipe, tmp_path, number):
    chosen = recipe(optim={"steps": 100_000, "lr": 1e-4}, checkpoint={"every": 100_000}, validation={"share": 0})
    (tmp_path / "recipe.yaml").write_text(chosen.to_yaml())
    folder = tmp_path / "run"

    command = [sys.executable, "-m", "equilingua", "train", str(tmp_path / "recipe.yaml"), "--out", str(folder)]
    with subprocess.Popen([*command, "--quiet"], env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: (folder / "metrics.jsonl").exists() and len(metrics(folder)) >= 3, process)
        process.send_signal(number)
        if number != signal.SIGINT:
            # A second one may follow by itself, and does not end the step.
            process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    step = metrics(folder)[-1]["step"]
    assert said == (
        f"equilingua: interrupted after step {step}, which is saved; resume with: "
        f"equilingua train {folder}/recipe.yaml --out {folder} --resume\n"
    )
    assert checkpoint.checkpoints(folder / "checkpoints") == [checkpoint.path(folder / "checkpoints", step)]

    with pytest.raises(CrashError):
        train(chosen, folder, resume=True, on_step=crash_at(step + 1))


def wait_for(condition, process, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "the run did not start"
        time.sleep(0.05)


def diverges_at(losses, candidates=32):
    trend = LossTrend()
    for step, loss in enumerate(losses, 1):
        trend = trend.after(loss)
        if trend.diverges(candidates):
            return step
    return None


def test_a_loss_that_climbs_far_above_start_and_chance_is_found_within_some_steps():
    assert 41 <= diverges_at([1.2] * 40 + [9.0] * 100) <= 60


def test_a_loss_that_falls_to_chance_from_a_good_start_is_found():
    assert diverges_at([0.8] * 40 + [math.log(32)] * 300) is not None


@pytest.mark.parametrize(
    "losses",
    [
        [3.5] * 500,
        [9.0] * 30 + [4.0] * 500,
        [1.0] * 40 + [1.9] * 500,
        [1.0] * 40 + [9.0] * 3 + [1.0] * 300,
        [0.01] * 40 + [0.5] * 500,
        [20.0] * 3,
    ],
)
def test_hard_batches_and_bad_starts_are_no_divergence(losses):
    assert diverges_at(losses) is None


def test_the_start_is_the_mean_of_the_first_steps():
    trend = LossTrend()
    for loss in range(1, 31):
        trend = trend.after(float(loss))
    assert (trend.start, trend.running, trend.steps) == (pytest.approx(15.5), pytest.approx(15.5), 30)
    later = trend.after(100.0)
    assert later.start == trend.start
    assert later.running == pytest.approx(15.5 + 84.5 / 30)
