"""Question-by-question figures of a study's runs, as one number a group: what paired tests are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equilingua import durable
from equilingua.errors import DataError
from equilingua.evaluation.significance import group_differences
from equilingua.study import named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from equilingua.study.analysis.record import Run, StudyRecord
    from equilingua.study.measures import Measure

# A mean over questions and the figure that was kept may differ by what storing in 32 bits rounds.
_ROUNDING = 1e-4
_FURTHER = re.compile(r"#\d+$")
# Measures of runs kept in memory, a number a group and one a part each.
_KEPT = 4096


@dataclass(frozen=True, eq=False)
class Answers:
    """One measure of one run.

    Attributes:
        parts: part → mean over its questions.
        groups: float64 [groups], by ascending id, whose mean is the macro-average over the parts.
        asked: hash of which questions were asked in which part.
    """

    parts: dict[str, float]
    groups: NDArray[np.float64]
    asked: int


def read(folder: Path, run: str, benchmark: str, measure: Measure, parts: tuple[str, ...] = ()) -> Answers | None:
    """Read one measure of one run; None where it was not kept question by question.

    Args:
        folder: of the study.
        run: its id.
        benchmark: its name.
        measure: what to read.
        parts: languages or ordered pairs to average over; all, if none is named.

    Raises:
        DataError: the file is missing or damaged, holds a question twice, or lacks a part; the message names it.
    """
    path = folder / "questions" / f"{run}.parquet"
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): run the study again") from None
    return _read(path, changed, benchmark, measure, parts)


def table(
    study: StudyRecord, runs: Sequence[Run], benchmark: str, measure: Measure, parts: Sequence[str] = ()
) -> NDArray[np.float64] | None:
    """Return a measure of several runs, float64 [runs, groups]; None where a run has it not question by question.

    Args:
        study: that the runs are of.
        runs: finished ones, of any points.
        benchmark: its name.
        measure: what to read.
        parts: languages or ordered pairs to average over; all, if none is named.

    Raises:
        DataError: a file is damaged, two runs answered different questions, a part is absent, or the questions of a
            run do not average to its figure.
    """
    found = [read(study.folder, run.name, benchmark, measure, tuple(parts)) for run in runs]
    answers = [one for one in found if one is not None]
    if not answers or len(answers) < len(found):
        return None
    for run, one in zip(runs, answers, strict=True):
        if one.asked != answers[0].asked:
            raise DataError(
                f"{study.folder}: runs '{runs[0].name}' and '{run.name}' answered different questions of '{benchmark}'"
            )
    if not parts:
        for run, one in zip(runs, answers, strict=True):
            _check_mean(study, run, benchmark, measure, one)
    return np.stack([one.groups for one in answers])


@lru_cache(maxsize=_KEPT)
def _read(path: Path, _changed: int, benchmark: str, measure: Measure, parts: tuple[str, ...]) -> Answers | None:
    import pyarrow as pa
    from pyarrow import compute, parquet

    try:
        if measure.metric not in parquet.read_schema(path).names:
            return None
        kept = (compute.field("benchmark") == benchmark) & (compute.field("setting") == measure.setting)
        rows = durable.read_table(path, columns=["part", "group", measure.metric], filters=kept)
        values = rows[measure.metric].cast(pa.float64()).to_numpy()
        rows, values = rows.filter(pa.array(~np.isnan(values))), values[~np.isnan(values)]
        (part_names, part), (group_names, group) = (_codes(rows[name]) for name in ("part", "group"))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise durable.unusable(path, error, "remove it and run the study again") from None
    if not len(values):
        return None
    absent = sorted(set(parts) - set(part_names))
    if absent:
        raise DataError(f"{path}: '{benchmark}' has no part '{absent[0]}': it has {', '.join(part_names)}")
    if parts:
        chosen = np.isin(part, [part_names.index(name) for name in parts])
        part, group, values = part[chosen], group[chosen], values[chosen]
    order = np.argsort(part * len(group_names) + group)
    part, group, values = part[order], group[order], values[order]
    if ((np.diff(part) == 0) & (np.diff(group) == 0)).any():
        raise DataError(f"{path}: '{benchmark}', {named.title(measure)}: a question is there twice in one part")
    means = np.bincount(part, weights=values) / np.maximum(np.bincount(part), 1)
    return Answers(
        parts={part_names[code]: float(means[code]) for code in np.unique(part)},
        groups=group_differences(values, part, _clusters(group_names)[group]),
        asked=hash((tuple(part_names), tuple(group_names), part.tobytes(), group.tobytes())),
    )


def _codes(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """Return the texts that occur, ascending, and which of them each row has."""
    import pyarrow as pa

    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return [names[number] for number in order], place[encoded.indices.to_numpy()]


def _clusters(names: Sequence[str]) -> NDArray[np.int64]:
    """Return the cluster of each group: further questions of a group, kept as "GROUP#2", are of its cluster."""
    known = {name: number for number, name in enumerate(names)}
    heads = [known.get(_FURTHER.sub("", name), number) for number, name in enumerate(names)]
    return np.asarray(heads, np.int64)


def _check_mean(study: StudyRecord, run: Run, benchmark: str, measure: Measure, answers: Answers) -> None:
    kept = study.values.get((run.name, benchmark, measure))
    mean = float(np.mean(list(answers.parts.values())))
    if kept is not None and abs(kept - mean) > _ROUNDING * max(1.0, abs(kept)):
        raise DataError(
            f"{study.folder}: run '{run.name}': questions average to {mean:.6g} {named.title(measure)} on "
            f"'{benchmark}', and runs.parquet says {kept:.6g}: one of them is of another run"
        )
