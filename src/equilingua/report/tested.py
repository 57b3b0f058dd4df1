"""What paired tests say of a benchmark's encoders, drawn: differences with intervals, and wins by language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equilingua.report import numerals, plots
from equilingua.report.differences import COLUMNS, Compared
from equilingua.report.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.report.comparison import Comparison
    from equilingua.report.differences import Difference, Differences

_CORRECTED = {
    "holm": "after Holm\N{RIGHT SINGLE QUOTATION MARK}s correction",
    "bh": "after Benjamini and Hochberg\N{RIGHT SINGLE QUOTATION MARK}s correction",
    "none": "not corrected",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many languages, or pairs, one encoder wins, ties and loses; `counts` by column."""

    first: str
    second: str
    counts: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Tested:
    """One benchmark's tests.

    Attributes:
        note: how differences were tested.
        figures: one a setting: the first encoder less each other.
        columns: names of the settings.
        tallies: wins by language.
    """

    note: str
    figures: list[Figure]
    columns: list[str]
    tallies: list[Tally]


def of_benchmark(compared: Comparison, differences: Sequence[Differences]) -> Tested | None:
    """Draw what was tested on a benchmark; None if nothing was. Of several comparisons the first that has it counts."""
    found = [(one, on) for one in differences for on in one.benchmarks if on.benchmark == compared.benchmark]
    if not found or not found[0][1].overall:
        return None
    tests, on = found[0]
    names = _names(tests, compared)
    on = _renamed(on, names)
    corrected = _CORRECTED.get(tests.correction, tests.correction)
    note = (
        f"The first encoder less the second, with {tests.confidence:.0%} intervals, over groups of translated "
        f"questions. Full: more than chance (p < {tests.level:g}, {corrected}), "
        "blue where the first is better, orange where the second is; hollow: may be chance."
    )
    note += "".join(f" {told}" for told in (*tests.fits(names), *on.cautions()))
    return Tested(
        note=note.replace("%", "\N{NARROW NO-BREAK SPACE}%"),
        figures=[_figure(on, setting) for setting in on.settings],
        columns=[COLUMNS[setting] for setting in on.settings],
        tallies=[
            Tally(first, second, [on.tally(first, second, setting) for setting in on.settings])
            for first, second in on.pairs
        ],
    )


def _names(tests: Differences, compared: Comparison) -> dict[str, str]:
    """Return what to call each encoder: what is a single run, as the rest of the page calls it."""
    labels = {(entry.encoder, entry.posthoc, entry.fitted_on): entry.label for entry in compared.entries}
    return {
        name: labels.get((*runs[0], tests.fitted.get(name)), name) if len(runs) == 1 else name
        for name, runs in tests.runs.items()
    }


def _renamed(on: Compared, names: Mapping[str, str]) -> Compared:
    overall, by_part = (
        tuple(replace(row, first=names[row.first], second=names[row.second]) for row in rows)
        for rows in (on.overall, on.by_part)
    )
    coverage = {names[name]: share for name, share in on.coverage.items()}
    depth = {names[name]: number for name, number in on.depth.items()}
    return Compared(on.benchmark, overall, by_part, coverage, depth)


def _figure(on: Compared, setting: str) -> Figure:
    rows = [row for row in on.overall if row.setting == setting]
    first = {row.first for row in rows}
    intervals = [
        {
            "row": row.second if len(first) == 1 else f"{row.first} : {row.second}",
            "value": row.difference,
            "low": row.low,
            "high": row.high,
            "verdict": row.verdict,
            "text": _told(row),
        }
        for row in rows
    ]
    heading = COLUMNS[setting]
    heading = heading[0].upper() + heading[1:]
    note = f"{rows[0].first} less" if len(first) == 1 else "First less second"
    better = "left is better" if setting == "bias" else "right is better"
    chart = plots.intervals(intervals, f"Differences in {heading}, {on.benchmark}")
    return Figure(heading, f"{note} \N{HORIZONTAL ELLIPSIS}; {better}", chart)


def _told(row: Difference) -> str:
    write = numerals.ranks if row.setting == "bias" else numerals.score
    low, value, high = (numerals.signed(write(abs(end)), end) for end in (row.low, row.difference, row.high))
    return f"{row.first} less {row.second}: {value} ({low} to {high}), p {row.p_corrected:.4f} corrected"
