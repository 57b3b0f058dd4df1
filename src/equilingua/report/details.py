"""What evaluations hold beside averages: distributions, exposure and a map. Each may be absent, as in older files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from equilingua.report.records import Node

PAIR_SEPARATOR = ">"
Pairs = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Distances:
    """Quantiles of the rank distance.

    Attributes:
        levels: ascending, in 0–1.
        overall: one value a level, over all questions.
        by_language: question language → one value a level.
    """

    levels: tuple[float, ...]
    overall: tuple[float, ...]
    by_language: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class SentenceMap:
    """Parallel sentences in two dimensions; a point is None where a group has no text in the language.

    Attributes:
        texts: "passages" or "questions".
        points: language → one point a group.
        parallel: share of the texts whose nearest other one is a translation.
        same_language: share of the texts whose nearest other one is in their own language.
    """

    texts: str
    points: Mapping[str, tuple[tuple[float, float] | None, ...]]
    parallel: float
    same_language: float


@dataclass(frozen=True, slots=True)
class Details:
    """What newer files hold; None where a file does not.

    Attributes:
        distances: quantiles of the rank distance.
        pool_rank: (question language, passage language) → median rank of the relevant passages in the pool.
        exposure: (question language, passage language) → share of the attention to the first ten hits.
        even_exposure: the same, if attention followed relevance.
        map: a sample of parallel sentences.
    """

    distances: Distances | None = None
    pool_rank: Pairs | None = None
    exposure: Pairs | None = None
    even_exposure: Pairs | None = None
    map: SentenceMap | None = None


def parse_details(result: Node, languages: Collection[str]) -> Details:
    """Read the optional parts of one benchmark's record.

    Args:
        result: what stands under the benchmark's name.
        languages: codes that the record counts.

    Raises:
        DataError: a part is there and not what it should be; the message names its key.
    """
    distributions, bias, drawn = result.optional("distributions"), result.member("bias"), result.optional("map")
    distances = distributions.optional("rank_distance") if distributions else None
    ranks = distributions.optional("pool_rank") if distributions else None
    exposure, even = bias.optional("exposure"), bias.optional("relevant_share")
    return Details(
        distances=_distances(distances) if distances and distances.optional("overall") else None,
        pool_rank=_medians(ranks, languages) if ranks else None,
        exposure=_shares(exposure, languages) if exposure else None,
        even_exposure=_shares(even, languages) if even else None,
        map=_map(drawn) if drawn else None,
    )


def _distances(node: Node) -> Distances:
    levels = _numbers(node.member("levels"))
    by_language = {code: _numbers(part, len(levels)) for code, part in node.member("by_language").members().items()}
    return Distances(levels, _numbers(node.member("overall"), len(levels)), by_language)


def _medians(node: Node, languages: Collection[str]) -> Pairs:
    levels = _numbers(node.member("levels"))
    if 0.5 not in levels:
        raise node.member("levels").wrong("a list with 0.5 in it")
    medians = {}
    for name, part in node.member("by_pair").members().items():
        asking, _, answering = name.partition(PAIR_SEPARATOR)
        if asking not in languages or answering not in languages:
            raise part.wrong("of languages that counts.by_language lists")
        medians[asking, answering] = _numbers(part, len(levels))[levels.index(0.5)]
    return medians


def _shares(node: Node, languages: Collection[str]) -> Pairs:
    shares = {}
    for asking, row in node.members().items():
        for answering, share in row.members().items():
            if asking not in languages or answering not in languages:
                raise share.wrong("of languages that counts.by_language lists")
            shares[asking, answering] = share.number(highest=1.0)
    return shares


def _map(node: Node) -> SentenceMap:
    groups = len(node.member("groups").items())
    points = {}
    for code, row in node.member("points").members().items():
        placed = row.items()
        if len(placed) != groups:
            raise row.wrong(f"a list of {groups} points")
        points[code] = tuple(None if point.value is None else _point(point) for point in placed)
    nearest = node.member("nearest")
    shares = [nearest.member(name).number(highest=1.0) for name in ("parallel", "same_language")]
    return SentenceMap(node.member("texts").text(), points, *shares)


def _point(node: Node) -> tuple[float, float]:
    coordinates = [axis.signed() for axis in node.items()]
    if len(coordinates) != 2:
        raise node.wrong("a pair of numbers")
    return coordinates[0], coordinates[1]


def _numbers(node: Node, length: int | None = None) -> tuple[float, ...]:
    values = tuple(item.number() for item in node.items())
    if length is not None and len(values) != length:
        raise node.wrong(f"a list of {length} numbers")
    return values
