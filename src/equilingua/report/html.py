"""The page: evaluations and runs in, one self-contained HTML file out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from equilingua.evaluation.bias.language_bias import COVERAGE
from equilingua.languages import described
from equilingua.report import (
    comparison,
    evaluations,
    figures,
    findings,
    heat,
    numerals,
    tables,
    templates,
    tested,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import jinja2

    from equilingua.report.comparison import Comparison
    from equilingua.report.differences import Differences
    from equilingua.report.evaluations import Evaluation
    from equilingua.report.figures import ByLanguage, Maps
    from equilingua.report.runs import RunRecord
    from equilingua.report.tested import Tested


@dataclass(frozen=True, slots=True)
class Section:
    """Everything that the page shows of one benchmark; what its results do not hold is None or empty."""

    comparison: Comparison
    headline: findings.Sentence
    sentences: list[findings.Sentence]
    cautions: list[findings.Sentence]
    languages: str
    overview: tables.Table
    tested: Tested | None
    settings: list[tables.Table]
    legend: list[tuple[str, int]]
    figures: ByLanguage
    heat: list[heat.HeatMaps]
    maps: Maps | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """How one training run was made: labelled facts, its recipe and the colour of its curve."""

    name: str
    series: int
    facts: list[tuple[str, str]]
    recipe: str


def render(
    records: Sequence[Mapping[str, Any]],
    runs: Sequence[RunRecord] = (),
    *,
    differences: Sequence[Differences] = (),
    title: str | None = None,
    written: date | None = None,
) -> str:
    """Return the report as one HTML page without external parts.

    Args:
        records: evaluations as `equilingua evaluate --json` writes them; the first is the base of all differences.
        runs: training runs, for curves and provenance.
        differences: what `equilingua compare` found, for the benchmarks that are reported here.
        title: the page's title; by default made from the benchmarks' names.
        written: the date to print.

    Raises:
        DataError: a record is malformed, or two of one benchmark cannot be compared.
        MissingExtraError: jinja2 is not installed.
    """
    parsed = [evaluations.parse(record, f"evaluation {number}") for number, record in enumerate(records, start=1)]
    compared = comparison.gather(parsed)
    labels = comparison.labels(parsed)
    colour = run_colours(runs, parsed, labels)
    template = _environment().get_template("page.html.j2")
    return template.render(
        title=title or f"Retrieval across languages: {', '.join(one.benchmark for one in compared)}",
        written=written,
        encoders=[(label, one, comparison.fitted(one)) for label, one in zip(labels, parsed, strict=True)],
        sections=[section(one, differences) for one in compared],
        losses=figures.losses(list(zip(runs, colour, strict=True))),
        runs=[_provenance(run, series) for run, series in zip(runs, colour, strict=True)],
        versions=_versions(parsed, labels),
        coverage=f"{COVERAGE:.0%}".replace("%", "\N{NARROW NO-BREAK SPACE}%"),
    )


def section(compared: Comparison, differences: Sequence[Differences] = ()) -> Section:
    """Return what the page shows of one benchmark."""
    return Section(
        comparison=compared,
        headline=findings.headline(compared),
        sentences=findings.sentences(compared),
        cautions=findings.cautions(compared),
        languages=", ".join(map(described, compared.languages)),
        overview=tables.overview(compared),
        tested=tested.of_benchmark(compared, differences),
        settings=[tables.of_setting(compared, setting) for setting in evaluations.SETTINGS],
        legend=[(entry.label, entry.series) for entry in compared.entries],
        figures=figures.by_language(compared),
        heat=heat.of_benchmark(compared),
        maps=figures.sentence_maps(compared),
    )


def run_colours(runs: Sequence[RunRecord], parsed: Sequence[Evaluation], labels: Sequence[str]) -> list[int]:
    """Return each run's series: that of the encoder that it made, where one bears its name; else the next free one."""
    by_name = dict(zip(labels, range(len(parsed)), strict=True))
    free = iter(range(len(parsed), len(parsed) + len(runs)))
    return [by_name[run.name] if run.name in by_name else next(free) for run in runs]


def _provenance(run: RunRecord, series: int) -> Provenance:
    record = run.environment
    facts = [("command", _command(record.get("command"))), ("commit", _text(record.get("commit")))]
    facts += [("started", _moment(record.get("started")))]
    if "seconds" in record:
        facts.append(("took", numerals.duration(record["seconds"])))
    if len(run.steps):
        facts.append(("steps logged", f"{len(run.steps):,}, to step {int(run.steps[-1]):,}"))
    facts.append(("machine", ", ".join(_fact(name, value) for name, value in record.get("machine", {}).items())))
    facts.append(("versions", ", ".join(f"{name} {value}" for name, value in record.get("versions", {}).items())))
    return Provenance(run.name, series, [(name, text or "not recorded") for name, text in facts], run.recipe.strip())


def _command(command: object) -> str:
    return shlex.join(map(str, command)) if isinstance(command, list) else _text(command)


def _moment(started: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(started)):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return _text(started)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _fact(name: str, value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return {"cores": f"{shown} cores", "memory_gib": f"{shown} GiB"}.get(name, shown)


def _versions(parsed: Sequence[Evaluation], labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return (whose, versions) with encoders that were evaluated with the same versions told together."""
    groups: dict[str, list[str]] = {}
    for label, evaluation in zip(labels, parsed, strict=True):
        groups.setdefault(", ".join(f"{k} {v}" for k, v in evaluation.versions.items()), []).append(label)
    whole = len(groups) == 1
    return [
        ("all evaluations" if whole else ", ".join(names), text or "not recorded") for text, names in groups.items()
    ]


def _environment() -> jinja2.Environment:
    environment = templates.environment("the HTML report", "equilingua.report")
    environment.filters["whole"] = lambda number: f"{number:,}"
    return environment
