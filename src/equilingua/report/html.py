"""The page: evaluations and runs in, one self-contained HTML file out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from equilingua.errors import MissingExtraError
from equilingua.report import colours, comparison, evaluations, findings, numerals, plots, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    import jinja2

    from equilingua.report.comparison import Comparison, Entry
    from equilingua.report.evaluations import Evaluation, Result
    from equilingua.report.runs import RunRecord


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure with its caption; `values` holds what it shows as written, a row a language."""

    heading: str
    note: str
    svg: str
    values: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One encoder's language pairs, on the scale that its benchmark's heat maps share."""

    entry: Entry
    rows: list[list[plots.HeatCell]]


@dataclass(frozen=True, slots=True)
class Section:
    """Everything that the page shows of one benchmark."""

    comparison: Comparison
    headline: findings.Sentence
    sentences: list[findings.Sentence]
    overview: tables.Table
    settings: list[tables.Table]
    heat_maps: list[HeatMap]
    heat_range: tuple[float, float]
    rank_distance: Figure
    multilingual: Figure
    same_language: Figure


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
    title: str | None = None,
    written: date | None = None,
) -> str:
    """Return the report as one HTML page without external parts.

    Args:
        records: evaluations as `equilingua evaluate --json` writes them; the first is the base of all differences.
        runs: training runs, for curves and provenance.
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
        encoders=list(zip(labels, parsed, strict=True)),
        sections=[section(one) for one in compared],
        curves=_training_figure(runs, colour),
        runs=[_provenance(run, series) for run, series in zip(runs, colour, strict=True)],
        versions=_versions(parsed, labels),
        palette=colours.style_sheet(),
        levels=colours.LEVELS,
    )


def section(compared: Comparison) -> Section:
    """Return what the page shows of one benchmark."""
    maps = [(entry, pair_values(entry.result)) for entry in compared.entries]
    ends = plots.heat_range([value for _, values in maps for value in values.values()])
    return Section(
        comparison=compared,
        headline=findings.headline(compared),
        sentences=findings.sentences(compared),
        overview=tables.overview(compared),
        settings=[tables.of_setting(compared, setting) for setting in evaluations.SETTINGS],
        heat_maps=[HeatMap(entry, plots.heat_cells(compared.languages, values, *ends)) for entry, values in maps],
        heat_range=ends,
        rank_distance=_by_language(
            compared,
            plots.bars,
            "Rank distance by question language",
            "Ranks between the best and the worst placed translation of the answer. Shorter is fairer.",
            lambda result, code: _bias(result, code).rank_distance,
            numerals.ranks,
        ),
        multilingual=_by_language(
            compared,
            plots.dots,
            "Multilingual mAP by question language",
            "All languages in one pool. Further right is better.",
            lambda result, code: result.settings["multilingual"].parts.get(code, {}).get("map", float("nan")),
            numerals.score,
        ),
        same_language=_by_language(
            compared,
            plots.dots,
            "Top hits in the question\N{RIGHT SINGLE QUOTATION MARK}s language",
            f"Share of questions. Further left is fairer; even would be {numerals.share(1 / len(compared.languages))}.",
            lambda result, code: _bias(result, code).same_language_top1,
            numerals.share,
        ),
    )


def pair_values(result: Result) -> dict[tuple[str, str], float]:
    """Return mAP by (question language, passage language); the diagonal holds the monolingual setting."""
    values = {(code, code): scores["map"] for code, scores in result.settings["monolingual"].parts.items()}
    for pair, scores in result.settings["cross_lingual"].parts.items():
        question, _, passage = pair.partition(evaluations.PAIR_SEPARATOR)
        values[question, passage] = scores["map"]
    return values


def run_colours(runs: Sequence[RunRecord], parsed: Sequence[Evaluation], labels: Sequence[str]) -> list[int]:
    """Return each run's series: that of the encoder that it made, where one bears its name; else the next free one."""
    by_name = dict(zip(labels, range(len(parsed)), strict=True))
    free = iter(range(len(parsed), len(parsed) + len(runs)))
    return [by_name[run.name] if run.name in by_name else next(free) for run in runs]


def _bias(result: Result, code: str) -> evaluations.Bias:
    return result.bias_by_language.get(code, evaluations.Bias(float("nan"), float("nan")))


def _by_language(
    compared: Comparison,
    draw: Callable[..., str],
    heading: str,
    note: str,
    value: Callable[[Result, str], float],
    write: Callable[[float], str],
) -> Figure:
    series = [
        plots.Series(entry.label, entry.series, [value(entry.result, code) for code in compared.languages])
        for entry in compared.entries
    ]
    return Figure(
        heading=heading,
        note=note,
        svg=draw(compared.languages, series, f"{heading}, {compared.benchmark}", write),
        values=[(code, [write(one.values[place]) for one in series]) for place, code in enumerate(compared.languages)],
    )


def _training_figure(runs: Sequence[RunRecord], colour: Sequence[int]) -> Figure | None:
    logged = [(run, series) for run, series in zip(runs, colour, strict=True) if len(run.steps)]
    if not logged:
        return None
    lines = [
        plots.Curve(run.name, series, run.steps, run.losses, run.validation_steps, run.validation_losses)
        for run, series in logged
    ]
    validated = " Rings: loss on held-out groups." if any(len(run.validation_steps) for run, _ in logged) else ""
    note = (
        f"Bold: running mean; faint: as logged.{validated} "
        "Strategies differ in how hard their batches are: compare shapes, not heights."
    )
    return Figure("Training loss by step", note, plots.curves(lines, "Training loss by step"), [])


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
    try:
        import jinja2
    except ImportError:
        raise MissingExtraError("the HTML report", "jinja2", "report") from None

    folder = resources.files("equilingua.report")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "score": numerals.score,
        "duration": numerals.duration,
        "swatch": plots.swatch,
        "series_class": colours.series_class,
        "whole": lambda number: f"{number:,}",
    }
    return environment
