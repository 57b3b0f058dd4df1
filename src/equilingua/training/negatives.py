"""The negatives stored with a corpus, as further candidates of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua.corpus.columns import by_code, one_chunk
from equilingua.corpus.schema import SCHEMA, ParallelCorpus
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Further:
    """Further candidates of a batch.

    Attributes:
        texts: distinct, and none of them a passage of the batch.
        places: int64 [texts], where each is in the corpus's column of negatives, its lists put one after the other.
        related: bool [batch, texts]; True where a text is known to be a passage of the query's group, or to have the
            passage id of the query's pair or of its passage's.
    """

    texts: list[str]
    places: NDArray[np.int64]
    related: NDArray[np.bool_]

    @classmethod
    def none(cls, batch: int) -> Further:
        """No further candidates for a batch of so many pairs."""
        return cls([], np.zeros(0, np.int64), np.zeros((batch, 0), np.bool_))


class StoredNegatives:
    """The first few negatives of each pair, each text once, with what the corpus knows of it.

    A negative is stored as a text. One that is also a passage of the corpus, as mined ones are, has that passage's
    group and passage id: of all rows that hold it. Of any other text nothing is known.
    """

    def __init__(self, corpus: ParallelCorpus, limit: int) -> None:
        """Index the first `limit` negatives of each pair.

        Raises:
            UsageError: no pair of the corpus has any.
        """
        lists = one_chunk(pc.list_slice(corpus.table["negatives"], 0, limit))
        self._offsets = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))])
        encoded = pc.dictionary_encode(pc.list_flatten(lists))
        self._texts = encoded.dictionary
        if not len(self._texts):
            raise UsageError(
                "loss.negatives: no pair has stored negatives; mine them with 'equilingua data mine', or use 0"
            )
        self._codes = encoded.indices.to_numpy().astype(np.int64)
        self._places = _places(corpus, lists)[np.unique(self._codes, return_index=True)[1]]
        # [rows] the code of each row's own passage among the negatives, and -1 where no pair has it as a negative
        held = pc.fill_null(pc.index_in(one_chunk(corpus.table["passage"]), value_set=self._texts), -1)
        self._own = held.to_numpy().astype(np.int64)
        rows = np.flatnonzero(self._own >= 0)
        order, self._row_offsets = by_code(self._own[rows].astype(np.int32), len(self._texts))
        self._rows = rows[order]
        self._ids = np.stack([corpus.group_codes.astype(np.int64), corpus.passage_codes], axis=1)

    def of_batch(self, query_rows: NDArray[np.int64], passage_rows: NDArray[np.int64]) -> Further:
        """Return the stored negatives of a batch's questions.

        Args:
            query_rows: int64 [batch], whose negatives are taken.
            passage_rows: int64 [batch], whose passages are candidates already.
        """
        stored = [self._codes[self._offsets[row] : self._offsets[row + 1]] for row in query_rows]
        codes = np.setdiff1d(np.concatenate(stored), self._own[passage_rows])
        related = np.zeros((len(query_rows), len(codes)), np.bool_)
        for place, code in enumerate(codes):
            holders = self._ids[self._rows[self._row_offsets[code] : self._row_offsets[code + 1]]]
            for rows in (query_rows, passage_rows):
                related[:, place] |= (self._ids[rows, None] == holders).any(axis=(1, 2))
        return Further(self._texts.take(pa.array(codes)).to_pylist(), self._places[codes], related)


def _places(corpus: ParallelCorpus, lists: pa.ListArray) -> NDArray[np.int64]:
    """Where the first few negatives of each row are in the corpus's own column: int64 [all of them]."""
    whole = pc.list_value_length(one_chunk(corpus.table["negatives"])).to_numpy(zero_copy_only=False)
    taken = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    skipped = np.concatenate([[0], np.cumsum(whole - taken)[:-1]])
    places: NDArray[np.int64] = np.arange(taken.sum()) + np.repeat(skipped, taken)
    return places


# A run trains on one corpus.
@lru_cache(maxsize=1)
def stored_negatives(corpus: ParallelCorpus, limit: int) -> StoredNegatives:
    """Return the index of a corpus's negatives, made once."""
    return StoredNegatives(corpus, limit)


def without_held_out(train: ParallelCorpus, held_out: ParallelCorpus) -> ParallelCorpus:
    """Return `train` without those of its negatives that are passages of `held_out`.

    Negatives mined before the split would otherwise bring held-out passages into training.
    """
    lists = one_chunk(train.table["negatives"])
    texts = pc.list_flatten(lists)
    kept = pc.invert(pc.is_in(texts, value_set=one_chunk(held_out.table["passage"])))
    if pc.all(kept).as_py() is not False:
        return train
    rows = pc.list_parent_indices(lists).filter(kept).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(train)))])
    column = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts.filter(kept))
    place = SCHEMA.get_field_index("negatives")
    return ParallelCorpus(train.table.set_column(place, SCHEMA.field("negatives"), column))
