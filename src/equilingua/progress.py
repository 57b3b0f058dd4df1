"""How far long work is: bars on a terminal and in a notebook, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from equilingua.terminal import console, plain, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console  # noqa: TID251  (its type alone)
    from rich.progress import TaskID

    from equilingua.batching.sampler import Sampler

_SECONDS_BETWEEN_LINES = 30.0


class Report(Protocol):
    """Is told how far a stage is."""

    def __call__(self, stage: str, more: int, total: int, note: str = "") -> None:
        """Note that more of a stage is done.

        Args:
            stage: its name.
            more: what was done since the last call.
            total: what there is to do; 0 if nobody knows.
            note: what else there is to see just now.
        """


@contextmanager
def progress_bars(*, show: bool) -> Iterator[Report | None]:
    """Yield what shows on the error stream how far stages are; None if nothing is to be shown."""
    if not show:
        yield None
        return
    stream = console(stderr=True)
    # In a notebook rich draws through ipywidgets.
    if not (stream.is_terminal or (stream.is_jupyter and find_spec("ipywidgets"))):
        yield _Log()
        return
    bars = _Bars(stream)
    try:
        yield bars
    finally:
        bars.close()


class SparseLines:
    """A line now and then, so that a log neither grows nor falls silent."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def say(self, text: str, *, now: bool = False) -> None:
        """Print a line, unless one was printed a moment ago and this one can be missed."""
        if now or time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            say(text, error=True)


class _Log:
    def __init__(self) -> None:
        self._lines = SparseLines()
        self._done: Counter[str] = Counter()
        # When a stage was first told of, and how much of it was done by then.
        self._began: dict[str, tuple[float, int]] = {}

    def __call__(self, stage: str, more: int, total: int, note: str = "") -> None:
        self._done[stage] += more
        done = self._done[stage]
        started, first = self._began.setdefault(stage, (time.monotonic(), done))
        spent = time.monotonic() - started
        left = spent / (done - first) * (total - done) if first < done < total else 0
        told = f"{stage}: {done:,}"
        told += f" of {total:,} ({done / total:.0%})" if total else ""
        told += f", {note}" if note else ""
        told += f", about {left / 60:.0f} min left" if left >= 60 else ""
        self._lines.say(f"{told}, after {spent:.0f} s", now=done == total)


class _Bars:
    def __init__(self, stream: Console) -> None:
        from rich import progress

        self._bars = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[note]}", markup=False),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            console=stream,
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, more: int, total: int, note: str = "") -> None:
        # Started by its first news: an error before that is then the only line on the error stream.
        self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(plain(stage), total=total or None, note="")
        self._bars.update(self._tasks[stage], advance=more, note=plain(note))

    def close(self) -> None:
        # After a SIGHUP there is no terminal any more.
        with suppress(OSError):
            if self._tasks:
                self._bars.stop()


def of_training(report: Report | None, steps: int) -> dict[str, Any]:
    """Return what `equilingua.training.trainer.train` is to call, for a run of so many steps."""
    if report is None:
        return {}
    held_out = ""

    def start(sampler: Sampler, done: int) -> None:
        for excluded in sampler.excluded:
            say(f"left out: {excluded}", error=True)
        report("training", done, steps)

    def step(record: Mapping[str, Any]) -> None:
        nonlocal held_out
        if "validation_loss" in record:
            held_out = f", held-out {record['validation_loss']:.3f}"
        report("training", 1, steps, f"loss {record['loss']:.3f}{held_out}, {record['pairs_per_second']:.1f} pairs/s")

    return {"on_prepare": report, "on_start": start, "on_step": step}
