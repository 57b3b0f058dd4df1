"""Carries a study out: runs that are ready to begin are given to workers until none is left."""

from __future__ import annotations

import shlex
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import yaml

from equilingua import durable
from equilingua.errors import StoppedError, UsageError
from equilingua.study import checks, choice, estimate, grid, prepare, record
from equilingua.study.ledger import Entry, Ledger
from equilingua.study.workers import last_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from equilingua.study.definition import Study
    from equilingua.study.estimate import Plan
    from equilingua.study.grid import Run
    from equilingua.study.ledger import Places
    from equilingua.study.workers import News, Workers

_PATIENCE = 1.0
_ENDED = ("done", "failed", "stopped")
_INTERRUPTED = 130


class Watcher(Protocol):
    """Who is told how a study goes."""

    def note(self, text: str) -> None:
        """Something to say once."""

    def began(self, entry: Entry) -> None:
        """A run has begun."""

    def progress(self, news: News) -> None:
        """A run goes on."""

    def ended(self, entry: Entry) -> None:
        """A run is done, has failed or was stopped."""


@dataclass(frozen=True)
class Undertaking:
    """A study that is ready to be carried out.

    Attributes:
        study: as it is run.
        places: of its files.
        runs: all of them, each after the one that it goes on from.
        ledger: of their records.
    """

    study: Study
    places: Places
    runs: tuple[Run, ...]
    ledger: Ledger

    @classmethod
    def of(cls, study: Study, places: Places) -> Undertaking:
        """Plan a study and check every name in it; nothing is written.

        Raises:
            UsageError: see `checks.check` and `grid.runs`.
        """
        runs = grid.runs(study, places.runs)
        checks.check(study, grid.points(study), runs)
        return cls(study, places, tuple(runs), Ledger(places))

    def compare(self) -> None:
        """Compare what is planned with what has begun; nothing is written.

        Raises:
            UsageError: a run that has begun was planned differently; the message says what changed.
        """
        folders = dict.fromkeys([self.places.results, self.places.runs])
        self.ledger.compare(
            self.runs, f"give the study another name, or remove {' and '.join(map(str, folders))} to start anew"
        )

    def claim(self) -> dict[str, Entry]:
        """Put down what is planned.

        Raises:
            UsageError: a run that has begun was planned differently.
        """
        self.compare()
        entries = self.ledger.claim(self.runs)
        declared = yaml.safe_dump(self.study.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)
        durable.write_text(self.places.declaration, declared)
        return entries

    def entries(self) -> dict[str, Entry]:
        """Return the record of every run, those that have not begun included."""
        return {run.id: self.ledger.read(run.id) or Entry.planned(run) for run in self.runs}

    def plan(self, *, retry_failed: bool = False) -> Plan:
        """Say what is left to do."""
        return estimate.plan(self.study, self.runs, self.entries(), retry_failed=retry_failed)

    def report(self) -> None:
        """Bring the study's record, and the choice of a selecting study, up to date."""
        entries = self.entries().values()
        record.gather(self.study, self.places, entries)
        if self.study.select is not None:
            choice.write(self.study, self.places, entries)


def carry_out(
    undertaking: Undertaking, pool: Callable[[], Workers], watcher: Watcher, *, retry_failed: bool = False
) -> dict[str, Entry]:
    """Carry a study out, or go on with it.

    Args:
        undertaking: the study.
        pool: makes somewhere to do the runs.
        watcher: told how it goes.
        retry_failed: try runs that failed again.

    Returns:
        The record of every run; some may have failed.

    Raises:
        UsageError: another process carries it out, or something was planned or prepared differently.
        StoppedError: Ctrl-C; all workers have finished their step and saved.
    """
    with _alone(undertaking):
        undertaking.claim()
        prepare.prepare(undertaking.study.prepare, watcher.note)
        left = list(undertaking.plan(retry_failed=retry_failed).left)
        undertaking.report()
        round_ = _Round(undertaking, pool(), watcher, left)
        try:
            round_.whole()
        except KeyboardInterrupt:
            watcher.note("stopping: the runs at work finish their step and save; Ctrl-C again ends them at once")
            round_.stop()
            undertaking.report()
            raise StoppedError(f"interrupted; what is done is kept; {go_on(undertaking)}") from None
        undertaking.report()
    return undertaking.entries()


def go_on(undertaking: Undertaking) -> str:
    """Say how to go on, for messages."""
    command = ["equilingua", "study", "run", undertaking.study.name]
    quick = undertaking.places.results.name.endswith("-quick")
    return f"resume with: {shlex.join(command)}{' --quick' if quick else ''}"


@dataclass
class _Round:
    """The runs of one call."""

    undertaking: Undertaking
    pool: Workers
    watcher: Watcher
    left: list[str]

    def __post_init__(self) -> None:
        self.after = {run.id: run.after for run in self.undertaking.runs}
        self.working: set[str] = set()
        self.stopping = False

    def whole(self) -> None:
        while self.left or self.working:
            self._begin()
            for news in self.pool.wait(_PATIENCE):
                self._hear(news)

    def stop(self) -> None:
        """Wait for the workers, however long their step takes, unless Ctrl-C comes again."""
        self.stopping = True
        try:
            self.pool.stop()
            self._drain()
        except KeyboardInterrupt:
            self.pool.kill()
            self._drain()

    def _drain(self) -> None:
        while self.working:
            for news in self.pool.wait(_PATIENCE):
                self._hear(news)

    def _begin(self) -> None:
        ledger = self.undertaking.ledger
        for run in list(self.left):
            if not self.pool.free:
                return
            before = self.after[run]
            known = None if before is None else ledger.read(before)
            if known is not None and known.state == "failed" and before not in self.left:
                self.left.remove(run)
                entry = self._entry(run).failed(f"the run that it goes on from, '{before}', failed", retriable=True)
                self.watcher.ended(ledger.write(entry))
            elif before is None or (known is not None and known.state == "done"):
                self.left.remove(run)
                self.working.add(run)
                self.watcher.began(self._entry(run))
                self.pool.start(run)

    def _hear(self, news: News) -> None:
        if news.code is None:
            self.watcher.progress(news)
            return
        self.working.discard(news.run)
        entry = self._entry(news.run)
        if entry.state not in _ENDED and (self.stopping or news.code == _INTERRUPTED):
            entry = self.undertaking.ledger.write(replace(entry, state="stopped"))
        elif entry.state not in _ENDED:
            said = last_words(self.undertaking.places, news.run, news.code)
            entry = self.undertaking.ledger.write(entry.failed(said, retriable=True))
        self.undertaking.report()
        self.watcher.ended(entry)

    def _entry(self, run: str) -> Entry:
        entry = self.undertaking.ledger.read(run)
        assert entry is not None, "claimed before it began"
        return entry


@contextmanager
def _alone(undertaking: Undertaking) -> Iterator[None]:
    with ExitStack() as lock:
        try:
            lock.enter_context(durable.locked(undertaking.places.runs / "study", 0))
        except TimeoutError:
            name = undertaking.study.name
            raise UsageError(f"study {name} is being run by another process: wait for it, or end that one") from None
        yield
