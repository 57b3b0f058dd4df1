"""What `equilingua compare` found: figures for the page, and tables for a paper in LaTeX, Markdown or HTML."""

from __future__ import annotations

import string
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from equilingua.errors import unknown_name
from equilingua.report import numerals, plots
from equilingua.report.figures import Figure
from equilingua.report.tables import escaped, markdown_table
from equilingua.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from equilingua.evaluation.comparison_record import Comparison, ComparisonRecord, Difference
    from equilingua.report.side_by_side import SideBySide

# Setting → its column's name and unit.
COLUMNS = {setting: f"{name} mAP" for setting, name in numerals.SETTINGS.items()} | {"bias": "rank distance"}
_CORRECTED = {
    "holm": "after Holm\N{RIGHT SINGLE QUOTATION MARK}s correction",
    "bh": "after Benjamini and Hochberg\N{RIGHT SINGLE QUOTATION MARK}s correction",
    "none": "not corrected",
}
_SHORTLY = {"holm": "Holm-corrected", "bh": "Benjamini-Hochberg-corrected", "none": "not corrected"}


@dataclass(frozen=True, slots=True)
class Tested:
    """One benchmark's tests on the page.

    Attributes:
        note: how differences were tested.
        figures: one a setting: the first encoder less each other.
        columns: names of the settings.
        tallies: (first, second, one (wins, ties, losses) a setting), by language.
    """

    note: str
    figures: list[Figure]
    columns: list[str]
    tallies: list[tuple[str, str, list[tuple[int, int, int]]]]


