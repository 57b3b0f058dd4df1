"""What a study keeps of its runs, gathered while it runs and read again by its analysis.

| file | holds |
|---|---|
| `ledger.jsonl` | a record of each run: its plan, state, times and training |
| `figures.parquet` | macro-averages of every run, and the study's own measures by language or pair |
| `groups.parquet` | the study's own measures as one number a group, which tests are made of |

The runs' own files, question by question, lie among the training runs and can be made again.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import durable
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.record import EvaluationRecord
from equilingua.study import definition, questions
from equilingua.study.contrasts import Contrast, expected
from equilingua.study.ledger import Entry, Ledger
from equilingua.study.measures import KNOWN, Measure, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from equilingua.study.definition import Study
    from equilingua.study.ledger import Places
    from equilingua.study.questions import Answers

FIGURES, GROUPS = "figures.parquet", "groups.parquet"
_AGAIN = "run the study again"
# A mean over groups and the figure that was kept may differ by what storing in 32 bits rounds.
_ROUNDING = 1e-4
_KEYS = ("run", "benchmark", "setting", "metric")


def gather(study: Study, places: Places, entries: Iterable[Entry]) -> None:
    """Bring the study's record up to date; what runs in another checkout have left stays.

    Args:
        study: its declaration.
        places: of its files.
        entries: of all of its runs.
    """
    import pyarrow as pa

    entries = list(entries)
    done = {entry.run for entry in entries if entry.state == "done"}
    kept = {name: [row for row in _rows(places.results / name) if row["run"] in done] for name in _SCHEMAS}
    # Called at the end of every run, so that what was gathered before and has not changed is not read again.
    known = {row["run"] for row in kept[FIGURES]}
    gathered = (places.results / FIGURES).stat().st_mtime_ns if known else 0
    fresh = {
        run
        for run in done
        if (path := places.questions(run)).is_file() and (run not in known or path.stat().st_mtime_ns >= gathered)
    }
    kept = {name: [row for row in rows if row["run"] not in fresh] for name, rows in kept.items()}
    for entry in entries:
        if entry.run in fresh:
            record = EvaluationRecord.read(places.evaluation(entry.run))
            kept[FIGURES] += [
                {"run": entry.run, "benchmark": benchmark, "setting": setting, "metric": metric, "value": value}
                for benchmark, setting, metric, value in figures(record)
            ]
            for row, answers in _answered(study, places.questions(entry.run), entry.run, list(record.results)):
                kept[GROUPS].append(row | {"asked": answers.asked, "values": answers.groups.astype(np.float32)})
                if not row["parts"]:
                    keys = {key: row[key] for key in _KEYS}
                    kept[FIGURES] += [keys | {"part": part, "value": value} for part, value in answers.parts.items()]
    durable.write_text(
        places.results / "ledger.jsonl",
        "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries),
    )
    for name, rows in kept.items():
        order = [*_KEYS[1:], "parts" if name == GROUPS else "part", "run"]
        rows.sort(key=lambda row: [str(row.get(key) or "") for key in order])
        _write(places.results / name, pa.Table.from_pylist(rows, _schema(name)))


def figures(record: EvaluationRecord) -> Iterator[tuple[str, str, str, float]]:
    """Yield benchmark, setting, metric and value of every macro-average that there is."""
    for benchmark, result in record.results.items():
        for setting, metrics in KNOWN.items():
            for metric in metrics:
                if math.isfinite(value := result.figure(setting, metric)):
                    yield benchmark, setting, metric, value


@dataclass(frozen=True, eq=False)
class StudyRecord:
    """A study as far as it has run.

    Attributes:
        folder: where it lies.
        declaration: what it asked, before it ran.
        points: name → what it changes in the recipe, in the order of the runs.
        runs: by point and seed.
        values: (run, benchmark, measure) → figure; language bias only where a set can show any.
        by_part: (run, benchmark, measure) → part → figure, of what was kept by part.
        groups: (run, benchmark, measure, parts) → digest of the questions, and float32 [groups].
    """

    folder: Path
    declaration: Study
    points: Mapping[str, Mapping[str, Any]]
    runs: tuple[Entry, ...]
    values: Mapping[tuple[str, str, Measure], float]
    by_part: Mapping[tuple[str, str, Measure], Mapping[str, float]]
    groups: Mapping[tuple[str, str, Measure, tuple[str, ...]], tuple[str, NDArray[np.float32]]]

    @cached_property
    def benchmarks(self) -> tuple[str, ...]:
        """The evaluation sets that figures are of, in the order in which the study declares them."""
        declared = [one.label for one in self.declaration.sets]
        found = dict.fromkeys(benchmark for _, benchmark, _ in self.values)
        return tuple(sorted(found, key=lambda name: declared.index(name) if name in declared else -1))

    @cached_property
    def hypotheses(self) -> tuple[Contrast, ...]:
        """What its hypotheses expect."""
        return tuple(map(expected, self.declaration.hypotheses))

    def done(self, point: str) -> tuple[Entry, ...]:
        """Return the finished runs of a point, by seed."""
        return tuple(run for run in self.runs if run.name == point and run.state == "done")

    def of_point(self, point: str, benchmark: str, measure: Measure) -> list[float]:
        """Return a measure of every finished run of a point that has it."""
        found = [self.values.get((run.run, benchmark, measure), math.nan) for run in self.done(point)]
        return [value for value in found if math.isfinite(value)]

    def parts_of_point(self, point: str, benchmark: str, measure: Measure) -> dict[str, float]:
        """Return part → mean over the point's finished runs; empty where parts were not kept."""
        found = [self.by_part.get((run.run, benchmark, measure), {}) for run in self.done(point)]
        parts = [one for one in found if one]
        return {part: float(np.mean([one[part] for one in parts if part in one])) for one in parts[:1] for part in one}

    def of_groups(
        self, runs: Sequence[Entry], benchmark: str, measure: Measure, parts: Sequence[str] = ()
    ) -> NDArray[np.float64] | None:
        """Return a measure of several runs, float64 [runs, groups]; None where a run has it not by group.

        Args:
            runs: finished ones, of any points.
            benchmark: its name.
            measure: what to read.
            parts: languages or ordered pairs that it is averaged over; all, if none is named.

        Raises:
            DataError: two runs answered different questions, or the groups of a run do not average to its figure.
        """
        found = [self.groups.get((run.run, benchmark, measure, tuple(parts))) for run in runs]
        kept = [one for one in found if one is not None]
        if not kept or len(kept) < len(found):
            return None
        for run, (asked, values) in zip(runs, kept, strict=True):
            if asked != kept[0][0]:
                raise DataError(
                    f"{self.folder}: runs '{runs[0].run}' and '{run.run}' answered different questions of '{benchmark}'"
                )
            figure = None if parts else self.values.get((run.run, benchmark, measure))
            mean = float(values.mean(dtype=np.float64))
            if figure is not None and abs(figure - mean) > _ROUNDING * max(1.0, abs(figure)):
                raise DataError(
                    f"{self.folder}: run '{run.run}': groups average to {mean:.6g} {title(measure)} on "
                    f"'{benchmark}', and {FIGURES} says {figure:.6g}: one of them is of another run"
                )
        return np.stack([values.astype(np.float64) for _, values in kept])

    def trained(self, point: str) -> bool:
        """Whether a point's encoder is trained, so that its figures hang on a seed."""
        return any(run.seed is not None for run in self.runs if run.name == point)

    def expected(self, point: str) -> int:
        """Return how many runs a point shall have."""
        return max(1, len(self.declaration.seeds)) if self.trained(point) else 1


