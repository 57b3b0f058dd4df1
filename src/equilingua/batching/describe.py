"""What a plan really draws over a run, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equilingua.batching.plan import Kind
    from equilingua.batching.pools import Exclusion
    from equilingua.batching.sampler import Sampler


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one stream gives to a run.

    Attributes:
        kind: the kind of its batches.
        source: the source of its questions.
        language: the language of its questions.
        passage_language: the language of its passages; None where every other language of a group may come.
        items: items drawn from it.
        pairs: question rows that it has.
    """

    kind: Kind
    source: str
    language: str
    passage_language: str | None
    items: int
    pairs: int

    @property
    def epochs(self) -> float:
        """How often each of its rows is drawn."""
        return self.items / self.pairs


@dataclass(frozen=True, slots=True)
class Summary:
    """What a plan draws over its first `steps` steps.

    Attributes:
        steps: steps counted.
        size: items in a batch.
        batches: batches of each kind.
        drawn: items by stream.
        excluded: what is never drawn, and why.
    """

    steps: int
    size: int
    batches: dict[Kind, int]
    drawn: tuple[Drawn, ...]
    excluded: tuple[Exclusion, ...]

    def items_by_language(self) -> dict[str, int]:
        """Return items by language of the question, over all kinds and sources."""
        return self._items_by("language")

    def items_by_source(self) -> dict[str, int]:
        """Return items by source, over all kinds and languages."""
        return self._items_by("source")

    def _items_by(self, attribute: str) -> dict[str, int]:
        totals: dict[str, int] = {}
        for stream in self.drawn:
            name = getattr(stream, attribute)
            totals[name] = totals.get(name, 0) + stream.items
        return dict(sorted(totals.items()))


def summarise(sampler: Sampler, steps: int) -> Summary:
    """Count what the first `steps` batches draw, without making them."""
    batches: dict[Kind, int] = dict.fromkeys(sampler.plan.kinds, 0)
    drawn = []
    for number, (pool, count) in enumerate(zip(sampler.pools, sampler.pool_counts(steps).tolist(), strict=True)):
        batches[pool.kind] += count
        items = sampler.pool_batches(number).shares.before(count).tolist()
        drawn += [
            Drawn(pool.kind, pool.source, language, pool.passage_language, given, pairs)
            for language, given, pairs in zip(pool.languages, items, pool.sizes.tolist(), strict=True)
        ]
    return Summary(steps, sampler.plan.size, batches, tuple(drawn), sampler.excluded)
