"""Write what a study has found so far, out of the files of its runs alone; and one page of all studies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.errors import DataError
from equilingua.report import numerals
from equilingua.report.tables import escaped
from equilingua.study import contrasts, verdict
from equilingua.study.effects import Effect, effects
from equilingua.study.record import read
from equilingua.study.report import page, tables

if TYPE_CHECKING:
    from pathlib import Path

    from equilingua.study.record import StudyRecord

TABLES, RECORD, PAGE, OVERVIEW = "tables.md", "tables.json", "index.html", "README.md"


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


def overview(folder: Path) -> Path:
    """Write the overview of all studies in a folder that have a report, and return its path.

    A study whose files cannot be read is named with the reason: it is no fault of the one that was reported just now.
    """
    sections, spent, unread = [], 0.0, []
    for path in sorted(folder.glob(f"*/{RECORD}")):
        try:
            record = _record(path)
            sections.append("\n\n".join(_section(path.parent, record)))
            spent += record["core_seconds"]
        except DataError as error:
            unread.append(f"- {escaped(str(error))}")
    parts = [
        "# Studies",
        "Written by `equilingua study report` from the files beside it. A cell is the mean ± standard deviation over "
        "runs with different seeds; bold is the best of its column, which is no test. How to read tests and verdicts: "
        "[docs/studies.md](../../docs/studies.md); how the published claims fare: [claims.md](../claims.md). "
        f"All runs together took {numerals.duration(spent)} on one core.",
        *(["Not shown:\n\n" + "\n".join(unread)] if unread else []),
        *sections,
    ]
    durable.write_text(folder / OVERVIEW, "\n\n".join(parts) + "\n")
    return folder / OVERVIEW


def _section(folder: Path, record: dict[str, Any]) -> list[str]:
    study = read(folder)
    outcomes = verdict.tally([one["verdict"] for one in record["hypotheses"]])
    parts = [f"## {escaped(study.declaration.title)}", escaped(study.declaration.question)]
    links = f"[page]({folder.name}/{PAGE}), [tests]({folder.name}/{TABLES})"
    parts.append(f"{outcomes or 'No hypotheses'}. {tables.effort(study)} {links}")
    if record["hypotheses"]:
        parts.append("\n".join(f"- **{one['verdict']}**: {escaped(one['statement'])}" for one in record["hypotheses"]))
    for table in tables.tables(study):
        parts += [f"`{table.benchmark}`", tables.table_markdown(table)]
    return parts


def _record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "core_seconds" not in record:
            raise DataError(
                f"{path}: is of another version of this program: equilingua study report {path.parent.name}"
            )
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}): equilingua study report {path.parent.name}") from None
    return record