@dataclass(frozen=True, slots=True)
class PaperCell:
    """A figure as written, with what stands raised behind it."""

    text: str
    best: bool = False
    raised: str = ""


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table, its caption, and what is said below it."""

    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, tuple[PaperCell, ...]], ...]
    note: str


def cautions(compared: Comparison, names: Mapping[str, str] | None = None) -> list[str]:
    """Say how many questions are answered, and whose lists are short.

    Args:
        compared: one benchmark.
        names: what to call encoders that have another name here.
    """
    told, names = [], names or {}
    ranked = {name for row in compared.overall if row.setting == "bias" for name in (row.first, row.second)}
    partial = [
        f"{numerals.coverage(one.mean)} by {names.get(name, name)}"
        + ("" if name in ranked else ", too few for rank distance")
        for name, one in compared.coverage.items()
        if one.mean < 1
    ]
    if partial:
        told.append(
            f"Questions answered: {'; '.join(partial)}; rank distances are those of the questions that all of the "
            "others answer."
        )
    elif compared.coverage:
        told.append("All encoders answer all questions.")
    return told + [
        f"At most {one.depth:,} candidates are listed by {names.get(name, name)}: its mAP and rank distance are those "
        "of such lists."
        for name, one in compared.coverage.items()
        if one.depth is not None
    ]


def fits(record: ComparisonRecord, names: Mapping[str, str] | None = None) -> list[str]:
    """Say what methods after encoding were fitted on: a figure must not be read without it."""
    return [f"Fitted on {text}: {(names or {}).get(name, name)}." for name, text in record.fitted.items()]


def of_benchmark(shown: SideBySide, records: Sequence[ComparisonRecord]) -> Tested | None:
    """Draw what was tested on a benchmark; None if nothing was. Of several comparisons the first that has it counts."""
    found = [(record, on) for record in records for on in record.benchmarks if on.benchmark == shown.benchmark]
    if not found or not found[0][1].overall:
        return None
    record, on = found[0]
    names, test = _names(record, shown), record.test
    note = (
        f"The first encoder less the second, with {test.confidence:.0%} intervals, over groups of translated "
        f"questions. Full: more than chance (p < {test.significant:g}, {_CORRECTED[test.correction]}), "
        "blue where the first is better, orange where the second is; hollow: may be chance."
    )
    note += "".join(f" {told}" for told in (*fits(record, names), *cautions(on, names)))
    return Tested(
        note=note.replace("%", "\N{NARROW NO-BREAK SPACE}%"),
        figures=[_figure(on, setting, names) for setting in on.settings],
        columns=[COLUMNS[setting] for setting in on.settings],
        tallies=[
            (names[first], names[second], [on.tally(first, second, setting) for setting in on.settings])
            for first, second in on.pairs
        ],
    )


def tables(record: ComparisonRecord, form: str) -> str:
    """Write every benchmark's two tables: the figures, and in how many languages an encoder wins.

    Args:
        record: what `equilingua compare` found.
        form: "tex" (needs the package booktabs), "md" or "html".

    Raises:
        UsageError: an unknown form.
    """
    if form not in FORMS:
        raise unknown_name("table format", form, FORMS)
    made = [table for on in record.benchmarks for table in (figures(on, record), tallies(on, record))]
    return "\n".join(FORMS[form](table) for table in made)


def figures(compared: Comparison, record: ComparisonRecord) -> PaperTable:
    """Return every encoder's figures; a raised letter names an encoder that this one is significantly better than."""
    found: dict[tuple[str, str], tuple[float, float | None]] = {}
    beaten: dict[tuple[str, str], str] = {}
    letters = {one.name: _letter(place) for place, one in enumerate(record.encoders)}
    for row in compared.overall:
        found[row.first, row.setting] = (row.a, row.a_deviation)
        found[row.second, row.setting] = (row.b, row.b_deviation)
        if row.verdict != "tie":
            better, worse = (row.first, row.second) if row.verdict == "win" else (row.second, row.first)
            beaten[better, row.setting] = beaten.get((better, row.setting), "") + letters[worse]
    best = {}
    for setting in compared.settings:
        values = [found[name, setting][0] for name in letters if (name, setting) in found]
        best[setting] = _write(min(values) if setting == "bias" else max(values), setting)

    def cell(name: str, setting: str) -> PaperCell:
        if (name, setting) not in found:
            return PaperCell(numerals.ABSENT)
        value, deviation = found[name, setting]
        text = _write(value, setting)
        spread = "" if deviation is None else f" ± {_write(deviation, setting)}"
        return PaperCell(text + spread, text == best[setting], beaten.get((name, setting), ""))

    first = f"; {letters[record.encoders[0].name]} alone was compared with each"
    note = (
        f"Bold: best. Raised letters: significantly better than that encoder ({_test(record)}"
        f"{first if 1 < len(compared.pairs) < len(letters) else ''})."
    )
    if any(deviation is not None for _, deviation in found.values()):
        note += " ±: standard deviation over runs."
    note += "".join(f" {told}" for told in (*fits(record), *cautions(compared)))
    heading = ("encoder", *(COLUMNS[setting] for setting in compared.settings))
    rows = [
        (f"{letter}  {name}", tuple(cell(name, setting) for setting in compared.settings))
        for name, letter in letters.items()
    ]
    return PaperTable(compared.benchmark, heading, tuple(rows), note)


def tallies(compared: Comparison, record: ComparisonRecord) -> PaperTable:
    """Return in how many languages, or ordered pairs, one encoder wins, ties and loses against another."""
    rows = []
    for first, second in compared.pairs:
        counted = [compared.tally(first, second, setting) for setting in compared.settings]
        written = ("/".join(map(str, three)) if sum(three) else numerals.ABSENT for three in counted)
        rows.append((f"{first} : {second}", tuple(map(PaperCell, written))))
    note = (
        "Win/tie/loss of the first by question language, of cross-lingual mAP by ordered pair of languages "
        f"({_test(record)} over them)."
    )
    heading = ("compared", *(COLUMNS[setting] for setting in compared.settings))
    return PaperTable(f"{compared.benchmark}: by language", heading, tuple(rows), note)


