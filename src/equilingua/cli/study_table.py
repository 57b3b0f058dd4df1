"""How a study is watched: a table that fills on a terminal, plain lines anywhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from equilingua.progress import SparseLines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console  # noqa: TID251  (its type alone)
    from rich.live import Live
    from rich.table import Table

    from equilingua.study.ledger import Entry
    from equilingua.study.measures import Measure
    from equilingua.study.runner import Undertaking, Watcher
    from equilingua.study.workers import News

_FIGURES = 4


@contextmanager
def watching(undertaking: Undertaking, console: Console, *, quiet: bool) -> Iterator[Watcher]:
    """Yield what shows how a study goes, on the error stream."""
    if quiet:
        yield _Silent()
    elif not console.is_terminal:
        yield _PlainLines(undertaking)
    else:
        from rich.live import Live

        with Live(console=console, refresh_per_second=2) as live:
            yield _Table(undertaking, live)


class _Silent:
    def note(self, text: str) -> None:
        pass

    def began(self, entry: Entry) -> None:
        pass

    def progress(self, news: News) -> None:
        pass

    def ended(self, entry: Entry) -> None:
        pass


class _PlainLines:
    def __init__(self, undertaking: Undertaking) -> None:
        self._figures = _Figures(undertaking)
        self._total = len(undertaking.runs)
        self._lines = SparseLines()

    def note(self, text: str) -> None:
        self._lines.say(text, now=True)

    def began(self, entry: Entry) -> None:
        self.note(f"{entry.run}: {'goes on' if entry.attempts else 'begins'}")

    def progress(self, news: News) -> None:
        self._lines.say(f"{news.run}: {news.stage} {news.done:,} of {news.total:,}")

    def ended(self, entry: Entry) -> None:
        spent = f"{entry.total_seconds:.0f} s"
        if entry.state == "done":
            found = zip(self._figures.titles, self._figures.mean([entry.run]), strict=True)
            shown = ", ".join(f"{title} {value}" for title, value in found if value)
            self.note(f"{entry.run}: done in {spent}{f': {shown}' if shown else ''}")
        else:
            self.note(f"{entry.run}: {entry.state} after {spent}{f': {entry.error}' if entry.error else ''}")


class _Table:
    """A row a point: how many of its runs are done, what the one at work does, and the mean of its figures."""

    def __init__(self, undertaking: Undertaking, live: Live) -> None:
        self._undertaking = undertaking
        self._figures = _Figures(undertaking)
        self._live = live
        self._entries = undertaking.entries()
        self._at_work: dict[str, str] = {}
        self._notes: list[str] = []
        self._show()

    def note(self, text: str) -> None:
        self._notes.append(text)
        self._show()

    def began(self, entry: Entry) -> None:
        self._entries[entry.run] = entry
        self._at_work[entry.run] = "starting"
        self._show()

    def progress(self, news: News) -> None:
        self._at_work[news.run] = f"{news.stage} {news.done:,}/{news.total:,}"
        self._show()

    def ended(self, entry: Entry) -> None:
        self._entries[entry.run] = entry
        self._at_work.pop(entry.run, None)
        if entry.state == "failed":
            self._notes.append(f"{entry.run} failed: {entry.error}")
        self._show()

    def _show(self) -> None:
        from rich.console import Group

        self._live.update(Group(self._table(), *self._notes))

    def _table(self) -> Table:
        from rich import box
        from rich.table import Table

        table = Table(title=self._undertaking.study.title, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("point")
        table.add_column("done", justify="right")
        table.add_column("now")
        for title in self._figures.titles:
            table.add_column(title, justify="right")
        for point in dict.fromkeys(run.point.name for run in self._undertaking.runs):
            runs = [run.id for run in self._undertaking.runs if run.point.name == point]
            done = [run for run in runs if self._state(run) == "done"]
            failed = sum(self._state(run) == "failed" for run in runs)
            now = [
                *(self._at_work[run] for run in runs if run in self._at_work),
                *([f"{failed} failed"] * bool(failed)),
            ]
            count = f"{len(done)}/{len(runs)}"
            table.add_row(point, count, "; ".join(now), *self._figures.mean(done))
        return table

    def _state(self, run: str) -> str:
        return self._entries[run].state if run in self._entries else "planned"


class _Figures:
    """The study's first measures on its first set, of finished runs."""

    def __init__(self, undertaking: Undertaking) -> None:
        from equilingua.study import measures as named

        study = undertaking.study
        self._undertaking = undertaking
        self._benchmark = study.sets[0].label if study.sets else None
        self._measures = study.measures[:_FIGURES] if study.sets else []
        self._values: dict[str, dict[Measure, float]] = {}
        self.titles = [named.title(measure) for measure in self._measures]

    def mean(self, runs: list[str]) -> list[str]:
        """Return each measure's mean over runs; empty where the set has no such figure."""
        from equilingua.study import measures as named

        shown = []
        for measure in self._measures:
            values = [self._read(run)[measure] for run in runs if measure in self._read(run)]
            shown.append(named.write(measure, sum(values) / len(values)) if values else "")
        return shown

    def _read(self, run: str) -> dict[Measure, float]:
        from equilingua.evaluation.record import EvaluationRecord
        from equilingua.study.measures import Measure
        from equilingua.study.record import figures

        path = self._undertaking.places.evaluation(run)
        if run not in self._values and path.is_file():
            found = figures(EvaluationRecord.read(path))
            self._values[run] = {
                Measure(setting, metric): value for name, setting, metric, value in found if name == self._benchmark
            }
        return self._values.get(run, {})
