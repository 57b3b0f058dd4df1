"""The counts of all shards so far, and the file that they are kept in between shards."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua import durable
from equilingua.errors import DataError
from equilingua.evaluation.counting import TOP, Counts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.evaluation.streaming.survey import Known

_NOWHERE = np.iinfo(np.int32).max
_ADDED = ("pool_at_or_above", "pool_above", "own_at_or_above", "own_above", "total")
_FIELDS = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts among the relevant passages and all shards so far.

    Attributes:
        done: passages that were read, relevant ones among them.
        counts: of the relevant passages' benchmark; but `top` has numbers of passages in the pool of all.
        ids: number → id of every passage in `top`.
    """

    done: int
    counts: Counts
    ids: dict[int, str]

    @classmethod
    def of(cls, alone: Counts, known: Known) -> Tally:
        """Begin with the relevant passages, which no shard counts again."""
        ids = known.benchmark.candidate_ids
        assert ids is not None
        numbers = known.numbers.astype(np.int32)
        return cls(0, replace(alone, top=numbers[alone.top]), dict(zip(numbers.tolist(), ids, strict=True)))

    def plus(
        self, beside: Counts, alone: Counts, numbers: NDArray[np.int64], fresh: dict[int, str], done: int
    ) -> Tally:
        """Add a shard.

        Args:
            beside: counts among the relevant passages and the shard's.
            alone: counts among the relevant passages.
            numbers: int64 [candidates of `beside`], of the shard's passages in the pool of all; -1 for relevant ones.
            fresh: number → id of the shard's passages.
            done: passages that have now been read.
        """
        mine = self.counts
        found = numbers[beside.top]
        # The relevant ones that belong to the top are in it from the start.
        again = found < 0
        scores = np.concatenate([mine.top_scores, np.where(again, -np.inf, beside.top_scores)], axis=1)
        places = np.concatenate([mine.top, np.where(again, _NOWHERE, found)], axis=1)
        order = np.lexsort((places, -scores), axis=1)[:, :TOP]
        # No question's top is left with a hole, unless there are fewer passages than places.
        real = int((np.take_along_axis(places, order, axis=1) != _NOWHERE).sum(axis=1).min())
        order = order[:, :real]
        top = np.take_along_axis(places, order, axis=1).astype(np.int32)
        names = self.ids | fresh
        counts = replace(
            mine,
            **{name: getattr(mine, name) + (getattr(beside, name) - getattr(alone, name)) for name in _ADDED},
            best=np.maximum(mine.best, beside.best),
            top=top,
            top_scores=np.take_along_axis(scores, order, axis=1).astype(np.float32),
        )
        return Tally(done, counts, {number: names[number] for number in np.unique(top).tolist()})

    def write(self, file: Path) -> None:
        """Write it whole, or leave what was there before.

        Raises:
            DataError: the disk is full or the folder cannot be written to.
        """
        arrays = {name: np.ascontiguousarray(getattr(self.counts, name)) for name in _FIELDS}
        rest = json.dumps({"done": self.done, "ids": list(self.ids.items())})
        try:
            durable.write_arrays(file, arrays | {"rest": np.frombuffer(rest.encode(), np.uint8)})
        except OSError as error:
            raise DataError(f"{file}: cannot be written: {error.strerror or error}; give another folder") from error

    @classmethod
    def read(cls, file: Path) -> Tally:
        """Read what `write` wrote.

        Raises:
            DataError: the file is damaged.
        """
        try:
            arrays = durable.read_arrays(file)
            rest = json.loads(arrays["rest"].tobytes())
            return cls(rest["done"], Counts(**{name: arrays[name] for name in _FIELDS}), dict(rest["ids"]))
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise durable.unusable(file, error, "delete it, and the run begins anew") from error
