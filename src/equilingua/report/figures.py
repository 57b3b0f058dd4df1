"""The figures by question language: means, and how the rank distances of single questions are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.report import evaluations, numerals, plots, spreads

if TYPE_CHECKING:
    from collections.abc import Callable

    from equilingua.report.comparison import Comparison, Entry
    from equilingua.report.evaluations import Result


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure with its caption; `values` holds what it shows as written, a row a language."""

    heading: str
    note: str
    svg: str
    values: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class ByLanguage:
    """The figures of one benchmark; the spreads are None where no result holds them."""

    rank_distance: Figure
    multilingual: Figure
    same_language: Figure
    cumulative: Figure | None
    strips: Figure | None


def by_language(compared: Comparison) -> ByLanguage:
    """Draw the figures of one benchmark."""
    measured = [entry for entry in compared.entries if entry.result.details.distances is not None]
    return ByLanguage(
        rank_distance=_means(
            compared,
            plots.bars,
            "Rank distance by question language",
            "Ranks between the best and the worst placed translation of the answer. Shorter is fairer.",
            lambda result, code: _bias(result, code).rank_distance,
            numerals.ranks,
        ),
        multilingual=_means(
            compared,
            plots.dots,
            "Multilingual mAP by question language",
            "All languages in one pool. Further right is better.",
            lambda result, code: result.settings["multilingual"].parts.get(code, {}).get("map", float("nan")),
            numerals.score,
        ),
        same_language=_means(
            compared,
            plots.dots,
            "Top hits in the question\N{RIGHT SINGLE QUOTATION MARK}s language",
            f"Share of questions. Further left is fairer; even would be {numerals.share(1 / len(compared.languages))}.",
            lambda result, code: _bias(result, code).same_language_top1,
            numerals.share,
        ),
        cumulative=_cumulative(compared, measured) if measured else None,
        strips=_strips(compared, measured) if measured else None,
    )


def _cumulative(compared: Comparison, measured: list[Entry]) -> Figure:
    spread = []
    for entry in measured:
        distances = entry.result.details.distances
        assert distances is not None
        spread.append(spreads.Spread(entry.label, entry.series, distances.levels, [distances.overall]))
    heading = "Questions up to each rank distance"
    note = "Share of all questions, on a logarithmic scale; marks at the median. Further left is fairer."
    return Figure(heading, note, spreads.cumulative(spread, f"{heading}, {compared.benchmark}"), [])


def _strips(compared: Comparison, measured: list[Entry]) -> Figure:
    spread = []
    for entry in measured:
        distances = entry.result.details.distances
        assert distances is not None
        rows = [distances.by_language.get(code, ()) for code in compared.languages]
        spread.append(spreads.Spread(entry.label, entry.series, distances.levels, rows))
    heading = "Spread of rank distance by question language"
    note = "Thick: the middle half of the questions, with the median; thin: from 5 % to 95 %. Logarithmic scale."
    drawn = spreads.strips(compared.languages, spread, f"{heading}, {compared.benchmark}")
    return Figure(heading, note, drawn, [])


def _bias(result: Result, code: str) -> evaluations.Bias:
    return result.bias_by_language.get(code, evaluations.Bias(float("nan"), float("nan")))


def _means(
    compared: Comparison,
    draw: Callable[..., str],
    heading: str,
    note: str,
    value: Callable[[Result, str], float],
    write: Callable[[float], str],
) -> Figure:
    series = [
        plots.Series(entry.label, entry.series, [value(entry.result, code) for code in compared.languages])
        for entry in compared.entries
    ]
    return Figure(
        heading=heading,
        note=note,
        svg=draw(compared.languages, series, f"{heading}, {compared.benchmark}", write),
        values=[(code, [write(one.values[place]) for one in series]) for place, code in enumerate(compared.languages)],
    )
