"""Read what a study's runner wrote: its declaration, every run's state and figures; a damaged file is named."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.errors import DataError, UsageError
from equilingua.study import files
from equilingua.study.analysis import contrasts
from equilingua.study.measures import KNOWN, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from equilingua.study.analysis.contrasts import Contrast
    from equilingua.study.definition import Study

DONE = "done"
_COLUMNS = (
    "run",
    "name",
    "point",
    "seed",
    "benchmark",
    "setting",
    "metric",
    "value",
    "status",
    "seconds",
    "machine",
    "cores",
)
_AGAIN = "run the study again"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a study.

    Attributes:
        name: its id, and the name of its files.
        point: name of its point.
        seed: of its training; None where nothing was trained.
        status: "done", or how far it came.
        seconds: how long it took; NaN if that is not known.
        machine: where it ran.
        cores: how many of the machine's cores it had.
        error: why it failed; empty if it did not.
    """

    name: str
    point: str
    seed: int | None
    status: str
    seconds: float
    machine: str
    cores: int = 1
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether its figures can be used."""
        return self.status == DONE


@dataclass(frozen=True, eq=False)
class StudyRecord:
    """A study as far as it has run.

    Attributes:
        folder: where it lies.
        declaration: what it asked, before it ran.
        points: name → what it changes in the recipe, in the order of the runs.
        runs: by point and seed.
        values: (run, benchmark, measure) → figure; language bias only where a set can show any.
    """

    folder: Path
    declaration: Study
    points: Mapping[str, Mapping[str, Any]]
    runs: tuple[Run, ...]
    values: Mapping[tuple[str, str, Measure], float]

    @cached_property
    def benchmarks(self) -> tuple[str, ...]:
        """The evaluation sets that figures are of, in the order in which they were found."""
        return tuple(dict.fromkeys(benchmark for _, benchmark, _ in self.values))

    @cached_property
    def hypotheses(self) -> tuple[Contrast, ...]:
        """What its hypotheses expect."""
        return tuple(map(contrasts.expected, self.declaration.hypotheses))

    def done(self, point: str) -> tuple[Run, ...]:
        """Return the finished runs of a point, by seed."""
        return tuple(run for run in self.runs if run.point == point and run.done)

    def of_point(self, point: str, benchmark: str, measure: Measure) -> list[float]:
        """Return a measure of every finished run of a point that has it."""
        found = [self.values.get((run.name, benchmark, measure), math.nan) for run in self.done(point)]
        return [value for value in found if math.isfinite(value)]

    def trained(self, point: str) -> bool:
        """Whether a point's encoder is trained, so that its figures hang on a seed."""
        return any(run.seed is not None for run in self.runs if run.point == point)

    def expected(self, point: str) -> int:
        """Return how many runs a point shall have."""
        return max(1, len(self.declaration.seeds)) if self.trained(point) else 1


def read(folder: Path) -> StudyRecord:
    """Read a study's folder.

    Raises:
        DataError: a file is missing, damaged or not of a study; the message names it.
    """
    declaration = declared(folder / "study.yaml")
    path = folder / "runs.parquet"
    points: dict[str, dict[str, Any]] = {}
    runs: dict[str, Run] = {}
    values: dict[tuple[str, str, Measure], float] = {}
    for number, row in enumerate(_rows(path)):
        where = f"{path}: row {number}"
        changes = _changes(row["point"], where)
        if points.setdefault(row["name"], changes) != changes:
            raise DataError(f"{where}: point '{row['name']}' has two sets of changes: {_AGAIN}")
        run = _run(row)
        if _who(runs.setdefault(run.name, run)) != _who(run):
            raise DataError(f"{where}: run '{run.name}' has two points, seeds or states: {_AGAIN}")
        if row["benchmark"] is not None and row["value"] is not None:
            if row["setting"] not in KNOWN:
                raise DataError(f"{where}: setting '{row['setting']}' is none of {', '.join(KNOWN)}")
            values[run.name, row["benchmark"], Measure(row["setting"], row["metric"])] = float(row["value"])
    void = _void_bias(values)
    values = {key: value for key, value in values.items() if key[1:] not in void}
    order = {name: place for place, name in enumerate(points)}
    ordered = sorted(runs.values(), key=lambda run: (order[run.point], -1 if run.seed is None else run.seed))
    return StudyRecord(folder, declaration, points, tuple(ordered), values)


def declared(path: Path) -> Study:
    """Read a study as it was run.

    Raises:
        DataError: it is missing, or is none.
    """
    try:
        return files.load_study(str(path))
    except UsageError as error:
        raise DataError(str(error)) from None


def _void_bias(values: Mapping[tuple[str, str, Measure], float]) -> set[tuple[str, Measure]]:
    """Return the bias figures that say nothing: of one language, or rank distances between one answer and itself."""
    across = {benchmark for _, benchmark, measure in values if measure.setting == "cross_lingual"}
    apart = {
        benchmark for (_, benchmark, measure), value in values.items() if measure.metric == "rank_distance" and value
    }
    return {
        (benchmark, measure)
        for _, benchmark, measure in values
        if measure.setting == "bias"
        and (benchmark not in across or (measure.metric == "rank_distance" and benchmark not in apart))
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        table = durable.read_table(path)
    except FileNotFoundError:
        raise DataError(f"{path}: is missing: run the study first") from None
    except (OSError, ValueError) as error:
        raise durable.unusable(path, error, _AGAIN) from None
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise DataError(f"{path}: column '{missing[0]}' is missing: give the folder of a study")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _changes(text: object, where: str) -> dict[str, Any]:
    try:
        changes = json.loads(str(text))
    except json.JSONDecodeError:
        changes = None
    if not isinstance(changes, dict):
        raise DataError(f"{where}: point {text!r} is not a JSON object of changes: {_AGAIN}")
    return changes


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        name=str(row["run"]),
        point=str(row["name"]),
        seed=None if row["seed"] is None else int(row["seed"]),
        status=str(row["status"]),
        seconds=math.nan if row["seconds"] is None else float(row["seconds"]),
        machine=str(row["machine"] or ""),
        cores=int(row["cores"] or 1),
        error=str(row.get("error") or ""),
    )


def _who(run: Run) -> tuple[str, int | None, str]:
    return run.point, run.seed, run.status