def read(folder: Path) -> StudyRecord:
    """Read a study's folder.

    Raises:
        DataError: a file is missing, damaged or not of a study; the message names it.
    """
    declaration = declared(folder / "study.yaml")
    entries = Ledger.kept(folder)
    if not entries:
        raise DataError(f"{folder / 'ledger.jsonl'}: is missing: run the study first")
    points: dict[str, Mapping[str, Any]] = {}
    for entry in entries.values():
        if points.setdefault(entry.name, entry.point) != entry.point:
            raise DataError(f"{folder / 'ledger.jsonl'}: point '{entry.name}' has two sets of changes: {_AGAIN}")
    values: dict[tuple[str, str, Measure], float] = {}
    by_part: dict[tuple[str, str, Measure], dict[str, float]] = {}
    for entry in entries.values():
        loss = (entry.trained or {}).get("validation_loss")
        if loss is not None and math.isfinite(loss):
            values[entry.run, definition.VALIDATION, Measure("held-out", "loss")] = loss
    for row in _rows(folder / FIGURES):
        if row["setting"] not in KNOWN:
            raise DataError(f"{folder / FIGURES}: setting '{row['setting']}' is none of {', '.join(KNOWN)}")
        key = (row["run"], row["benchmark"], Measure(row["setting"], row["metric"]))
        if row["part"] is None:
            values[key] = row["value"]
        else:
            by_part.setdefault(key, {})[row["part"]] = row["value"]
    groups = {
        (row["run"], row["benchmark"], Measure(row["setting"], row["metric"]), _parts(row["parts"])): (
            row["asked"],
            np.asarray(row["values"], np.float32),
        )
        for row in _rows(folder / GROUPS)
    }
    void = _void_bias(values)
    values = {key: value for key, value in values.items() if key[1:] not in void}
    order = {name: place for place, name in enumerate(points)}
    runs = sorted(entries.values(), key=lambda run: (order[run.name], -1 if run.seed is None else run.seed))
    return StudyRecord(folder, declaration, points, tuple(runs), values, by_part, groups)


