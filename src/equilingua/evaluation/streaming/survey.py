"""The first reading of a collection: how many passages there are, and the relevant ones among them."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.judged import answerable, assemble, require_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.benchmarks.collection import Collection
    from equilingua.evaluation.benchmarks.judged import Passage

# Passages between two reports of progress.
_REPORTED = 100_000


@dataclass(frozen=True)
class Survey:
    """What one reading found.

    Attributes:
        sizes: passages of each language.
        relevant: language, id, number within its language, and text of every relevant passage, in the order read.
        digest: of all ids in their order.
        dropped: why, and how many, passages are not among them.
    """

    sizes: dict[str, int]
    relevant: list[tuple[str, str, int, str]]
    digest: str
    dropped: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a record of it."""
        return {"sizes": self.sizes, "relevant": self.relevant, "digest": self.digest, "dropped": self.dropped}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Survey:
        """Read a record."""
        relevant = [tuple(found) for found in record["relevant"]]
        return cls(dict(record["sizes"]), relevant, str(record["digest"]), dict(record.get("dropped", {})))


@dataclass(frozen=True, eq=False)
class Known:
    """The questions with the relevant passages, and where these stand among all.

    Attributes:
        benchmark: as if there were no other passages.
        numbers: int64 [relevant passages], of each in the pool of all languages, ascending.
        starts: int64 [languages + 1]: the passages of language l are numbers `starts[l]` to `starts[l + 1] - 1`.
    """

    benchmark: Benchmark
    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]

    @property
    def passages(self) -> int:
        """How many there are in all languages."""
        return int(self.starts[-1])


def survey(collection: Collection, report: Callable[[int], None]) -> Survey:
    """Read all passages once, and keep those that answer a question.

    Args:
        collection: what to read.
        report: told how many passages were read since the last call.

    Raises:
        DataError: a relevant passage is there twice, a language has none, or a file is malformed.
    """
    wanted = {key for keys in collection.relevant().values() for key in keys}
    sizes: dict[str, int] = {}
    relevant: dict[tuple[str, str], tuple[int, str]] = {}
    reading, dropped = Reading(), Counter[str]()
    for number, passage in enumerate(reading.through(collection.passages(dropped)), start=1):
        place = sizes.get(passage.language, 0)
        sizes[passage.language] = place + 1
        key = (passage.language, passage.id)
        if key in wanted:
            if key in relevant:
                raise DataError(f"{collection.name}: {passage.language}: passage '{passage.id}' is there twice")
            relevant[key] = (place, passage.text)
        if not number % _REPORTED:
            report(_REPORTED)
    collection.tell(dropped)
    return Survey(sizes, [(*key, *found) for key, found in relevant.items()], reading.digest(), dict(dropped))


def known(collection: Collection, found: Survey) -> Known:
    """Make the benchmark of the relevant passages alone.

    Raises:
        DataError: an id is there twice, a relevant passage is not among those found, or no question is left.
    """
    judged = collection.relevant()
    asked, dropped = answerable(collection.name, collection.questions(), judged)
    used = {key for question in asked for key in judged[question.group]}
    kept = [record for record in found.relevant if record[:2] in used]
    keys = [record[:2] for record in kept]
    places = {key: place for place, key in enumerate(keys)}
    require_all(collection.name, asked, judged, places)
    benchmark = assemble(
        collection.name,
        asked,
        keys,
        places,
        judged,
        texts=[text for *_, text in kept],
        languages=sorted(found.sizes),
        dropped={**dropped, **found.dropped},
    )
    starts = np.concatenate([[0], np.cumsum([found.sizes[language] for language in benchmark.languages])])
    inside = np.array([number for *_, number, _ in kept], np.int64)
    return Known(benchmark, starts[benchmark.candidate_language] + inside, starts.astype(np.int64))


class Reading:
    """Takes a digest of the ids of passages while they are read."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def through(self, passages: Iterable[Passage]) -> Iterator[Passage]:
        """Yield every passage."""
        for passage in passages:
            self._hash.update(f"{passage.language}\t{passage.id}\n".encode())
            yield passage

    def digest(self) -> str:
        """Return the digest of all that was read."""
        return self._hash.hexdigest()
