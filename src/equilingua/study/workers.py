"""Processes that do runs, here or on a Ray cluster; a run that takes its process down takes no other with it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from equilingua.study.ledger import Places

# What a worker's line of progress begins with; libraries may print others.
MARK = "@study "


@dataclass(frozen=True, slots=True)
class News:
    """What a worker says.

    Attributes:
        run: that it is at.
        stage: what it does.
        done: how much of that.
        total: of how much.
        code: exit status of a worker that ended; None of one that is at work.
    """

    run: str
    stage: str = ""
    done: int = 0
    total: int = 0
    code: int | None = None


class Workers(Protocol):
    """Somewhere to do runs."""

    @property
    def free(self) -> bool:
        """Whether another run can be started."""

    def start(self, run: str) -> None:
        """Begin a run, or go on with it."""

    def wait(self, seconds: float) -> list[News]:
        """Return what has happened, after at most so long."""

    def stop(self) -> None:
        """Ask all workers to finish their step and save; `wait` tells when they have."""

    def kill(self) -> None:
        """End all workers at once."""


@dataclass
class OnMachine:
    """Workers on this machine, each a process that does one run.

    A worker's input is a pipe that this process holds: when it closes, on purpose or because this process was killed,
    the worker finishes its step, saves and ends.
    """

    places: Places
    count: int
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _news: queue.SimpleQueue[News] = field(default_factory=queue.SimpleQueue)

    @property
    def free(self) -> bool:
        """Whether another run can be started."""
        return len(self._running) < self.count

    def start(self, run: str) -> None:
        """Begin a run, or go on with it."""
        process = launch(self.places, run, threads(self.count))
        self._running[run] = process
        threading.Thread(target=self._listen, args=(run, process), daemon=True).start()

    def wait(self, seconds: float) -> list[News]:
        """Return what has happened, after at most so long."""
        try:
            news = [self._news.get(timeout=seconds)]
        except queue.Empty:
            return []
        while not self._news.empty():
            news.append(self._news.get())
        for one in news:
            if one.code is not None:
                self._running.pop(one.run)
        return news

    def stop(self) -> None:
        """Ask all workers to finish their step and save."""
        for process in self._running.values():
            if process.stdin is not None and not process.stdin.closed:
                process.stdin.close()

    def kill(self) -> None:
        """End all workers at once."""
        for process in self._running.values():
            process.kill()

    def _listen(self, run: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.decode("utf-8", "replace")
            if text.startswith(MARK):
                self._news.put(News(run, *json.loads(text.removeprefix(MARK))))
        self._news.put(News(run, code=process.wait()))


@dataclass
class OnCluster:
    """Workers where Ray finds room; every machine must see this folder, and the cache, under the same path.

    Joins the cluster that `RAY_ADDRESS` names, else starts Ray on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    places: Places
    cores: int
    _tasks: dict[Any, str] = field(default_factory=dict)
    _stopping: bool = False

    def __post_init__(self) -> None:
        ray = _ray()
        if not ray.is_initialized():
            ray.init(log_to_driver=False, include_dashboard=False, ignore_reinit_error=True)
        self._limit = max(1, int(ray.cluster_resources().get("CPU", 1)) // self.cores)

    @property
    def free(self) -> bool:
        """Whether another run can be started."""
        return len(self._tasks) < self._limit and not self._stopping

    def start(self, run: str) -> None:
        """Begin a run, or go on with it."""
        task = _ray().remote(_do).options(num_cpus=self.cores, max_retries=0)
        self._tasks[task.remote(self.places, run, self.cores, str(Path.cwd()))] = run

    def wait(self, seconds: float) -> list[News]:
        """Return which runs have ended, after at most so long."""
        ray = _ray()
        if not self._tasks:
            return []
        ended, _ = ray.wait(list(self._tasks), timeout=seconds)
        news = []
        for reference in ended:
            run = self._tasks.pop(reference)
            try:
                news.append(News(run, code=ray.get(reference)))
            except ray.exceptions.TaskCancelledError:
                news.append(News(run, code=130))
            except ray.exceptions.RayError:
                news.append(News(run, code=-9))
        return news

    def stop(self) -> None:
        """Ask all workers to finish their step and save."""
        self._stopping = True
        for reference in self._tasks:
            _ray().cancel(reference)

    def kill(self) -> None:
        """End all workers: those whose task ends see it by their input, as when the runner is killed."""
        for reference in self._tasks:
            _ray().cancel(reference, force=True)


def launch(places: Places, run: str, cores: int, *, folder: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a worker; its errors go to `work.log` in the run's folder.

    Args:
        places: of the study.
        run: to be done.
        cores: that it may use.
        folder: to work in; by default the current one.
    """
    log = (folder or Path()) / places.runs / run / "work.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "equilingua", "study", "work", run]
    command += ["--results", str(places.results), "--runs", str(places.runs)]
    with log.open("ab") as errors:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_limits(cores)},
            cwd=folder,
            # Ctrl-C in the terminal is the runner's: it asks its workers to stop.
            start_new_session=True,
        )


def threads(workers: int) -> int:
    """Return how many threads each of several workers has: the machine's cores, or OMP_NUM_THREADS, divided."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, (min(cores, int(chosen)) if chosen.isdecimal() and int(chosen) else cores) // workers)


def last_words(places: Places, run: str, code: int) -> str:
    """Say how a worker ended that wrote nothing down itself."""
    if code < 0:
        name = signal.Signals(-code).name
        return f"its process was ended by {name}{', perhaps for want of memory' if name == 'SIGKILL' else ''}"
    lines = (places.runs / run / "work.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = lines[-1].strip() if lines else "without a word"
    return f"its process ended with {code}: {said}"


def progress_lines(write: Callable[[str], object]) -> Callable[[str, int, int], None]:
    """Return what reports a worker's progress as lines, at most two a second and the last of each stage."""
    last = [0.0]

    def report(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] >= 0.5 or done >= total or done == 0:
            last[0] = now
            # A runner that was killed hears nothing; `stop_when_abandoned` sees to what follows from that.
            with suppress(BrokenPipeError):
                write(MARK + json.dumps([stage, done, total]))

    return report


def stop_when_abandoned() -> None:
    """Turn the end of this worker's input into a Ctrl-C: the step is finished and saved."""

    def watch() -> None:
        for _ in _blocks():
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()


def _blocks() -> Iterator[bytes]:
    while block := os.read(sys.stdin.fileno(), 4096):
        yield block


def _limits(cores: int) -> Mapping[str, str]:
    return {name: str(cores) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")} | {
        "TOKENIZERS_PARALLELISM": "true" if cores > 1 else "false"
    }


def _do(places: Places, run: str, cores: int, folder: str) -> int:
    process = launch(places, run, cores, folder=Path(folder))
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.read()
    except KeyboardInterrupt:
        # Cancelled: the worker finishes its step, as its input ends.
        process.stdin.close()
        process.stdout.read()
    return process.wait()


def _ray() -> Any:  # noqa: ANN401  (the module)
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("equilingua study run --ray", "ray", "cluster") from error
    return ray
