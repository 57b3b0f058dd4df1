import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from equilingua.training.processes import Processes
from equilingua.training.trainer import train

ALONE = Processes(rank=0, world=1, device=torch.device("cpu"))

RUN = """
import sys
from pathlib import Path
from equilingua.errors import EquilinguaError
from equilingua.training.trainer import train
from equilingua.training.processes import accelerator
from equilingua.training.recipe import load_recipe

rank = accelerator().process_index
spoken = []
try:
    outcome = train(load_recipe(Path(sys.argv[1 + rank])), Path(sys.argv[3]), resume="--resume" in sys.argv,
                    on_start=lambda *_: spoken.append(rank), on_step=lambda _: spoken.append(rank))
except EquilinguaError as error:
    print(f"rank {rank}: {error}", flush=True)
    sys.exit(3)
assert outcome.leads == (rank == 0) == bool(spoken), (rank, spoken)
"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def two(recipes, folder, *options):
    """Run the recipe of each of two processes that work together; return their exit codes and what they said."""
    for _ in range(3):
        codes, said = _two(recipes, folder, *options)
        # A port that was free may be somebody else's by the time that it is used.
        if not any("address already in use" in words.lower() for words in said):
            break
    return codes, said


def _two(recipes, folder, *options):
    paths = []
    for rank, recipe in enumerate(recipes):
        path = folder.parent / f"recipe-{rank}.yaml"
        path.write_text(recipe.to_yaml())
        paths.append(str(path))
    shared = os.environ | {
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": free_port(),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", RUN, *paths, str(folder), *options]
    processes = [
        subprocess.Popen(
            command,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [process.communicate(timeout=600)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [process.returncode for process in processes], said


def metrics(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("more", [{}, {"loss": {"temperature": 0.05, "relational": 0.7, "vector": 2.0}}])
def test_two_processes_train_as_one_does(recipe, tmp_path, monkeypatch, more):
    chosen = recipe(
        **more,
        optim={"lr": 1e-3, "steps": 20},
        validation={"every": 10, "batches": 2},
        checkpoint={"every": 10, "keep": 2},
    )
    one = train(chosen, tmp_path / "one")

    with monkeypatch.context() as patch:
        # Another cache, so that two processes share the teacher's work too.
        patch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
        codes, said = two([chosen, chosen], tmp_path / "two")
    assert codes == [0, 0], said
    alone, together = (metrics(tmp_path / name) for name in ("one", "two"))
    for name in ("loss", "validation_loss", "gradient_norm"):
        figures = [[line[name] for line in lines if name in line] for lines in (alone, together)]
        assert figures[0] == pytest.approx(figures[1], rel=1e-4, abs=1e-4), name
    weights = load_file(one.encoder / "model.safetensors")
    for name, value in load_file(tmp_path / "two/encoder/model.safetensors").items():
        torch.testing.assert_close(value, weights[name], rtol=1e-4, atol=1e-4, msg=name)

    # A run may be gone on with by another number of processes.
    for name in ("one", "two"):
        (tmp_path / name / "encoder/model.safetensors").unlink()
    codes, said = two([chosen, chosen], tmp_path / "one", "--resume")
    assert codes == [0, 0], said
    assert (tmp_path / "one/encoder/model.safetensors").is_file()


@pytest.mark.slow
def test_processes_that_disagree_are_found_before_the_first_step(recipe, tmp_path):
    codes, said = two([recipe(), recipe(optim__lr=0.5)], tmp_path / "run")

    assert codes == [3, 3]
    for rank in range(2):
        assert f"rank {rank}: process 1 of 2 has another recipe than process 0" in said[rank]
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_processes_with_other_data_are_found_too(recipe, tmp_path):
    texts = []
    for rank in range(2):
        path = tmp_path / f"machine-{rank}" / "pairs.jsonl"
        path.parent.mkdir()
        pairs = [
            {
                "group": str(g),
                "language": code,
                "query": f"question {g}",
                "passage": f"{code} {g} text {rank * (g == 7)}",
            }
            for g in range(20)
            for code in ("en", "de")
        ]
        path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
        texts.append(path)
    here = tmp_path / "pairs.jsonl"
    here.symlink_to(texts[0])
    chosen = recipe(data=[{"name": str(here)}], validation={"share": 0})
    # The same recipe, but each process sees a file of its own under the name.
    opened = RUN.replace("rank = accel", "import equilingua.training.data as data, pyarrow\nrank = accel").replace(
        "spoken = []",
        "load = data.load_corpus\n"
        f"data.load_corpus = lambda name, **more: load([{str(texts[0])!r}, {str(texts[1])!r}][rank], **more)\n"
        "spoken = []",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "RUN", opened)
        codes, said = two([chosen, chosen], tmp_path / "run")
    assert codes == [3, 3], said
    assert "process 1 of 2 has another data than process 0" in said[0]


def test_alone_there_is_nobody_to_talk_to():
    values = torch.ones(3)

    ALONE.sum_([values])
    ALONE.agree({"recipe": "x"})
    assert values.tolist() == [1, 1, 1]
    assert ALONE.leads
    assert ALONE.any(True)
    assert not ALONE.any(False)
    assert ALONE.from_leader("x") == "x"
    assert ALONE.led(lambda: 5) == 5
    assert ALONE.together(lambda: 6) == 6


TALK = """
import sys, torch
from equilingua.errors import EquilinguaError, UsageError

def fails():
    raise UsageError("no")

from equilingua.training.processes import Processes, accelerator
me = Processes.of(accelerator())
assert (me.world, me.local) == (2, 2)
a, b = torch.full((2, 3), me.rank + 1.0), torch.tensor(10.0 * me.rank)
me.sum_([a, b])
assert a.tolist() == [[3.0] * 3] * 2 and b.item() == 10
assert me.any(me.rank == 1) and not me.any(False)
assert me.from_leader(f"said by {me.rank}") == "said by 0"
calls = []
assert me.led(lambda: calls.append(1) or "done") == "done" and len(calls) == (me.rank == 0)
assert me.together(lambda: me.rank) == me.rank
try:
    me.together(lambda: fails() if me.rank else 1)
    sys.exit("no error")
except EquilinguaError as error:
    print("together:", error)
for what in (lambda: me.led(fails), lambda: me.agree({"same": "1", "step": str(me.rank)})):
    try:
        what()
        sys.exit("no error")
    except UsageError as error:
        print(error)
"""


@pytest.mark.slow
def test_two_processes_talk(tmp_path, recipe):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "RUN", TALK)
        codes, said = two([recipe(), recipe()], tmp_path / "run")
    assert codes == [0, 0], said
    for words, told in zip(said, ("another process failed, and says why", "no"), strict=True):
        assert f"together: {told}\n" in words
        lines = [line for line in words.splitlines() if line == "no" or line.startswith("process 1")]
        assert lines[0] == "no"
        assert lines[1].startswith("process 1 of 2 has another step than process 0: start all of them with the same")
