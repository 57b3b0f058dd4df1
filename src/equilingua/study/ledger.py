"""Which run is where: a record for each, whole or not at all, so that any kill leaves something to go on from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from equilingua import durable, provenance
from equilingua.errors import UsageError
from equilingua.study import grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from equilingua.study.grid import Run

State = Literal["planned", "running", "stopped", "done", "failed"]
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Places:
    """Where a study's files lie.

    Attributes:
        results: what is kept: see `equilingua.study.record`, and tables and pages.
        runs: what can be made again: a folder for each training run, and its figures question by question.
    """

    results: Path
    runs: Path

    @classmethod
    def of(cls, name: str, *, quick: bool) -> Places:
        """Return the places of a study; those of a quick one are never among the results."""
        folder = Path("runs/studies") / (f"{name}-quick" if quick else name)
        return cls(folder, folder / "runs") if quick else cls(Path("results/studies") / name, folder)

    @property
    def declaration(self) -> Path:
        """The study as run, every field written out."""
        return self.results / "study.yaml"

    @property
    def ledger(self) -> Path:
        """A record for each run that this checkout has begun."""
        return self.runs / "ledger"

    def evaluation(self, run: str) -> Path:
        """What a finished run gave, as `equilingua evaluate --json` writes it."""
        return self.runs / "evaluations" / f"{run}.json"

    def questions(self, run: str) -> Path:
        """The same question by question."""
        return self.runs / "questions" / f"{run}.parquet"


@dataclass(frozen=True)
class Entry:
    """What is known of a run.

    Attributes:
        run: its id.
        name: of its point.
        point: what the point changes.
        seed: of its training; None without any.
        key: hash of the plan.
        plan: recipe and evaluation sets, or contender.
        state: "planned", "running" (or killed while it ran), "stopped" on request, "done" or "failed".
        error: why it failed.
        retriable: that another attempt may end better: the failure was not in what was asked for.
        attempts: how often it was begun.
        seconds: spent so far on "train" and "evaluate".
        trained: steps and held-out loss of the finished training, its pairs by language, and what evaluation texts were
            looked for among them.
        read: evaluation set → "reading" or "done"; a set is read once.
        machine: where it ran last.
        cores: how many of the machine's cores it had there.
        started: when it was first begun, ISO 8601.
        finished: when it was done.
    """

    run: str
    name: str
    point: Mapping[str, Any]
    seed: int | None
    key: str
    plan: Mapping[str, Any]
    state: State = "planned"
    error: str | None = None
    retriable: bool = False
    attempts: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    trained: Mapping[str, Any] | None = None
    read: Mapping[str, str] = field(default_factory=dict)
    machine: str | None = None
    cores: int | None = None
    started: str | None = None
    finished: str | None = None

    @classmethod
    def planned(cls, run: Run) -> Entry:
        """Return the record of a run that has not begun."""
        return cls(run.id, run.point.name, dict(run.point.changes), run.seed, run.key, run.plan)

    @property
    def total_seconds(self) -> float:
        """Time spent on it."""
        return sum(self.seconds.values())

    @property
    def core_seconds(self) -> float:
        """Time spent on it, of one core."""
        return self.total_seconds * (self.cores or 1)

    def begun(self, cores: int) -> Entry:
        """Return the record of a run that begins, or goes on, on so many of this machine's cores."""
        return replace(
            self,
            state="running",
            error=None,
            retriable=False,
            attempts=self.attempts + 1,
            machine=provenance.processor(),
            cores=cores,
            started=self.started or _now(),
        )

    def spent(self, what: str, seconds: float) -> Entry:
        """Return the record with more time spent."""
        return replace(self, seconds={**self.seconds, what: round(self.seconds.get(what, 0.0) + seconds, 1)})

    def reading(self, label: str) -> Entry:
        """Return the record of a run that is about to read an evaluation set.

        Raises:
            UsageError: it has read that set before, and the figures are kept.
        """
        if self.read.get(label) == "done":
            raise UsageError(
                f"run '{self.run}' was measured on '{label}' before: evaluation sets are read once for each run"
            )
        return replace(self, read={**self.read, label: "reading"})

    def has_read(self, label: str) -> Entry:
        """Return the record after the figures of a set have been kept."""
        return replace(self, read={**self.read, label: "done"})

    def done(self) -> Entry:
        """Return the record of a finished run."""
        return replace(self, state="done", finished=_now())

    def failed(self, error: str, *, retriable: bool) -> Entry:
        """Return the record of a run that failed."""
        return replace(self, state="failed", error=error, retriable=retriable)


@dataclass(frozen=True)
class Ledger:
    """The records of a study's runs; each is written by one process at a time."""

    places: Places

    @staticmethod
    def kept(results: Path) -> dict[str, Entry]:
        """Return the records that are kept with a study's results, by run.

        Raises:
            DataError: the file is damaged.
        """
        path = results / "ledger.jsonl"
        try:
            return _read(path, path.stat().st_mtime_ns)
        except FileNotFoundError:
            return {}

    def read(self, run: str) -> Entry | None:
        """Return the record of a run, from this checkout or else from the results; None if it has none.

        Raises:
            DataError: the file is damaged.
        """
        path = self.places.ledger / f"{run}.json"
        try:
            return Entry(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return self.kept(self.places.results).get(run)
        except (OSError, ValueError, TypeError) as error:
            raise durable.unusable(path, error, "remove it, and the run begins anew") from error

    def write(self, entry: Entry) -> Entry:
        """Keep a record, and return it."""
        durable.write_json(self.places.ledger / f"{entry.run}.json", asdict(entry))
        return entry

    def compare(self, runs: Sequence[Run], refuse: str) -> None:
        """Compare planned runs with the records of those that have begun.

        Args:
            runs: as planned.
            refuse: what to do about it, for the message.

        Raises:
            UsageError: a run that has begun was planned differently; the message says what changed.
        """
        changed = []
        for run in runs:
            known = self.read(run.id)
            if known is not None and known.state != "planned":
                different = sorted(differences(grid.renewed(known.plan), run.plan))
                if different:
                    changed.append((run.id, different))
        if changed:
            run_id, what = changed[0]
            more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
            listed = "; ".join(what[:_SHOWN]) + ("; …" if len(what) > _SHOWN else "")
            raise UsageError(f"run '{run_id}'{more} was planned differently: {listed}: {refuse}")

    def claim(self, runs: Sequence[Run]) -> dict[str, Entry]:
        """Return the record of every run, after `compare`; those that have none or have not begun get one."""
        found = {}
        for run in runs:
            known = self.read(run.id)
            if known is None or known.state == "planned":
                known = self.write(Entry.planned(run))
            elif known.key != run.key:
                # Recipes have got further keys since, at values that change nothing.
                known = self.write(replace(known, key=run.key, plan=run.plan))
            found[run.id] = known
        return found


def differences(old: Any, new: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401  (any JSON value)
    """Say what differs between two records, key by key.

    >>> list(differences({"optim": {"lr": 1e-5}}, {"optim": {"lr": 3e-5}}))
    ['optim.lr was 1e-05, is 3e-05']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            yield from differences(old.get(name), new.get(name), f"{key}.{name}" if key else str(name))
    elif old != new:
        yield f"{key} was {old!r}, is {new!r}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> dict[str, Entry]:
    try:
        entries = [Entry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise durable.unusable(path, error, "run the study again") from error
    return {entry.run: entry for entry in entries}
