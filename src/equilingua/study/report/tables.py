"""A study's tables: every point's figures as mean ± deviation over its seeds, its hypotheses, and its lacking runs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.evaluation import seeds
from equilingua.evaluation.posthoc.by_name import EVALUATION_TEXTS
from equilingua.report import numerals
from equilingua.report.tables import escaped, markdown_table
from equilingua.study import measures as named
from equilingua.study import verdict
from equilingua.study.measures import KNOWN, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.study.effects import Effect
    from equilingua.study.record import StudyRecord
    from equilingua.study.verdict import Verdict

SCHEMA = 1
# What every table has besides what its study asks for, as far as it was measured.
_ALWAYS = (
    Measure("bias", "same_language_top1"),
    *(Measure(setting, metric) for setting in ("bitext", "options") for metric in KNOWN[setting]),
)
_SETTINGS = tuple(KNOWN)


@dataclass(frozen=True, slots=True)
class PointCell:
    """A measure of one point: its mean and deviation over the point's finished runs, and how it is written."""

    mean: float
    deviation: float | None
    runs: int
    text: str
    best: bool = False


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point; `series` is its place in the study and decides its colour, `fitted` tells of a method and its text."""

    point: str
    series: int
    runs: int
    expected: int
    cells: tuple[PointCell, ...]
    fitted: str = ""


@dataclass(frozen=True, slots=True)
class PointTable:
    """All points on one benchmark."""

    benchmark: str
    measures: tuple[Measure, ...]
    rows: tuple[PointRow, ...]


def tables(study: StudyRecord) -> tuple[PointTable, ...]:
    """Return a table for each benchmark: what the study measures, its hypotheses are about and its figures show."""
    made = (_table(study, benchmark) for benchmark in study.benchmarks)
    return tuple(table for table in made if table.rows)


def cell(study: StudyRecord, point: str, benchmark: str, measure: Measure) -> PointCell:
    """Return one measure of one point; NaN and a dash where no run is finished."""
    values = study.of_point(point, benchmark, measure)
    if not values:
        return PointCell(math.nan, None, 0, numerals.ABSENT)
    mean, deviation = float(np.mean(values)), seeds.deviation(np.asarray(values))
    text = named.write(measure, mean) + ("" if deviation is None else f" ± {named.write(measure, deviation)}")
    return PointCell(mean, deviation, len(values), text)


def fitted(study: StudyRecord, point: str) -> str:
    """Say which method after encoding a point has, and what that was fitted on; empty without one."""
    contender = study.declaration.untrained.get(point)
    if contender is None or contender.posthoc is None:
        return ""
    return f"{contender.posthoc}, fitted on {', '.join(contender.fit_on or ()) or EVALUATION_TEXTS}"


def fits(study: StudyRecord, one: Verdict) -> str:
    """Say so of the points that a hypothesis compares."""
    told = {point: fitted(study, point) for point in (one.effect.contrast.better, one.effect.contrast.worse)}
    listed = "; ".join(f"{named.point(point)}: {text}" for point, text in told.items() if text)
    return f"({listed})" if listed else ""


def lacking(study: StudyRecord) -> list[tuple[str, str]]:
    """Return (what, why) of runs that failed, and of points that have runs in another state or fewer than seeds."""
    found = [(run.run, " ".join(f"{run.state}: {run.error}".split())) for run in study.runs if run.error]
    for point in study.points:
        runs = [run for run in study.runs if run.name == point]
        states = Counter(run.state for run in runs if run.state != "done" and not run.error)
        told = [f"{number} {state}" for state, number in states.items()]
        if len(runs) < study.expected(point):
            told.append(f"{len(runs)} of {study.expected(point)} runs begun")
        if told:
            found.append((point, ", ".join(told)))
    return found


def markdown(
    study: StudyRecord, verdicts: Sequence[Verdict], comparisons: Sequence[tuple[str, Sequence[Effect]]] = ()
) -> str:
    """Return verdicts, tables, tests and what is lacking as Markdown."""
    parts = [f"# {escaped(study.declaration.title)}", escaped(study.declaration.question), "## Verdicts"]
    parts.append(
        "\n".join(
            f"- **{one.outcome}**: {escaped(f'{one.effect.contrast.statement} {one.words} {fits(study, one)}')}"
            for one in verdicts
        )
    )
    if not verdicts:
        parts[-1] = "The study declares no hypothesis."
    for table in tables(study):
        parts += [f"## {escaped(table.benchmark)}", table_markdown(table)]
    if study.benchmarks:
        parts.append("Mean ± standard deviation over runs with different seeds. Bold: best of its column.")
    for benchmark, effects in comparisons:
        parts += [f"## Tests on {escaped(benchmark)}", _tests(effects)]
    if missing := lacking(study):
        parts += ["## Not finished", "\n".join(f"- {escaped(what)}: {escaped(why)}" for what, why in missing)]
    if study.declaration.limits:
        parts += ["## What it cannot show", "\n".join(f"- {escaped(limit)}" for limit in study.declaration.limits)]
    parts.append(effort(study))
    return "\n\n".join(parts) + "\n"


def table_markdown(table: PointTable) -> str:
    """Return a table as Markdown, the best of each column bold."""
    head = ["", *(named.title(measure) for measure in table.measures), "runs"]
    rows = []
    for row in table.rows:
        cells = [f"**{one.text}**" if one.best else one.text for one in row.cells]
        point = f"{row.point} ({row.fitted})" if row.fitted else row.point
        rows.append([escaped(point), *cells, _count(row)])
    return markdown_table(head, rows)


def effort(study: StudyRecord) -> str:
    """Say how long the finished runs took, and where they ran."""
    done = [run for run in study.runs if run.state == "done"]
    seconds = sum(run.core_seconds for run in done)
    machines = sorted({run.machine for run in done if run.machine})
    where = f" of {'; '.join(machines)}" if machines else ""
    return f"{len(done)} finished run{'' if len(done) == 1 else 's'}: {numerals.duration(seconds)} on one core{where}."


def to_json(
    study: StudyRecord, verdicts: Sequence[Verdict], comparisons: Sequence[tuple[str, Sequence[Effect]]] = ()
) -> dict[str, Any]:
    """Return tables, effects and verdicts as a record."""
    return {
        "schema": SCHEMA,
        "study": study.declaration.name,
        "question": study.declaration.question,
        "points": {name: dict(changes) for name, changes in study.points.items()},
        "results": {table.benchmark: [_row_json(table, row) for row in table.rows] for table in tables(study)},
        "hypotheses": [_verdict_json(one) for one in verdicts],
        "comparisons": {name: [_effect_json(one) for one in effects] for name, effects in comparisons},
        "lacking": [{"what": what, "why": why} for what, why in lacking(study)],
        "core_seconds": round(sum(run.core_seconds for run in study.runs), 1),
        "machines": sorted({run.machine for run in study.runs if run.machine}),
    }


def _tests(effects: Sequence[Effect]) -> str:
    rows = []
    for effect in effects:
        contrast, p = effect.contrast, escaped(verdict.p_value(effect.p))
        found = [effect.lacking, ""] if effect.estimate is None else [verdict.interval(effect), p]
        rows.append([named.title(contrast.measure), escaped(contrast.better), escaped(contrast.worse), *found])
    return markdown_table(["measure", "first", "second", "first less second [95 % interval]", "corrected p"], rows, 3)


def _table(study: StudyRecord, benchmark: str) -> PointTable:
    present = {measure for _, name, measure in study.values if name == benchmark}
    wanted = list(study.declaration.measures)
    wanted += [one.measure for one in study.hypotheses if one.benchmark == benchmark]
    for figure in study.declaration.figures:
        if figure.benchmark == benchmark:
            wanted += figure.measures
    wanted += _ALWAYS
    asked = (measure for measure in dict.fromkeys(wanted) if measure in present)
    measures = tuple(sorted(asked, key=lambda measure: _SETTINGS.index(measure.setting)))
    rows = []
    columns = [_column(study, benchmark, measure) for measure in measures]
    for place, point in enumerate(study.points):
        cells = tuple(column[place] for column in columns)
        if any(one.runs for one in cells):
            runs = len(study.done(point)), study.expected(point)
            rows.append(PointRow(point, place, *runs, cells, fitted(study, point)))
    return PointTable(benchmark, measures, tuple(rows))


def _column(study: StudyRecord, benchmark: str, measure: Measure) -> list[PointCell]:
    """Return a measure of every point, the best marked: all that are written alike, unless no two differ."""
    cells = [cell(study, point, benchmark, measure) for point in study.points]
    means = [one.mean for one in cells if one.runs]
    if len({named.write(measure, mean) for mean in means}) < 2 or measure.higher_is_better is None:
        return cells
    best = named.write(measure, max(means) if measure.higher_is_better else min(means))
    return [
        PointCell(
            one.mean, one.deviation, one.runs, one.text, best=bool(one.runs) and named.write(measure, one.mean) == best
        )
        for one in cells
    ]


def _row_json(table: PointTable, row: PointRow) -> dict[str, Any]:
    return {
        "point": row.point,
        "runs": row.runs,
        "expected_runs": row.expected,
        "figures": [
            {
                "setting": measure.setting,
                "metric": measure.metric,
                "mean": one.mean if one.runs else None,
                "deviation": one.deviation,
                "runs": one.runs,
            }
            for measure, one in zip(table.measures, row.cells, strict=True)
        ],
    }


def _verdict_json(one: Verdict) -> dict[str, Any]:
    contrast = one.effect.contrast
    return {
        "statement": contrast.statement,
        "verdict": one.outcome,
        "expected": one.expected,
        "words": one.words,
        "claims": list(contrast.claims),
        "direction": "higher" if contrast.higher else "lower",
        "margin": contrast.margin,
        "relative_margin": contrast.relative_margin,
        **_effect_json(one.effect),
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    contrast, estimate, beyond = effect.contrast, effect.estimate, effect.beyond
    return {
        "benchmark": contrast.benchmark,
        "setting": contrast.measure.setting,
        "metric": contrast.measure.metric,
        "parts": list(contrast.parts),
        "better": {"point": contrast.better, "mean": _finite(effect.better), "deviation": effect.deviations[0]},
        "worse": {"point": contrast.worse, "mean": _finite(effect.worse), "deviation": effect.deviations[1]},
        "runs": list(effect.runs),
        "groups": effect.groups,
        "over": effect.over,
        "lacking": effect.lacking,
        # Positive in the expected direction, each as [estimate, low, high].
        "gain": None if estimate is None else [estimate.difference, estimate.low, estimate.high],
        "gain_beyond_margin": None if beyond is None else [beyond.difference, beyond.low, beyond.high],
        "p": None if beyond is None else beyond.p,
        "p_corrected": None if beyond is None else effect.p,
        "difference": None if estimate is None else verdict.interval(effect),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _count(row: PointRow) -> str:
    return str(row.runs) if row.runs >= row.expected else f"{row.runs} of {row.expected}"
