"""Real processes, killed and interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from equilingua import durable
from equilingua.study import workers
from equilingua.study.ledger import Places
from tests.study import studies

pytestmark = pytest.mark.slow

ONE = {
    "points": {"hybrid": {}},
    "untrained": {},
    "seeds": [0],
    "comparisons": [],
    "hypotheses": [],
    "figures": [],
    "changes": {"optim.steps": 150, "checkpoint.every": 50, "validation.every": 150},
}
PLACES = Places.of("long", quick=False)
RUN = PLACES.runs / "hybrid-s0"


# Ctrl-C is ignored by what a shell runs in the background.
IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


def runner(*options, shell=()):
    return subprocess.Popen(
        [*shell, sys.executable, "-m", "equilingua", "study", "run", "long", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def steps():
    path = RUN / "metrics.jsonl"
    return len(path.read_text().splitlines()) if path.is_file() else 0


def wait_until(holds, process, seconds=300):
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, f"ended early: {process.communicate()}"
        assert time.monotonic() < end, "waited for too long"
        time.sleep(0.02)


def free(folder):
    try:
        with durable.locked(folder / "work", 0):
            return True
    except TimeoutError:
        return False


def state():
    return json.loads((PLACES.ledger / "hybrid-s0.json").read_text())["state"]


def figures():
    rows = parquet.read_table(PLACES.results / "figures.parquet").to_pylist()
    return [(row["benchmark"], row["setting"], row["metric"], row["value"]) for row in rows]


def losses():
    return [json.loads(line)["loss"] for line in (RUN / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def long(workplace, tiny_folder):
    studies.write(workplace, "long", studies.record(tiny_folder) | ONE)


@pytest.mark.usefixtures("long")
def test_a_killed_runner_loses_nothing_but_the_step_at_work(workplace, monkeypatch):
    killed = runner(shell=IN_BACKGROUND)
    wait_until(lambda: steps() >= 20, killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    # Its worker sees that it is alone, finishes its step, saves and ends.
    while not free(RUN):
        time.sleep(0.02)
    reached = steps()
    assert 20 <= reached < 150
    assert (RUN / f"checkpoints/step-{reached:07d}").is_dir()
    assert state() == "stopped"

    again = runner()
    assert again.wait() == 0, again.stderr.read()
    assert "hybrid-s0: goes on" in again.stderr.read()
    assert steps() == 150
    resumed, found = losses(), figures()
    # An uninterrupted run gives the same losses and figures.
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "studies").symlink_to(workplace / "studies")
    monkeypatch.chdir(elsewhere)
    whole = runner("--quiet")
    assert whole.wait() == 0, whole.stderr.read()
    assert losses() == resumed
    assert figures() == found


@pytest.mark.usefixtures("long")
def test_ctrl_c_saves_and_a_killed_worker_fails_alone():
    interrupted = runner(shell=IN_BACKGROUND)
    wait_until(lambda: steps() >= 5, interrupted)
    interrupted.send_signal(signal.SIGINT)
    said = interrupted.communicate()[1]
    assert interrupted.returncode == 130
    assert "resume with: equilingua study run long" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert state() == "stopped"
    reached = steps()
    assert (RUN / f"checkpoints/step-{reached:07d}").is_dir()

    # The operating system ends the worker: the run has failed, and says why.
    going_on = runner()
    wait_until(lambda: steps() > reached, going_on)
    os.kill(worker_of(going_on.pid), signal.SIGKILL)
    out, _ = going_on.communicate()
    assert going_on.returncode == 1
    assert "failed: hybrid-s0: its process was ended by SIGKILL, perhaps for want of memory" in out
    entry = json.loads((PLACES.ledger / "hybrid-s0.json").read_text())
    assert (entry["state"], entry["retriable"], entry["attempts"]) == ("failed", True, 2)

    left = runner()
    assert left.wait() == 1
    assert "1 failed and are left alone; --retry-failed tries them again" in left.stderr.read()
    assert runner("--retry-failed").wait() == 0
    assert state() == "done"


def worker_of(runner_pid):
    """The child of a process that does a run, as Linux tells it."""
    children = Path(f"/proc/{runner_pid}/task/{runner_pid}/children")
    if not children.is_file():
        pytest.skip("children of a process are told by Linux only")
    pids = children.read_text().split()
    return next(int(pid) for pid in pids if b"work" in Path(f"/proc/{pid}/cmdline").read_bytes())


def test_cores_are_shared_out(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert workers.threads(1) == workers.threads(3) == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert workers.threads(1) == cores
    assert workers.threads(cores) == 1


def test_progress_is_told_at_the_ends_of_a_stage_and_seldom_between():
    told = []
    report = workers.progress_lines(told.append)

    for step in range(101):
        report("training", step, 100)
    assert json.loads(told[0].removeprefix(workers.MARK)) == ["training", 0, 100]
    assert json.loads(told[-1].removeprefix(workers.MARK)) == ["training", 100, 100]
    assert len(told) < 10
