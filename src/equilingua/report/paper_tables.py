"""A comparison as tables for a paper: LaTeX, Markdown or HTML; best values bold, letters for what is no chance."""

from __future__ import annotations

import string
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Protocol

from equilingua.errors import unknown_name
from equilingua.report import numerals
from equilingua.report.differences import COLUMNS
from equilingua.report.tables import escaped
from equilingua.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.report.differences import Compared, Differences

_CORRECTED = {"holm": "Holm-corrected", "bh": "Benjamini-Hochberg-corrected", "none": "not corrected"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as written, with what stands raised behind it."""

    text: str
    best: bool = False
    raised: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its caption, and what is said below it."""

    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str


class _Form(Protocol):
    def __call__(self, table: Table) -> str: ...


def render(differences: Differences, form: str) -> str:
    """Write every benchmark's two tables: the figures, and in how many languages an encoder wins.

    Args:
        differences: what `equilingua compare` found.
        form: "tex" (needs the package booktabs), "md" or "html".

    Raises:
        UsageError: an unknown form.
    """
    if form not in FORMS:
        raise unknown_name("table format", form, FORMS)
    tables = [
        table
        for compared in differences.benchmarks
        for table in (figures(compared, differences), tallies(compared, differences))
    ]
    return "\n".join(FORMS[form](table) for table in tables)


def figures(compared: Compared, differences: Differences) -> Table:
    """Return every encoder's figures; a raised letter names an encoder that this one is significantly better than."""
    settings, found, beaten = compared.settings, compared.figures(), compared.beaten()
    letters = {name: _letter(place) for place, name in enumerate(differences.names)}
    best = {
        setting: _best([found[name, setting][0] for name in letters if (name, setting) in found], setting)
        for setting in settings
    }
    rows = []
    for name, letter in letters.items():
        cells = []
        for setting in settings:
            if (name, setting) not in found:
                cells.append(Cell(numerals.ABSENT))
                continue
            value, deviation = found[name, setting]
            text = _write(value, setting)
            spread = "" if deviation is None else f" ± {_write(deviation, setting)}"
            raised = "".join(letters[other] for other in letters if other in beaten.get((name, setting), ()))
            cells.append(Cell(text + spread, text == best[setting], raised))
        rows.append((f"{letter}  {name}", tuple(cells)))
    spreads = any(deviation is not None for _, deviation in found.values())
    first = f"; {letters[differences.names[0]]} alone was compared with each"
    note = (
        f"Bold: best. Raised letters: significantly better than that encoder ({_test(differences)}"
        f"{first if 1 < len(compared.pairs) < len(letters) else ''})."
        f"{' ±: standard deviation over runs.' if spreads else ''}"
    )
    note += "".join(f" {told}" for told in (*differences.fits(), *compared.cautions()))
    return Table(compared.benchmark, ("encoder", *(COLUMNS[setting] for setting in settings)), tuple(rows), note)


def tallies(compared: Compared, differences: Differences) -> Table:
    """Return in how many languages, or ordered pairs, one encoder wins, ties and loses against another."""
    settings = compared.settings
    rows = []
    for first, second in compared.pairs:
        counted = [compared.tally(first, second, setting) for setting in settings]
        written = ("/".join(map(str, three)) if sum(three) else numerals.ABSENT for three in counted)
        rows.append((f"{first} : {second}", tuple(map(Cell, written))))
    note = (
        "Win/tie/loss of the first by question language, of cross-lingual mAP by ordered pair of languages "
        f"({_test(differences)} over them)."
    )
    heading = ("compared", *(COLUMNS[setting] for setting in settings))
    return Table(f"{compared.benchmark}: by language", heading, tuple(rows), note)


def latex(table: Table) -> str:
    """Write a table for LaTeX with booktabs."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_tex(table.caption)}. {_tex(table.note)}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.heading) - 1)}}}",
        r"\toprule",
        " & ".join(_tex(text) for text in table.heading) + r" \\",
        r"\midrule",
    ]
    for label, cells in table.rows:
        written = [_tex(cell.text).replace("±", r"$\pm$") for cell in cells]
        bold = [rf"\textbf{{{text}}}" if cell.best else text for text, cell in zip(written, cells, strict=True)]
        raised = [rf"\textsuperscript{{{cell.raised}}}" if cell.raised else "" for cell in cells]
        row = [_tex(label), *(text + letters for text, letters in zip(bold, raised, strict=True))]
        lines.append(" & ".join(row) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def markdown(table: Table) -> str:
    """Write a table for Markdown as GitHub reads it."""
    lines = [f"**{escaped(table.caption)}**", "", _row([escaped(text) for text in table.heading])]
    lines.append(_row(["---", *("---:" for _ in table.heading[1:])]))
    for label, cells in table.rows:
        texts = [
            (f"**{cell.text}**" if cell.best else cell.text) + (f"<sup>{cell.raised}</sup>" if cell.raised else "")
            for cell in cells
        ]
        lines.append(_row([escaped(label), *texts]))
    return "\n".join([*lines, "", escaped(table.note)]) + "\n"


def html(table: Table) -> str:
    """Write a table for HTML, without style."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in table.heading)
    lines = ["<table>", f"<caption>{escape(table.caption)}</caption>", f"<thead><tr>{head}</tr></thead>", "<tbody>"]
    for label, cells in table.rows:
        texts = [
            (f"<b>{escape(cell.text)}</b>" if cell.best else escape(cell.text))
            + (f"<sup>{escape(cell.raised)}</sup>" if cell.raised else "")
            for cell in cells
        ]
        body = "".join(f"<td>{text}</td>" for text in texts)
        lines.append(f'<tr><th scope="row">{escape(label)}</th>{body}</tr>')
    return "\n".join([*lines, "</tbody>", "</table>", f"<p>{escape(table.note)}</p>"]) + "\n"


FORMS: dict[str, _Form] = {"tex": latex, "md": markdown, "html": html}


def _test(differences: Differences) -> str:
    return f"p < {differences.level:g}, {_CORRECTED.get(differences.correction, differences.correction)}"


def _best(values: Sequence[float], setting: str) -> str:
    return _write(min(values) if setting == "bias" else max(values), setting)


def _write(value: float, setting: str) -> str:
    return numerals.ranks(value) if setting == "bias" else numerals.score(value)


def _letter(place: int) -> str:
    # Beyond the alphabet letters would have to be read in twos; digits in brackets cannot be mistaken for several.
    return string.ascii_lowercase[place] if place < 26 else f"({place + 1})"


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(plain(text).split()))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
