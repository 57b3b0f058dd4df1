"""Heat maps of language pairs, as tables: question languages down, passage languages across, one scale for all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.evaluation.record import split_pair
from equilingua.report import numerals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from equilingua.evaluation.record import ResultRecord, Shares
    from equilingua.report.side_by_side import SideBySide

    Pairs = Mapping[tuple[str, str], float]

# How many steps palette.css has for heat maps.
LEVELS = 21


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One ordered pair: its level on the shared scale (None: no value), and as the cell and a pointer show it."""

    row: str
    column: str
    level: int | None
    text: str
    exact: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One encoder's pairs, rows by question language; `series` decides its mark."""

    label: str
    series: int
    rows: list[list[HeatCell]]


@dataclass(frozen=True, slots=True)
class HeatMaps:
    """The maps of all encoders, and the scale that they share, from `low` to `high` as written."""

    heading: str
    note: str
    unit: str
    low: str
    high: str
    maps: list[HeatMap]


def of_benchmark(compared: SideBySide) -> list[HeatMaps]:
    """Return the heat maps of one benchmark: quality, and what its results hold besides."""
    made = [quality(compared), places(compared), attention(compared)]
    return [one for one in made if one is not None]


def quality(compared: SideBySide) -> HeatMaps:
    """Return mAP by language pair; the diagonal holds the monolingual setting."""
    return scores(
        "By language pair",
        "mAP by question language (rows) and passage language (columns). The framed diagonal is the monolingual "
        "setting. One scale for all encoders.",
        compared.languages,
        [(entry.label, entry.series, pair_values(entry.result)) for entry in compared.entries],
    )


def places(compared: SideBySide) -> HeatMaps | None:
    """Return where in the pool the relevant passages of each language land; None if no result says so."""
    found = [(entry.label, entry.series, entry.result.distributions.pool_rank) for entry in compared.entries]
    present = [
        (label, series, {pair: math.log(max(rank, 1.0)) for pair, rank in ranks.medians.items()})
        for label, series, ranks in found
        if ranks is not None and ranks.by_pair
    ]
    if not present:
        return None

    def write(logarithm: float) -> str:
        return numerals.rank(math.exp(logarithm))

    return _heat_maps(
        "Where the answers land in the pool",
        "Median rank of the relevant passages among the candidates of all languages, by question language (rows) and "
        "the passage\N{RIGHT SINGLE QUOTATION MARK}s own (columns). A fair encoder has rows of one shade; darker is "
        "further down, on a logarithmic scale.",
        "median rank",
        compared.languages,
        present,
        (0.0, max(value for *_, pairs in present for value in pairs.values())),
        (write, write),
    )


def attention(compared: SideBySide) -> HeatMaps | None:
    """Return what share of the attention to the first hits each language gets; None if no result says so."""
    found = [(entry.label, entry.series, _pairs(entry.result.bias.exposure)) for entry in compared.entries]
    present = [(label, series, pairs) for label, series, pairs in found if pairs]
    if not present:
        return None
    due = [value for entry in compared.entries for value in _pairs(entry.result.bias.relevant_share).values()]
    even = bool(due) and max(due) - min(due) < 0.005
    fair = f" If attention followed relevance, every cell would hold {numerals.share(due[0])}." if even else ""
    return _heat_maps(
        "Exposure by language",
        "Share of the attention to the first ten hits (1 / log2 of the rank) that passages of each language (columns) "
        f"get from questions in each (rows); rows add up to one.{fair}",
        "share",
        compared.languages,
        present,
        (0.0, 1.0),
        (_short, numerals.share),
    )


def scores(
    heading: str, note: str, languages: Sequence[str], values: Sequence[tuple[str, int, Pairs]], unit: str = "mAP"
) -> HeatMaps:
    """Return heat maps of a score.

    Args:
        heading: says what is drawn.
        note: says how to read it.
        languages: of rows and columns, in their order.
        values: (label, series, pairs) of each map; pairs are (question language, passage language) → score.
        unit: of the scale.
    """
    ends = score_range([value for *_, pairs in values for value in pairs.values()])
    return _heat_maps(heading, note, unit, languages, values, ends, (_short, numerals.score))


def level(value: float, low: float, high: float) -> int | None:
    """Return a value's step on the scale from `low` to `high`; None for NaN."""
    if not math.isfinite(value):
        return None
    place = (value - low) / (high - low) if high > low else 1.0
    return round(min(max(place, 0.0), 1.0) * (LEVELS - 1))


def score_range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a scale that holds all `values`, rounded outwards to twentieths.

    >>> score_range([0.512, 0.871])
    (0.5, 0.9)
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = math.floor(min(finite) * 20 + 1e-9), math.ceil(max(finite) * 20 - 1e-9)
    return low / 20, max(high, low + 1) / 20


def pair_values(result: ResultRecord) -> dict[tuple[str, str], float]:
    """Return mAP by (question language, passage language); the diagonal holds the monolingual setting."""
    values = {(code, code): scores["map"] for code, scores in result.monolingual.by_language.items()}
    return values | {split_pair(pair): scores["map"] for pair, scores in result.cross_lingual.by_pair.items()}


def _pairs(shares: Shares) -> dict[tuple[str, str], float]:
    return {(asking, shown): share for asking, row in shares.items() for shown, share in row.items()}


def _heat_maps(
    heading: str,
    note: str,
    unit: str,
    languages: Sequence[str],
    values: Sequence[tuple[str, int, Pairs]],
    ends: tuple[float, float],
    write: tuple[Callable[[float], str], Callable[[float], str]],
) -> HeatMaps:
    def cell(row: str, column: str, value: float) -> HeatCell:
        texts = [numerals.ABSENT if math.isnan(value) else form(value) for form in write]
        return HeatCell(row, column, level(value, *ends), *texts)

    maps = [
        HeatMap(
            label,
            series,
            [[cell(row, column, pairs.get((row, column), math.nan)) for column in languages] for row in languages],
        )
        for label, series, pairs in values
    ]
    return HeatMaps(heading, note, unit, write[0](ends[0]), write[0](ends[1]), maps)


def _short(value: float) -> str:
    return numerals.score(value, digits=2)
