"""A study's page: question, verdicts, tables and figures as one self-contained HTML file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.report import html
from equilingua.study import measures as named
from equilingua.study import verdict
from equilingua.study.effects import LEVEL
from equilingua.study.report import figures, tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import jinja2

    from equilingua.study.effects import Effect
    from equilingua.study.record import StudyRecord
    from equilingua.study.verdict import Verdict


def render(
    study: StudyRecord,
    verdicts: Sequence[Verdict],
    comparisons: Sequence[tuple[str, Sequence[Effect]]],
    written: date | None = None,
) -> str:
    """Return the page without external parts.

    Args:
        study: as far as it has run.
        verdicts: on its hypotheses.
        comparisons: (benchmark, effects) of its other tests.
        written: the date to print.

    Raises:
        DataError: a file with questions is damaged.
        MissingExtraError: jinja2 is not installed.
    """
    declaration = study.declaration
    return (
        _environment()
        .get_template("study.html.j2")
        .render(
            title=declaration.title,
            question=declaration.question,
            written=written,
            summary=summary(verdicts),
            verdicts=verdicts,
            fits=partial(tables.fits, study),
            intervals=figures.intervals(verdicts),
            tables=tables.tables(study),
            figures=figures.figures(study),
            comparisons=comparisons,
            lacking=tables.lacking(study),
            limits=declaration.limits,
            effort=tables.effort(study),
            runs=study.runs,
            text=(study.folder / "study.yaml").read_text(encoding="utf-8").strip(),
            level=LEVEL,
        )
    )


def summary(verdicts: Sequence[Verdict]) -> str:
    """Say how many hypotheses came out which way."""
    if not verdicts:
        return "The study declares no hypothesis."
    noun = "hypothesis" if len(verdicts) == 1 else "hypotheses"
    return f"Of {len(verdicts)} {noun}: {verdict.tally([one.outcome for one in verdicts])}."


def _environment() -> jinja2.Environment:
    environment = html.environment("a study's page", "equilingua.study.report", "equilingua.report")
    environment.filters |= {
        "title": named.title,
        "capital": named.capital,
        "interval": verdict.interval,
        "p_value": verdict.p_value,
    }
    return environment
