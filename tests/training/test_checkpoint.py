import errno
import multiprocessing
import os
import random
import re
import resource
import signal

import pytest
import torch

from equilingua import durable
from equilingua.errors import DataError, TrainingError
from equilingua.training import checkpoint
from equilingua.training.checkpoint import Progress


def trained(seed, steps=2):
    """Two weights, one of them transposed in memory, and the optimiser that has moved them."""
    torch.manual_seed(seed)
    weights = {"a.weight": torch.nn.Parameter(torch.randn(3, 2).T), "b.bias": torch.nn.Parameter(torch.randn(4))}
    optimiser = torch.optim.AdamW(weights.values(), lr=0.1, fused=True)
    step(weights, optimiser, steps)
    return weights, optimiser


def step(weights, optimiser, steps):
    for _ in range(steps):
        sum((weight**2).sum() for weight in weights.values()).backward()
        optimiser.step()
        optimiser.zero_grad()


def same(weights, others):
    return all(torch.equal(weights[name], others[name]) for name in weights)


def test_a_restored_run_goes_on_as_if_never_stopped(tmp_path):
    weights, optimiser = trained(0)
    progress = Progress(step=2, seconds=1.5, best_step=1, best_loss=0.25, checks_since_best=1)
    saved = checkpoint.save(tmp_path, weights, optimiser, progress)
    others, other_optimiser = trained(1, steps=0)

    assert checkpoint.restore(saved, others, other_optimiser) == progress
    assert same(weights, others)
    step(weights, optimiser, 3)
    step(others, other_optimiser, 3)
    assert same(weights, others)


def test_weights_that_never_moved_have_no_moments(tmp_path):
    weights, optimiser = trained(0, steps=0)

    saved = checkpoint.save(tmp_path, weights, optimiser, Progress())
    assert checkpoint.restore(saved, *trained(1, steps=0)) == Progress()


def test_checkpoints_are_listed_by_step_and_only_whole_ones(tmp_path):
    weights, optimiser = trained(0)
    for number in (900, 1000, 5):
        checkpoint.save(tmp_path, weights, optimiser, Progress(step=number))
    (tmp_path / "step-0002000").mkdir()

    assert [saved.name for saved in checkpoint.checkpoints(tmp_path)] == [
        "step-0000005",
        "step-0000900",
        "step-0001000",
    ]
    assert checkpoint.checkpoints(tmp_path / "nowhere") == []


def test_pruning_keeps_the_newest_and_the_best(tmp_path):
    weights, optimiser = trained(0)
    for number in (1, 2, 3, 4):
        checkpoint.save(tmp_path, weights, optimiser, Progress(step=number))
    checkpoint.prune(tmp_path, keep=1, best_step=2)
    assert checkpoint.checkpoints(tmp_path) == [checkpoint.path(tmp_path, 2), checkpoint.path(tmp_path, 4)]

    checkpoint.prune(tmp_path, keep=3, best_step=None)
    assert len(checkpoint.checkpoints(tmp_path)) == 2
    checkpoint.prune(tmp_path, keep=1, best_step=None)
    assert checkpoint.checkpoints(tmp_path) == [checkpoint.path(tmp_path, 4)]


def save_and_be_killed_before_renaming(folder):
    weights, optimiser = trained(5)
    os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    os.replace = os.rename
    checkpoint.save(folder, weights, optimiser, Progress(step=3))


def test_a_kill_between_writing_and_renaming_leaves_the_previous_whole(tmp_path):
    weights, optimiser = trained(0)
    saved = checkpoint.save(tmp_path, weights, optimiser, Progress(step=2))

    process = multiprocessing.get_context("fork").Process(target=save_and_be_killed_before_renaming, args=(tmp_path,))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert [path.suffix for path in tmp_path.iterdir() if path != saved] == [".part"]
    assert checkpoint.checkpoints(tmp_path) == [saved]
    others = trained(1)
    checkpoint.restore(saved, *others)
    assert same(weights, others[0])

    durable.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [saved]


