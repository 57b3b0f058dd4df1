"""Figures of one run question by question, and what paired tests make of them: one number a group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import digests, durable
from equilingua.errors import DataError
from equilingua.evaluation.settings import SETTINGS
from equilingua.evaluation.significance import group_differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from equilingua.evaluation.results import Result
    from equilingua.evaluation.settings import Breakdown
    from equilingua.study.measures import Measure

_FURTHER = re.compile(r"#\d+$")


@dataclass(frozen=True, eq=False)
class Answers:
    """One measure of one run.

    Attributes:
        parts: part → mean over its questions.
        groups: float64 [groups], by ascending id, whose mean is the macro-average over the parts.
        asked: digest of which questions were asked in which part.
    """

    parts: dict[str, float]
    groups: NDArray[np.float64]
    asked: str


def table(result: Result, label: str, measures: Sequence[Measure]) -> pa.Table:
    """Return the figures of every question: columns benchmark, setting, part, group and one a metric.

    A second question of one group in one part is of the group "GROUP#2", so that part and group tell rows apart.

    Args:
        result: of one run on one set.
        label: what the study calls the set.
        measures: which of the figures to keep.
    """
    import pyarrow as pa

    metrics = sorted({one.metric for one in measures})
    tables = []
    for setting in (*SETTINGS, "bias"):
        wanted = {one.metric for one in measures if one.setting == setting}
        breakdown = result.bias if setting == "bias" else result.settings[setting]
        if wanted and len(breakdown.question):
            tables.append(_of_setting(result, breakdown, label, setting, metrics, wanted))
    return pa.concat_tables(tables) if tables else _schema(metrics).empty_table()


def read(path: Path, benchmark: str, measure: Measure, parts: Sequence[str] = ()) -> Answers | None:
    """Read one measure from a file of `table`; None where it was not kept.

    Args:
        path: of a run's questions.
        benchmark: its name.
        measure: what to read.
        parts: languages or ordered pairs to average over; all, if none is named.

    Raises:
        DataError: the file is missing or damaged, holds a question twice, or lacks a part; the message names it.
    """
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
        raise DataError(f"{path}: '{benchmark}', {measure.metric}: a question is there twice in one part")
    means = np.bincount(part, weights=values) / np.maximum(np.bincount(part), 1)
    asked = ["\n".join([*part_names, "", *group_names]), part.astype(np.int64), group.astype(np.int64)]
    return Answers(
        parts={part_names[code]: float(means[code]) for code in np.unique(part)},
        groups=group_differences(values, part, _clusters(group_names)[group]),
        asked=digests.of_parts(asked, size=8),
    )


def _of_setting(
    result: Result, breakdown: Breakdown, label: str, setting: str, metrics: Sequence[str], wanted: set[str]
) -> pa.Table:
    import pyarrow as pa

    rows = len(breakdown.question)
    group = result.benchmark.query_group[breakdown.question].astype(np.int64)
    names = [result.benchmark.groups[code] for code in group]
    for row, number in _repeats(group, breakdown.part):
        names[row] = f"{names[row]}#{number}"
    columns: dict[str, Any] = {
        "benchmark": pa.array([label] * rows).dictionary_encode(),
        "setting": pa.array([setting] * rows).dictionary_encode(),
        "part": pa.array([breakdown.part_names[part] for part in breakdown.part]).dictionary_encode(),
        "group": pa.array(names).dictionary_encode(),
    }
    for metric in metrics:
        values = breakdown.values[metric] if metric in wanted else np.full(rows, np.nan)
        columns[metric] = pa.array(np.asarray(values, np.float32), from_pandas=True)
    return pa.table(columns).cast(_schema(metrics))


def _repeats(group: np.ndarray, part: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield row and number of each row whose group and part another row had before it."""
    seen: dict[tuple[int, int], int] = {}
    for row, key in enumerate(zip(group.tolist(), part.tolist(), strict=True)):
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            yield row, seen[key]


def _schema(metrics: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    word = pa.dictionary(pa.int32(), pa.string())
    names = [(name, word) for name in ("benchmark", "setting", "part", "group")]
    return pa.schema([*names, *((metric, pa.float32()) for metric in metrics)])


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
