"""The table over encoders as rows of cells, and its Markdown and terminal forms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.evaluation.record import METRICS
from equilingua.report import numerals
from equilingua.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.table import Table as RichTable

    from equilingua.evaluation.record import ResultRecord
    from equilingua.report.side_by_side import EncoderEntry, SideBySide


@dataclass(frozen=True, slots=True)
class Column:
    """One figure: how it is named, read from a result, written, and which direction is better, if it is `ranked`."""

    heading: str
    unit: str
    value: Callable[[ResultRecord], float]
    write: Callable[[float], str]
    write_difference: Callable[[float], str]
    lower_is_better: bool = False
    ranked: bool = True


@dataclass(frozen=True, slots=True)
class ScoredCell:
    """A figure as written; `delta` is its signed difference from the base (empty in the base's own row)."""

    value: float
    text: str
    delta: str
    better: bool | None
    best: bool


@dataclass(frozen=True, slots=True)
class EncoderTable:
    """Columns and one row an encoder, the base first."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[EncoderEntry, tuple[ScoredCell, ...]], ...]


# The terminal's headings: with them the overview and names of thirty characters fit 80 columns.
_NARROW = {
    "monolingual": "mono\nmAP",
    "cross-lingual": "cross\nmAP",
    "multilingual": "multi\nmAP",
    "rank distance": "rank\ndistance",
    "same-language top hits": "same-lang.\ntop hits",
    "questions answered": "questions\nanswered",
}


def metric_column(setting: str, metric: str, heading: str) -> Column:
    """Return the column of one metric of one setting."""
    return Column(
        heading=heading,
        unit=numerals.name(metric),
        value=lambda result: result.settings[setting][metric],
        write=numerals.score,
        write_difference=numerals.score,
    )


RANK_DISTANCE = Column(
    heading="rank distance",
    unit="ranks",
    value=lambda result: result.bias.rank_distance,
    write=numerals.ranks,
    write_difference=numerals.ranks,
    lower_is_better=True,
)
SAME_LANGUAGE = Column(
    heading="same-language top hits",
    unit="share",
    value=lambda result: result.bias.same_language_top1,
    write=numerals.share,
    write_difference=numerals.points,
    lower_is_better=True,
)


COVERAGE = Column(
    heading="questions answered",
    unit="share",
    value=lambda result: result.bias.coverage,
    write=numerals.coverage,
    write_difference=numerals.points,
    ranked=False,
)


def overview(compared: SideBySide) -> EncoderTable:
    """Return mAP in the three settings, two figures of language bias and, unless all are answered, of how many."""
    columns = [metric_column(setting, "map", name) for setting, name in numerals.SETTINGS.items()]
    columns += [RANK_DISTANCE, SAME_LANGUAGE]
    if any(entry.result.bias.coverage < 1 for entry in compared.entries):
        columns.append(COVERAGE)
    return build(compared, compared.benchmark, columns)


def of_setting(compared: SideBySide, setting: str) -> EncoderTable:
    """Return all metrics of one setting."""
    columns = tuple(metric_column(setting, metric, numerals.name(metric)) for metric in METRICS)
    return build(compared, numerals.SETTINGS[setting], columns)


def build(compared: SideBySide, title: str, columns: Sequence[Column]) -> EncoderTable:
    """Return a table whose best value a column is marked: all that are written alike, none among fewer than two."""
    values = [[column.value(entry.result) for column in columns] for entry in compared.entries]
    best = [
        best_text([row[place] for row in values], column) if len(values) > 1 and column.ranked else None
        for place, column in enumerate(columns)
    ]
    rows = []
    for number, entry in enumerate(compared.entries):
        base = [None] * len(columns) if number == 0 else values[0]
        rows.append((entry, tuple(map(_cell, columns, values[number], base, best))))
    return EncoderTable(title, tuple(columns), tuple(rows))


def best_text(values: Sequence[float], column: Column) -> str | None:
    """Return how the best of `values` is written, so that what the reader sees as equal counts as equal."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    return column.write(min(finite) if column.lower_is_better else max(finite))


def markdown(table: EncoderTable) -> str:
    """Return a Markdown table with the best value of each column in bold.

    Differences are left out: they follow from the rows, and a README's table should stay narrow.
    """
    head = ["encoder", *(_heading(column) for column in table.columns)]
    rows = []
    for entry, cells in table.rows:
        fitted = f" ({entry.evaluation.fitted})" if entry.evaluation.fitted else ""
        rows.append([escaped(entry.label + fitted), *(f"**{one.text}**" if one.best else one.text for one in cells)])
    return markdown_table(head, rows) + "\n"


def terminal(table: EncoderTable) -> RichTable:
    """Return the table for the terminal: best values bold, differences from the base dimmed below them."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(title=Text(plain(table.title)), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("encoder", overflow="fold")
    for column in table.columns:
        drawn.add_column(_NARROW.get(column.heading, column.heading), justify="right", no_wrap=True)
    for entry, cells in table.rows:
        shown = []
        for cell in cells:
            text = Text(cell.text, style="bold green" if cell.best else "")
            shown.append(text.append(f"\n{cell.delta}", style="dim not bold") if cell.delta else text)
        label, fitted = Text(plain(entry.label)), entry.evaluation.fitted
        drawn.add_row(label.append(f"\n{plain(fitted)}", style="dim") if fitted else label, *shown)
    return drawn


def _cell(column: Column, value: float, reference: float | None, best: str | None) -> ScoredCell:
    text = column.write(value)
    marked = best is not None and text == best
    if reference is None or not (math.isfinite(value) and math.isfinite(reference)):
        return ScoredCell(value, text, "", None, marked)
    difference = value - reference
    delta = numerals.signed(column.write_difference(abs(difference)), difference)
    if delta[0] not in "+\N{MINUS SIGN}" or not column.ranked:
        return ScoredCell(value, text, delta, None, marked)
    return ScoredCell(value, text, delta, (difference < 0) == column.lower_is_better, marked)


def _heading(column: Column) -> str:
    return f"{column.heading} {column.unit}" if column.unit == "mAP" and column.heading != "mAP" else column.heading


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a table for Markdown as GitHub reads it; all columns but the first, or the first few, flush right."""
    rules = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rules, *rows))


def escaped(text: str) -> str:
    """Return a text as Markdown shows it as it is, on one line."""
    return "".join(f"\\{sign}" if sign in "\\`*_|[]<>" else sign for sign in " ".join(plain(text).split()))
