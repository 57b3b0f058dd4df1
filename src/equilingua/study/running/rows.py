"""A study's figures as tables: one row a run, set and metric; and, of one run, every question."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import durable
from equilingua.evaluation.settings import SETTINGS
from equilingua.study.measures import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from equilingua.evaluation.breakdown import Breakdown
    from equilingua.evaluation.results import Result
    from equilingua.study.files import Places
    from equilingua.study.ledger import Entry
    from equilingua.study.measures import Measure

_HELD_OUT = ("validation", "held-out", "loss")


def write_runs(places: Places, entries: Iterable[Entry]) -> None:
    """Write `runs.parquet`: every figure of every run, and a row without figures for each that has none."""
    import pyarrow as pa

    text = pa.string()
    schema = pa.schema([
        ("run", text), ("name", text), ("point", text), ("seed", pa.int64()), ("benchmark", text), ("setting", text),
        ("metric", text), ("value", pa.float64()), ("status", text), ("seconds", pa.float64()), ("machine", text),
        ("cores", pa.int64()), ("error", text),
    ])  # fmt: skip
    rows = [row for entry in entries for row in _rows(places, entry)]
    durable.write_table(places.rows, pa.Table.from_pylist(rows, schema))


def figures(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    """Yield benchmark, setting, metric and value of every figure in a result file."""
    for benchmark, result in record["results"].items():
        for setting, metrics in KNOWN.items():
            for metric in metrics:
                value = result.get(setting, {}).get(metric)
                if value is not None:
                    yield benchmark, setting, metric, float(value)


def questions(result: Result, label: str, measures: Sequence[Measure]) -> pa.Table:
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
        if not wanted or not len(breakdown.question):
            continue
        tables.append(_of_setting(result, breakdown, label, setting, metrics, wanted))
    return pa.concat_tables(tables) if tables else _empty(metrics)


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
        "benchmark": _constant(label, rows),
        "setting": _constant(setting, rows),
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


def _rows(places: Places, entry: Entry) -> Iterator[dict[str, Any]]:
    about = {
        "run": entry.run,
        "name": entry.name,
        "point": json.dumps(entry.point, sort_keys=True, ensure_ascii=False),
        "seed": entry.seed,
        "status": entry.state,
        "seconds": entry.total_seconds or None,
        "machine": entry.machine,
        "cores": entry.cores,
        "error": entry.error,
    }
    found: list[tuple[str | None, str | None, str | None, float | None]] = []
    loss = None if entry.trained is None else entry.trained.get("validation_loss")
    if loss is not None and math.isfinite(loss):
        found.append((*_HELD_OUT, loss))
    path = places.evaluation(entry.run)
    if entry.state == "done" and path.is_file():
        found += figures(json.loads(path.read_text(encoding="utf-8")))
    for benchmark, setting, metric, value in found or [(None, None, None, None)]:
        yield {**about, "benchmark": benchmark, "setting": setting, "metric": metric, "value": value}


def _constant(text: str, rows: int) -> pa.Array:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), [text])


def _schema(metrics: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    word = pa.dictionary(pa.int32(), pa.string())
    names = [(name, word) for name in ("benchmark", "setting", "part", "group")]
    return pa.schema([*names, *((metric, pa.float32()) for metric in metrics)])


def _empty(metrics: Sequence[str]) -> pa.Table:
    return _schema(metrics).empty_table()
