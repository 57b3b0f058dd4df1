"""The counts of all shards so far, and the file that they are kept in between shards."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua import durable
from equilingua.errors import DataError
from equilingua.evaluation.counting import TOP

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.evaluation.counting import Counts
    from equilingua.evaluation.streaming.survey import Known

_NOWHERE = np.iinfo(np.int64).max
_COUNTED = ("pool_at_or_above", "pool_above", "own_at_or_above", "own_above")
_KEPT = ("score", *_COUNTED, "best", "total", "top", "top_scores")


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts among the relevant passages and all shards so far; entries are those of `Counts`.

    Attributes:
        done: passages that were read, relevant ones among them.
        score: float32 [entries].
        pool_at_or_above: int64 [entries]; this and the next three as in `Counts`.
        pool_above: int64 [entries].
        own_at_or_above: int64 [entries].
        own_above: int64 [entries].
        best: float32 [questions, languages].
        total: float64 [questions, languages].
        top: int64 [questions, at most 100], numbers of the best passages in the pool of all.
        top_scores: float32, like `top`.
        ids: number → id of every passage in `top`.
    """

    done: int
    score: NDArray[np.float32]
    pool_at_or_above: NDArray[np.int64]
    pool_above: NDArray[np.int64]
    own_at_or_above: NDArray[np.int64]
    own_above: NDArray[np.int64]
    best: NDArray[np.float32]
    total: NDArray[np.float64]
    top: NDArray[np.int64]
    top_scores: NDArray[np.float32]
    ids: dict[int, str]

    @classmethod
    def of(cls, alone: Counts, known: Known) -> Tally:
        """Begin with the relevant passages, which no shard counts again."""
        ids = known.benchmark.candidate_ids
        assert ids is not None
        return cls(
            done=0,
            score=alone.score,
            **{name: getattr(alone, name).astype(np.int64) for name in _COUNTED},
            best=alone.best,
            total=alone.total,
            top=known.numbers[alone.top],
            top_scores=alone.top_scores,
            ids={int(number): identity for number, identity in zip(known.numbers, ids, strict=True)},
        )

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
        found = numbers[beside.top]
        # The relevant ones that belong to the top are in it from the start.
        again = found < 0
        scores = np.concatenate([self.top_scores, np.where(again, -np.inf, beside.top_scores)], axis=1)
        places = np.concatenate([self.top, np.where(again, _NOWHERE, found)], axis=1)
        order = np.lexsort((places, -scores), axis=1)[:, :TOP]
        # No question's top is left with a hole, unless there are fewer passages than places.
        real = int((np.take_along_axis(places, order, axis=1) != _NOWHERE).sum(axis=1).min())
        order = order[:, :real]
        top = np.take_along_axis(places, order, axis=1)
        kept = np.unique(top).tolist()
        names = self.ids | fresh
        return replace(
            self,
            done=done,
            **{name: getattr(self, name) + (getattr(beside, name) - getattr(alone, name)) for name in _COUNTED},
            best=np.maximum(self.best, beside.best),
            total=self.total + (beside.total - alone.total),
            top=top,
            top_scores=np.take_along_axis(scores, order, axis=1).astype(np.float32),
            ids={number: names[number] for number in kept},
        )

    def write(self, file: Path) -> None:
        """Write it whole, or leave what was there before.

        Raises:
            DataError: the disk is full or the folder cannot be written to.
        """
        numbers = np.fromiter(self.ids, np.int64, len(self.ids))
        names = np.frombuffer(json.dumps(list(self.ids.values())).encode(), np.uint8)
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _KEPT}
        arrays |= {"numbers": numbers, "names": names, "done": np.array([self.done])}
        try:
            durable.write_arrays(file, arrays)
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
            names = json.loads(arrays["names"].tobytes())
            ids = dict(zip(arrays["numbers"].tolist(), names, strict=True))
            return cls(done=int(arrays["done"][0]), ids=ids, **{name: arrays[name] for name in _KEPT})
        except (OSError, KeyError, ValueError) as error:
            raise durable.unusable(file, error, "delete it, and the run begins anew") from error