def latex(table: PaperTable) -> str:
    """Write a table for LaTeX with booktabs."""
    rows = [[_tex(label), *(_cell(cell, _TEX_FORM, _tex) for cell in cells)] for label, cells in table.rows]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_tex(table.caption)}. {_tex(table.note)}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.heading) - 1)}}}",
        r"\toprule",
        " & ".join(_tex(text) for text in table.heading) + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def markdown(table: PaperTable) -> str:
    """Write a table for Markdown as GitHub reads it."""
    forms = ("**{}**", "<sup>{}</sup>")
    rows = [[escaped(label), *(_cell(cell, forms, str) for cell in cells)] for label, cells in table.rows]
    drawn = markdown_table(list(map(escaped, table.heading)), rows)
    return f"**{escaped(table.caption)}**\n\n{drawn}\n\n{escaped(table.note)}\n"


def html(table: PaperTable) -> str:
    """Write a table for HTML, without style."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in table.heading)
    lines = ["<table>", f"<caption>{escape(table.caption)}</caption>", f"<thead><tr>{head}</tr></thead>", "<tbody>"]
    for label, cells in table.rows:
        body = "".join(f"<td>{_cell(cell, ('<b>{}</b>', '<sup>{}</sup>'), escape)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{escape(label)}</th>{body}</tr>')
    return "\n".join([*lines, "</tbody>", "</table>", f"<p>{escape(table.note)}</p>"]) + "\n"


FORMS: dict[str, Callable[[PaperTable], str]] = {"tex": latex, "md": markdown, "html": html}
_TEX_FORM = (r"\textbf{{{}}}", r"\textsuperscript{{{}}}")
_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(plain(text).split()))


def _cell(cell: PaperCell, forms: tuple[str, str], write: Callable[[str], str]) -> str:
    bold, raised = forms
    text = write(cell.text)
    return (bold.format(text) if cell.best else text) + (raised.format(cell.raised) if cell.raised else "")


def _names(record: ComparisonRecord, shown: SideBySide) -> dict[str, str]:
    """Return what to call each encoder: what is a single run, as the rest of the page calls it."""
    found = ((entry.label, entry.evaluation) for entry in shown.entries)
    labels = {(one.encoder, one.posthoc, one.posthoc_fitted_on): label for label, one in found}
    return {
        one.name: labels.get((one.runs[0].encoder, one.runs[0].posthoc, record.fitted.get(one.name)), one.name)
        if len(one.runs) == 1
        else one.name
        for one in record.encoders
    }


def _figure(on: Comparison, setting: str, names: Mapping[str, str]) -> Figure:
    rows = [row for row in on.overall if row.setting == setting]
    alone = len({row.first for row in rows}) == 1
    intervals = [
        {
            "row": names[row.second] if alone else f"{names[row.first]} : {names[row.second]}",
            "value": row.difference,
            "low": row.low,
            "high": row.high,
            "verdict": row.verdict,
            "text": _told(row, names),
        }
        for row in rows
    ]
    heading = COLUMNS[setting]
    heading = heading[0].upper() + heading[1:]
    note = f"{names[rows[0].first]} less" if alone else "First less second"
    better = "left is better" if setting == "bias" else "right is better"
    chart = plots.intervals(intervals, f"Differences in {heading}, {on.benchmark}")
    return Figure(heading, f"{note} \N{HORIZONTAL ELLIPSIS}; {better}", chart)


def _told(row: Difference, names: Mapping[str, str]) -> str:
    low, value, high = (
        numerals.signed(_write(abs(end), row.setting), end) for end in (row.low, row.difference, row.high)
    )
    return f"{names[row.first]} less {names[row.second]}: {value} ({low} to {high}), p {row.p_corrected:.4f} corrected"


def _test(record: ComparisonRecord) -> str:
    return f"p < {record.test.significant:g}, {_SHORTLY[record.test.correction]}"


def _write(value: float, setting: str) -> str:
    return numerals.ranks(value) if setting == "bias" else numerals.score(value)


def _letter(place: int) -> str:
    # Beyond the alphabet letters would have to be read in twos; digits in brackets cannot be mistaken for several.
    return string.ascii_lowercase[place] if place < 26 else f"({place + 1})"
