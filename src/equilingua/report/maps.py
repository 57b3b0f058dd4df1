"""The maps of parallel sentences, an encoder beside the next, turned so that the same sentences lie alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.report import map_plot, numerals

if TYPE_CHECKING:
    from equilingua.report.comparison import Comparison, Entry


@dataclass(frozen=True, slots=True)
class Map:
    """One encoder's map, and what its neighbours are."""

    entry: Entry
    svg: str
    parallel: str
    same_language: str


@dataclass(frozen=True, slots=True)
class Maps:
    """One benchmark's maps.

    Attributes:
        note: how to read them.
        languages: codes, in the order of their colours.
        maps: of each encoder that has one.
    """

    note: str
    languages: tuple[str, ...]
    maps: list[Map]


def of_benchmark(compared: Comparison) -> Maps | None:
    """Draw the maps of the encoders that have one; None if none has."""
    present = [(entry, entry.result.details.map) for entry in compared.entries]
    drawn = [(entry, one) for entry, one in present if one is not None and one.points]
    if not drawn:
        return None
    first = drawn[0][1]
    languages = tuple(first.points)
    groups = len(next(iter(first.points.values())))
    towards = map_plot.coordinates(first, languages)
    made = []
    for entry, one in drawn:
        points = map_plot.coordinates(one, languages)
        # Another sample, as of a later version, cannot be turned towards the first.
        points = map_plot.turned(points, towards) if points.shape == towards.shape else points
        title = f"Map of {one.texts}, {entry.label}, {compared.benchmark}"
        shares = numerals.share(one.parallel), numerals.share(one.same_language)
        made.append(Map(entry, map_plot.sentence_map(points, languages, title), *shares))
    note = (
        f"{groups} {first.texts} in {len(languages)} languages by their two principal components; lines lead from each "
        "translation to the middle of its sentence. Short lines: the encoder places translations together. Clusters of "
        "one colour: it places languages together. Each map has axes and a scale of its own, turned towards the first."
    )
    return Maps(note, languages, made)
