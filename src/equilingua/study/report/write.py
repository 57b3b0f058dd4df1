"""Write what a study has found so far: tables, verdicts and page, out of the files of its runs alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from equilingua import durable
from equilingua.study import contrasts, verdict
from equilingua.study.effects import Effect, effects
from equilingua.study.record import read
from equilingua.study.report import page, tables

if TYPE_CHECKING:
    from pathlib import Path

    from equilingua.study.record import StudyRecord

TABLES, RECORD, PAGE = "tables.md", "tables.json", "index.html"


def report(folder: Path) -> list[Path]:
    """Write `tables.md`, `tables.json` and `index.html` into a study's folder, and return their paths.

    Nothing is encoded: every figure and test comes from the study's record. It may be called while runs
    are still going on.

    Raises:
        DataError: a file of the study is missing or damaged; the message names it.
        MissingExtraError: jinja2 is not installed.
    """
    study = read(folder)
    verdicts = tuple(verdict.judge(one) for one in effects(study, study.hypotheses))
    compared = comparisons(study)
    record = tables.to_json(study, verdicts, compared)
    written = {
        folder / TABLES: tables.markdown(study, verdicts, compared),
        folder / PAGE: page.render(study, verdicts, compared, datetime.now(UTC).date()),
    }
    for path, text in written.items():
        durable.write_text(path, text)
    durable.write_json(folder / RECORD, record)
    return [folder / TABLES, folder / RECORD, folder / PAGE]


def comparisons(study: StudyRecord) -> list[tuple[str, tuple[Effect, ...]]]:
    """Test what the study compares besides its hypotheses; all tests of one benchmark are one family."""
    measured = list(dict.fromkeys((benchmark, measure) for _, benchmark, measure in study.values))
    found = contrasts.asked(study.declaration, measured)
    by_benchmark = {name: [one for one in found if one.benchmark == name] for name in study.benchmarks}
    return [(name, effects(study, family)) for name, family in by_benchmark.items() if family]
