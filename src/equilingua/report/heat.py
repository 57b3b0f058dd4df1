"""Heat maps of language pairs: question languages down, passage languages across, one scale for all encoders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.report import colours, numerals
from equilingua.report.details import PAIR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from equilingua.report.comparison import Comparison, Entry
    from equilingua.report.evaluations import Result

    Pairs = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One ordered pair of a heat map.

    Attributes:
        row: question language.
        column: passage language.
        level: step on the shared scale; None for no value.
        text: the value as the cell shows it.
        exact: as a pointer shows it.
    """

    row: str
    column: str
    level: int | None
    text: str
    exact: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One encoder's language pairs."""

    entry: Entry
    rows: list[list[HeatCell]]


@dataclass(frozen=True, slots=True)
class HeatFamily:
    """One figure's heat maps of all encoders, with their scale.

    Attributes:
        key: distinguishes it from the others.
        heading: says what is drawn.
        note: says how to read it.
        unit: of the scale.
        low: the scale's first value as written.
        high: its last.
        maps: of each encoder that has them.
    """

    key: str
    heading: str
    note: str
    unit: str
    low: str
    high: str
    maps: list[HeatMap]


def quality(compared: Comparison) -> HeatFamily:
    """Return mAP by language pair; the diagonal holds the monolingual setting."""
    values = [(entry, pair_values(entry.result)) for entry in compared.entries]
    low, high = heat_range([value for _, pairs in values for value in pairs.values()])
    return HeatFamily(
        "quality",
        "By language pair",
        "mAP by question language (rows) and passage language (columns). The framed diagonal is the monolingual "
        "setting. One scale for all encoders.",
        "mAP",
        _short(low),
        _short(high),
        [
            HeatMap(entry, heat_cells(compared.languages, pairs, low, high, _short, numerals.score))
            for entry, pairs in values
        ],
    )


def places(compared: Comparison) -> HeatFamily | None:
    """Return where in the pool the relevant passages of each language land; None if no result says so."""
    values = [(one, one.result.details.pool_rank) for one in compared.entries]
    present = [
        (entry, {pair: math.log(max(rank, 1.0)) for pair, rank in ranks.items()}) for entry, ranks in values if ranks
    ]
    if not present:
        return None
    low, high = 0.0, max(value for _, pairs in present for value in pairs.values())

    def written(logarithm: float) -> str:
        return numerals.rank(math.exp(logarithm))

    return HeatFamily(
        "places",
        "Where the answers land in the pool",
        "Median rank of the relevant passages among the candidates of all languages, by question language (rows) and "
        "the passage\N{RIGHT SINGLE QUOTATION MARK}s own (columns). A fair encoder has rows of one shade; darker is "
        "further down, on a logarithmic scale.",
        "median rank",
        written(low),
        written(high),
        [HeatMap(entry, heat_cells(compared.languages, pairs, low, high, written)) for entry, pairs in present],
    )


def attention(compared: Comparison) -> HeatFamily | None:
    """Return what share of the attention to the first hits each language gets; None if no result says so."""
    present = [(one, one.result.details.exposure) for one in compared.entries if one.result.details.exposure]
    if not present:
        return None
    evens = [one.result.details.even_exposure for one in compared.entries]
    due = [value for even in evens if even for value in even.values()]
    if due and max(due) - min(due) < 0.005:
        fair = f" If attention followed relevance, every cell would hold {numerals.share(due[0])}."
    else:
        fair = ""
    return HeatFamily(
        "attention",
        "Exposure by language",
        "Share of the attention to the first ten hits (1 / log2 of the rank) that passages of each language (columns) "
        f"get from questions in each (rows); rows add up to one.{fair}",
        "share",
        "0",
        "1",
        [
            HeatMap(entry, heat_cells(compared.languages, pairs, 0.0, 1.0, _short, numerals.share))
            for entry, pairs in present
        ],
    )


def pair_values(result: Result) -> dict[tuple[str, str], float]:
    """Return mAP by (question language, passage language); the diagonal holds the monolingual setting."""
    values = {(code, code): scores["map"] for code, scores in result.settings["monolingual"].parts.items()}
    for pair, scores in result.settings["cross_lingual"].parts.items():
        question, _, passage = pair.partition(PAIR_SEPARATOR)
        values[question, passage] = scores["map"]
    return values


def heat_cells(
    languages: Sequence[str],
    values: Pairs,
    low: float,
    high: float,
    write: Callable[[float], str],
    exact: Callable[[float], str] | None = None,
) -> list[list[HeatCell]]:
    """Return a heat map's rows of cells, question languages down and passage languages across.

    Args:
        languages: the order of rows and columns.
        values: (question language, passage language) → value.
        low: the value at the scale's first step.
        high: the value at its last.
        write: how a cell shows its value.
        exact: how a pointer shows it; None for the same.
    """

    def cell(row: str, column: str) -> HeatCell:
        value = values.get((row, column), math.nan)
        texts = [numerals.ABSENT if math.isnan(value) else form(value) for form in (write, exact or write)]
        return HeatCell(row, column, colours.level(value, low, high), *texts)

    return [[cell(row, column) for column in languages] for row in languages]


def heat_range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a scale that holds all `values`, rounded outwards to twentieths.

    >>> heat_range([0.512, 0.871])
    (0.5, 0.9)
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = math.floor(min(finite) * 20 + 1e-9), math.ceil(max(finite) * 20 - 1e-9)
    return low / 20, max(high, low + 1) / 20


def _short(value: float) -> str:
    return numerals.score(value, digits=2)
