"""The page: evaluations and runs in, one self-contained HTML file out."""

from __future__ import annotations

import shlex
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from equilingua.errors import MissingExtraError
from equilingua.evaluation.bias.language_bias import COVERAGE
from equilingua.languages import described
from equilingua.report import compared, figures, findings, heat, numerals, plots, side_by_side, tables, vega

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import jinja2

    from equilingua.evaluation.comparison_record import ComparisonRecord
    from equilingua.evaluation.record import EvaluationRecord
    from equilingua.report.runs import RunRecord
    from equilingua.report.side_by_side import SideBySide


def render(
    evaluations: Sequence[EvaluationRecord],
    runs: Sequence[RunRecord] = (),
    *,
    tests: Sequence[ComparisonRecord] = (),
    title: str | None = None,
    written: date | None = None,
) -> str:
    """Return the report as one HTML page without external parts.

    Args:
        evaluations: what `equilingua evaluate --json` wrote; the first is the base of all differences.
        runs: training runs, for curves and provenance.
        tests: what `equilingua compare` found, for the benchmarks that are reported here.
        title: the page's title; by default made from the benchmarks' names.
        written: the date to print.

    Raises:
        DataError: two evaluations on one benchmark cannot be compared.
        MissingExtraError: jinja2 is not installed.
    """
    gathered = side_by_side.gather(evaluations)
    labels = side_by_side.labels(evaluations)
    colours = run_colours(runs, labels)
    templates = environment("the HTML report", "equilingua.report")
    templates.filters["whole"] = lambda number: f"{number:,}"
    return templates.get_template("page.html.j2").render(
        title=title or f"Retrieval across languages: {', '.join(one.benchmark for one in gathered)}",
        written=written,
        encoders=list(zip(labels, evaluations, strict=True)),
        sections=[_section(one, tests) for one in gathered],
        losses=figures.losses(list(zip(runs, colours, strict=True))),
        runs=[_provenance(run, series) for run, series in zip(runs, colours, strict=True)],
        versions=_versions(evaluations, labels),
        coverage=f"{COVERAGE:.0%}".replace("%", "\N{NARROW NO-BREAK SPACE}%"),
    )


def _section(shown: SideBySide, tests: Sequence[ComparisonRecord]) -> dict[str, Any]:
    """Return what the page shows of one benchmark; what its results do not hold is None or empty."""
    return {
        "comparison": shown,
        "headline": findings.headline(shown),
        "sentences": findings.sentences(shown),
        "cautions": findings.cautions(shown),
        "languages": ", ".join(map(described, shown.languages)),
        "overview": tables.overview(shown),
        "tested": compared.of_benchmark(shown, tests),
        "settings": [tables.of_setting(shown, setting) for setting in numerals.SETTINGS],
        "legend": [(entry.label, entry.series) for entry in shown.entries],
        "by_language": figures.by_language(shown),
        "heat": heat.of_benchmark(shown),
        "maps": figures.sentence_maps(shown),
    }


def environment(purpose: str, *packages: str) -> jinja2.Environment:
    """Return an environment for templates that escapes what it is given and refuses names that it does not know.

    Args:
        purpose: what for, for the message where jinja2 is missing.
        packages: where templates and styles lie; of two of one name the first package's counts.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtraError(purpose, "jinja2", "report") from None

    def load(name: str) -> str | None:
        found = (resources.files(package).joinpath(name) for package in packages)
        return next((one.read_text(encoding="utf-8") for one in found if one.is_file()), None)

    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "described": described,
        "duration": numerals.duration,
        "draw": vega.draw,
        "series": plots.series,
        "language": plots.language,
        "swatch": plots.swatch,
    }
    made.globals["levels"] = heat.LEVELS
    return made


def run_colours(runs: Sequence[RunRecord], labels: Sequence[str]) -> list[int]:
    """Return each run's series: that of the encoder that it made, where one bears its name; else the next free one."""
    by_name = {label: place for place, label in enumerate(labels)}
    free = iter(range(len(labels), len(labels) + len(runs)))
    return [by_name[run.name] if run.name in by_name else next(free) for run in runs]


def _provenance(run: RunRecord, series: int) -> dict[str, Any]:
    """Return how one training run was made: labelled facts, its recipe and the colour of its curve."""
    record = run.environment
    facts = [("command", _command(record.get("command"))), ("commit", _text(record.get("commit")))]
    facts += [("started", _moment(record.get("started")))]
    if "seconds" in record:
        facts.append(("took", numerals.duration(record["seconds"])))
    if len(run.steps):
        facts.append(("steps logged", f"{len(run.steps):,}, to step {int(run.steps[-1]):,}"))
    facts.append(("machine", ", ".join(_fact(name, value) for name, value in record.get("machine", {}).items())))
    facts.append(("versions", ", ".join(f"{name} {value}" for name, value in record.get("versions", {}).items())))
    told = [(name, text or "not recorded") for name, text in facts]
    return {"name": run.name, "series": series, "facts": told, "recipe": run.recipe.strip()}


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


def _versions(evaluations: Sequence[EvaluationRecord], labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return (whose, versions) with encoders that were evaluated with the same versions told together."""
    groups: dict[str, list[str]] = {}
    for label, evaluation in zip(labels, evaluations, strict=True):
        groups.setdefault(", ".join(f"{k} {v}" for k, v in evaluation.versions.items()), []).append(label)
    whole = len(groups) == 1
    return [
        ("all evaluations" if whole else ", ".join(names), text or "not recorded") for text, names in groups.items()
    ]
