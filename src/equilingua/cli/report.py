"""`equilingua report`: evaluations to one page, and the table to the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equilingua.terminal import console, say

if TYPE_CHECKING:
    from equilingua.report.side_by_side import SideBySide


def report(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT.json...", help="What `equilingua evaluate --json` wrote; the first is the base."
        ),
    ],
    runs: Annotated[
        list[Path] | None,
        typer.Option("--runs", metavar="DIR", help="A training run, or a folder of runs; may be given again."),
    ] = None,
    compare: Annotated[
        list[Path] | None,
        typer.Option("--compare", metavar="FILE", help="Paired tests that `equilingua compare --json` wrote."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")] = Path("report.html"),
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Also write the table as Markdown to this file.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="The page's title.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Write the page and print nothing.")] = False,
) -> None:
    """Put evaluations side by side on one self-contained HTML page, and their table in the terminal."""
    from equilingua.evaluation.comparison_record import ComparisonRecord
    from equilingua.evaluation.record import EvaluationRecord
    from equilingua.report import findings, html, side_by_side, tables
    from equilingua.report import runs as run_folders

    evaluations = [EvaluationRecord.read(path) for path in results]
    compared = side_by_side.gather(evaluations)
    made = [run_folders.read(folder) for folder in run_folders.find(runs or [])]
    tests = [ComparisonRecord.read(path) for path in compare or []]
    page = html.render(evaluations, made, tests=tests, title=title, written=datetime.now(UTC).date())
    _write(out, page, "--out")
    if markdown is not None:
        titled = (
            f"**{one.benchmark}**\n\n{tables.markdown(tables.overview(one))}\n{_cautions(one)}" for one in compared
        )
        _write(markdown, "\n".join(titled), "--markdown")
    if quiet:
        return
    terminal = console()
    for one in compared:
        terminal.print(tables.terminal(tables.overview(one)))
        for sentence in (findings.headline(one), *findings.sentences(one), *findings.cautions(one)):
            terminal.print(findings.plain(sentence))
        terminal.print()
    say(str(out))


def _cautions(compared: SideBySide) -> str:
    from equilingua.report import findings
    from equilingua.report.tables import escaped

    return escaped(" ".join(map(findings.plain, findings.cautions(compared)))) + "\n"


def _write(file: Path, text: str, option: str) -> None:
    from equilingua import durable
    from equilingua.errors import DataError

    try:
        durable.write_text(file, text)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}): give another place with {option}") from None