def declared(path: Path) -> Study:
    """Read a study as it was run.

    Raises:
        DataError: it is missing, or is none.
    """
    try:
        return definition.load_study(str(path))
    except UsageError as error:
        raise DataError(str(error)) from None


def _answered(
    study: Study, path: Path, run: str, benchmarks: Sequence[str]
) -> Iterator[tuple[dict[str, Any], Answers]]:
    """Yield what a run's file of questions has of the study's measures, and of the parts that its hypotheses name."""
    for benchmark in benchmarks:
        asked: list[tuple[Measure, tuple[str, ...]]] = [(measure, ()) for measure in study.kept_measures]
        asked += [(one.measure, one.parts) for one in map(expected, study.hypotheses) if one.benchmark == benchmark]
        for measure, parts in dict.fromkeys(asked):
            answers = questions.read(path, benchmark, measure, parts)
            if answers is not None:
                where = (run, benchmark, measure.setting, measure.metric)
                yield dict(zip(_KEYS, where, strict=True)) | {"parts": ",".join(parts)}, answers


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


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


_SCHEMAS: Mapping[str, tuple[str, ...]] = {FIGURES: ("part", "value"), GROUPS: ("parts", "asked", "values")}


def _schema(name: str) -> pa.Schema:
    import pyarrow as pa

    types = {"value": pa.float64(), "values": pa.list_(pa.float32())}
    return pa.schema([(column, types.get(column, pa.string())) for column in (*_KEYS, *_SCHEMAS[name])])


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file; none if it is not there yet."""
    try:
        table = durable.read_table(path)
        rows: list[dict[str, Any]] = table.select(_schema(path.name).names).to_pylist()
    except FileNotFoundError:
        return []
    except KeyError as error:
        raise DataError(f"{path}: {error.args[0]}: give the folder of a study") from None
    except (OSError, ValueError) as error:
        raise durable.unusable(path, error, _AGAIN) from None
    return rows


def _write(path: Path, table: pa.Table) -> None:
    # Floats byte by byte, and words as a dictionary: a fifth of the room.
    numbers = [name for name in ("value", "values.list.element") if name.partition(".")[0] in table.column_names]
    words = [name for name in table.column_names if name not in {"value", "values"}]
    encoding = dict.fromkeys(numbers, "BYTE_STREAM_SPLIT")
    durable.write_table(path, table, compression_level=19, use_dictionary=words, column_encoding=encoding)