def test_a_full_disk_leaves_the_previous_whole_and_no_litter(tmp_path, monkeypatch):
    def full(_tensors, path):
        path.write_bytes(b"part of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    weights, optimiser = trained(0)
    saved = checkpoint.save(tmp_path, weights, optimiser, Progress(step=2))
    monkeypatch.setattr(checkpoint, "save_file", full)

    with pytest.raises(
        TrainingError, match=r"step-0000003 cannot be written: .*No space left.*last good.*step-0000002"
    ):
        checkpoint.save(tmp_path, weights, optimiser, Progress(step=3))
    assert list(tmp_path.iterdir()) == [saved]
    others = trained(1)
    checkpoint.restore(saved, *others)
    assert same(weights, others[0])


def save_with_files_limited_to_a_few_bytes(folder, said):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        checkpoint.save(folder, *trained(5), Progress(step=3))
    except TrainingError as error:
        said.send(str(error))


def test_the_system_s_own_refusal_to_write_is_one_clear_error(tmp_path):
    saved = checkpoint.save(tmp_path, *trained(0), Progress(step=2))
    fork = multiprocessing.get_context("fork")
    hear, say = fork.Pipe(duplex=False)

    process = fork.Process(target=save_with_files_limited_to_a_few_bytes, args=(tmp_path, say))
    process.start()
    process.join(30)
    say.close()
    assert process.exitcode == 0
    assert re.search(r"step-0000003 cannot be written: .*File too large", hear.recv())
    assert list(tmp_path.iterdir()) == [saved]


@pytest.mark.parametrize("file", ["weights.safetensors", "optimiser.safetensors", "progress.json", ".checksums.json"])
@pytest.mark.parametrize("damage", ["cut", "empty", "gone", "flipped"])
def test_a_damaged_checkpoint_is_named(tmp_path, file, damage):
    saved = checkpoint.save(tmp_path, *trained(0), Progress(step=2))
    content = bytearray((saved / file).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / file).unlink()
    if damage != "gone":
        (saved / file).write_bytes({"cut": content[:-5], "empty": b"", "flipped": content}[damage])

    remedy = "remove it to go on from an earlier one, or start a new run"
    with pytest.raises(DataError, match=rf"^{saved}: is damaged \(.*\): {remedy}$"):
        checkpoint.restore(saved, *trained(1))


def test_every_flipped_bit_is_noticed(tmp_path):
    saved = checkpoint.save(tmp_path, *trained(0), Progress(step=2, pairs="abc"))
    chance = random.Random(0)

    for path in sorted(saved.iterdir()):
        content = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(content)
            damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            others, optimiser = trained(1)
            try:
                progress = checkpoint.restore(saved, others, optimiser)
            except DataError:
                continue
            # Of the list of checksums alone, not every bit says something.
            assert path.name == ".checksums.json"
            assert progress == Progress(step=2, pairs="abc")
            assert same(others, trained(0)[0])
        path.write_bytes(content)


def restore_unasked(folder):
    with pytest.raises(PermissionError):
        checkpoint.checkpoints(folder)


def test_checkpoints_that_must_not_be_read_are_not_taken_for_none(tmp_path, as_nobody):
    checkpoint.save(tmp_path, *trained(0), Progress(step=2))
    tmp_path.chmod(0o700)

    as_nobody(restore_unasked, tmp_path)


def refuse_unasked(saved):
    with pytest.raises(DataError, match=f"^{saved}: cannot be read: Permission denied$"):
        checkpoint.restore(saved, *trained(1))


def test_a_checkpoint_that_must_not_be_read_is_not_damaged(tmp_path, as_nobody):
    saved = checkpoint.save(tmp_path, *trained(0), Progress(step=2))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (saved / "weights.safetensors").chmod(0o600)

    as_nobody(refuse_unasked, saved)


@pytest.mark.parametrize("name", ["a.weight", "c.weight"])
def test_a_checkpoint_of_other_weights_is_refused(tmp_path, name):
    saved = checkpoint.save(tmp_path, *trained(0), Progress(step=2))
    other = {name: torch.nn.Parameter(torch.zeros(5, 5)), "b.bias": torch.nn.Parameter(torch.zeros(4))}

    with pytest.raises(DataError, match=f"checkpoint {saved} holds other weights than this recipe trains"):
        checkpoint.restore(saved, other, torch.optim.AdamW(other.values()))
