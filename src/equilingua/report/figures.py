"""The figures of a benchmark: charts by language, spreads, maps of parallel sentences; and the losses of runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua.languages import described
from equilingua.report import numerals, plots, vega

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.record import Bias, ByLanguage, RankDistances, ResultRecord, SentenceMap
    from equilingua.report.runs import RunRecord
    from equilingua.report.side_by_side import EncoderEntry, SideBySide

# Longer runs are thinned to this many points, so that they do not make a heavy page.
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption.

    Attributes:
        heading: says what is drawn.
        note: says how to read it.
        chart: a specification, as `plots` makes them.
        series: of the encoder that the heading names, if it names one.
        legend: (label, series) where the page has no legend for several figures.
        values: what the chart shows as written, a row a language.
    """

    heading: str
    note: str
    chart: vega.Spec
    series: int | None = None
    legend: tuple[tuple[str, int], ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """The figures by question language; the spreads are None where no result holds them."""

    rank_distance: Figure
    multilingual: Figure
    same_language: Figure
    cumulative: Figure | None
    strips: Figure | None


@dataclass(frozen=True, slots=True)
class Maps:
    """One benchmark's maps: how to read them, languages in the order of their colours, each encoder's map."""

    note: str
    languages: tuple[str, ...]
    figures: tuple[Figure, ...]


def by_language(compared: SideBySide) -> LanguageFigures:
    """Return the figures by question language of one benchmark."""
    spread = list(_spreads(compared))
    even = numerals.share(1 / len(compared.languages))
    return LanguageFigures(
        rank_distance=_means(
            compared,
            plots.bars,
            "Rank distance by question language",
            "Ranks between the best and the worst placed translation of the answer. Shorter is fairer.",
            lambda result, code: _part(result.bias, code, "rank_distance"),
            numerals.ranks,
        ),
        multilingual=_means(
            compared,
            plots.dots,
            "Multilingual mAP by question language",
            "All languages in one pool. Further right is better.",
            lambda result, code: _part(result.multilingual, code, "map"),
            numerals.score,
        ),
        same_language=_means(
            compared,
            plots.dots,
            "Top hits in the question\N{RIGHT SINGLE QUOTATION MARK}s language",
            f"Share of questions. Further left is fairer; even would be {even}.",
            lambda result, code: _part(result.bias, code, "same_language_top1"),
            numerals.share,
            vega.SHARES,
        ),
        cumulative=_cumulative(compared, spread) if spread else None,
        strips=_strips(compared, spread) if spread else None,
    )


def sentence_maps(compared: SideBySide) -> Maps | None:
    """Return the maps of the encoders that have one, turned towards the first; None if none has."""
    present = [(entry, entry.result.map) for entry in compared.entries]
    drawn = [(entry, one) for entry, one in present if one is not None and one.points]
    if not drawn:
        return None
    first = drawn[0][1]
    languages = tuple(first.points)
    towards = coordinates(first, languages)
    made = []
    for entry, one in drawn:
        points = coordinates(one, languages)
        # Another sample, as of a later version, cannot be turned towards the first.
        points = turned(points, towards) if points.shape == towards.shape else points
        title = f"Map of {one.texts}, {entry.label}, {compared.benchmark}"
        chart = plots.sentence_map(_texts(points, languages), title)
        shares = f"a translation for {numerals.share(one.nearest.parallel)}, one in the same language for "
        note = f"Nearest other text: {shares}{numerals.share(one.nearest.same_language)}."
        made.append(Figure(entry.label, note, chart, entry.series))
    note = (
        f"{towards.shape[1]} {first.texts} in {len(languages)} languages by their two principal components; lines lead "
        "from each translation to the middle of its sentence. Short lines: the encoder places translations together. "
        "Clusters of one colour: it places languages together. Each map has axes and a scale of its own, turned "
        "towards the first."
    )
    return Maps(note, languages, tuple(made))


def coordinates(drawn: SentenceMap, languages: Sequence[str]) -> NDArray[np.float64]:
    """Return points as float64 [languages, groups, 2]; NaN where there is none."""
    nothing = [None] * len(drawn.groups)
    return np.array(
        [[point or (np.nan, np.nan) for point in drawn.points.get(code, nothing)] for code in languages], np.float64
    )


def turned(points: NDArray[np.float64], towards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn, or mirror, a map so that its points lie as near as may be to those of another; distances stay.

    Principal axes point wherever they happen to; without this two maps of the same thing may look like opposites.

    Args:
        points: float64 [languages, groups, 2].
        towards: of the same shape.
    """
    from scipy.linalg import orthogonal_procrustes

    both = ~(np.isnan(points) | np.isnan(towards)).any(axis=-1)
    rotated: NDArray[np.float64] = points @ orthogonal_procrustes(points[both], towards[both])[0]
    return rotated


def losses(runs: Sequence[tuple[RunRecord, int]]) -> Figure | None:
    """Return the losses of training runs, given with their series; None if none has logged any."""
    rows = [row for run, series in runs for row in _losses(run, series)]
    if not rows:
        return None
    held_out = " Rings: loss on held-out groups." if any(row["held_out"] for row in rows) else ""
    note = (
        f"Bold: running mean; faint: as logged.{held_out} "
        "Strategies differ in how hard their batches are: compare shapes, not heights."
    )
    return Figure("Training loss by step", note, plots.losses(rows, "Training loss by step"))


def thin(steps: np.ndarray, values: np.ndarray, most: int = _MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `most` points, each the mean of a stretch and at its end."""
    if len(steps) <= most:
        return steps, values
    edges = np.linspace(0, len(steps), most + 1).astype(int)
    return steps[edges[1:] - 1], np.add.reduceat(values, edges[:-1]) / np.diff(edges)


def _losses(run: RunRecord, series: int) -> Iterator[vega.Row]:
    own = {"label": run.name, **plots.series(series)}
    logged = np.isfinite(run.losses)
    for step, loss in zip(*thin(run.steps[logged], run.losses[logged]), strict=True):
        yield own | {"step": int(step), "loss": float(loss), "held_out": False}
    for step, loss in zip(run.validation_steps, run.validation_losses, strict=True):
        text = f"{run.name}, step {step}: validation loss {loss:.4f}"
        yield own | {"step": int(step), "loss": float(loss), "held_out": True, "text": text}


def _texts(points: NDArray[np.float64], languages: Sequence[str]) -> list[vega.Row]:
    # The mean over the languages that have the sentence; no text has the middle of one that none has.
    middles = np.nansum(points, axis=0) / np.maximum((~np.isnan(points)).sum(axis=0), 1)
    return [
        {"x": x, "y": y, "middle_x": mx, "middle_y": my, "text": described(code), **plots.language(number)}
        for number, code in enumerate(languages)
        for (x, y), (mx, my) in zip(points[number].tolist(), middles.tolist(), strict=True)
        if not math.isnan(x)
    ]


def _spreads(compared: SideBySide) -> Iterator[tuple[EncoderEntry, RankDistances]]:
    for entry in compared.entries:
        distances = entry.result.distributions.rank_distance
        if distances is not None and distances.overall:
            yield entry, distances


def _cumulative(compared: SideBySide, spread: Sequence[tuple[EncoderEntry, RankDistances]]) -> Figure:
    rows = []
    for entry, distances in spread:
        whole = distances.overall or []
        median = float(np.interp(0.5, distances.levels, whole))
        points = dict(zip(distances.levels, whole, strict=True)) | {0.5: median}
        for level, value in sorted(points.items()):
            row = {"label": entry.label, "level": level, "value": max(value, 1.0), **plots.series(entry.series)}
            if level == 0.5:
                row["text"] = f"{entry.label}: half of the questions up to {numerals.ranks(median)}"
            rows.append(row)
    heading = "Questions up to each rank distance"
    note = "Share of all questions, on a logarithmic scale; marks at the median. Further left is fairer."
    return Figure(heading, note, plots.cumulative(rows, f"{heading}, {compared.benchmark}"))


def _strips(compared: SideBySide, spread: Sequence[tuple[EncoderEntry, RankDistances]]) -> Figure:
    ends = {"low": 0.05, "quarter": 0.25, "value": 0.5, "three_quarters": 0.75, "high": 0.95}
    rows = []
    names = {code: described(code) for code in compared.languages}
    for code, name in names.items():
        for entry, distances in spread:
            if not distances.by_language.get(code):
                continue
            values = np.interp(list(ends.values()), distances.levels, distances.by_language[code])
            _, quarter, median, three_quarters, _ = map(numerals.ranks, values)
            text = f"{name}, {entry.label}: median {median}, half of the questions from {quarter} to {three_quarters}"
            row = {"row": name, "label": entry.label, "text": text, **plots.series(entry.series)}
            rows.append(row | dict(zip(ends, np.maximum(values, 1.0).tolist(), strict=True)))
    heading = "Spread of rank distance by question language"
    note = "Thick: the middle half of the questions, with the median; thin: from 5 % to 95 %. Logarithmic scale."
    return Figure(heading, note, plots.strips(rows, f"{heading}, {compared.benchmark}", tuple(names.values())))


def _part(whole: ByLanguage | Bias, code: str, figure: str) -> float:
    return whole.parts[code][figure] if code in whole.parts else math.nan


def _means(
    compared: SideBySide,
    chart: Callable[[Sequence[vega.Row], str, Sequence[str], str], vega.Spec],
    heading: str,
    note: str,
    value: Callable[[ResultRecord, str], float],
    write: Callable[[float], str],
    numbers: str = vega.SCORES,
) -> Figure:
    table = {described(code): [value(one.result, code) for one in compared.entries] for code in compared.languages}
    rows = [
        {
            "row": name,
            "label": entry.label,
            "value": found,
            "text": f"{name}, {entry.label}: {write(found)}",
            **plots.series(entry.series),
        }
        for name, values in table.items()
        for entry, found in zip(compared.entries, values, strict=True)
        if math.isfinite(found)
    ]
    return Figure(
        heading=heading,
        note=note,
        chart=chart(rows, f"{heading}, {compared.benchmark}", tuple(table), numbers),
        values=tuple((name, tuple(map(write, values))) for name, values in table.items()),
    )
