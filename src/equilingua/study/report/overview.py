"""One page of all studies: each one's question, verdicts and tables, out of what their reports have written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.errors import DataError
from equilingua.report import numerals
from equilingua.report.tables import escaped
from equilingua.study.record import read
from equilingua.study.report import tables
from equilingua.study.report.write import PAGE, RECORD, TABLES
from equilingua.study.verdict import tally

if TYPE_CHECKING:
    from pathlib import Path

FILE = "README.md"


def write(folder: Path) -> Path:
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
    durable.write_text(folder / FILE, "\n\n".join(parts) + "\n")
    return folder / FILE


def _section(folder: Path, record: dict[str, Any]) -> list[str]:
    study = read(folder)
    verdicts = tally([one["verdict"] for one in record["hypotheses"]])
    parts = [f"## {escaped(study.declaration.title)}", escaped(study.declaration.question)]
    links = f"[page]({folder.name}/{PAGE}), [tests]({folder.name}/{TABLES})"
    parts.append(f"{verdicts or 'No hypotheses'}. {tables.effort(study)} {links}")
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
