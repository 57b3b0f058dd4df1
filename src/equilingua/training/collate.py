"""The texts of a batch: questions, passages, stored negatives and translations of questions, each text once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua.batching.draws import derive_key, uniform
from equilingua.corpus.columns import by_code, one_chunk
from equilingua.corpus.schema import SCHEMA, ParallelCorpus
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.encoder.activations import Activations
    from equilingua.encoder.token_store import TokenStore
    from equilingua.encoder.tokens import TokenizedTexts
    from equilingua.encoder.trimmed import TrimmedVocabulary


@dataclass(frozen=True, eq=False)
class Texts:
    """Distinct texts of a batch.

    Attributes:
        tokens: of each, cut to its limit.
        numbers: int64 [texts], of each in its corpus's token store.
        limits: int64 [texts], most tokens of each.
        activations: what enters the top layers, where the layers below are frozen and have been run once for all.
    """

    tokens: TokenizedTexts
    numbers: np.ndarray
    limits: np.ndarray
    activations: Activations | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def ensure(self, rows: np.ndarray) -> None:
        """Compute what is missing of the activations of some of the texts."""
        if self.activations is not None and len(rows):
            self.activations.ensure(self.numbers[rows], self.limits[rows])


@dataclass(frozen=True, eq=False)
class TextSource:
    """Where the texts of a corpus come from.

    Attributes:
        store: their tokens.
        activations: see `Texts`.
        vocabulary: where the encoder's table of tokens is trimmed: what its rows are.
    """

    store: TokenStore
    activations: Activations | None = None
    vocabulary: TrimmedVocabulary | None = None

    def distinct(self, wanted: Sequence[tuple[np.ndarray, int]]) -> tuple[Texts, list[np.ndarray]]:
        """Return the distinct texts among several lists, and where each list's texts are among them.

        Args:
            wanted: lists of text numbers, int64 [n], each with the limit of its tokens.
        """
        numbers = np.concatenate([each for each, _ in wanted])
        limits = np.concatenate([np.full(len(each), limit) for each, limit in wanted])
        # A text at a limit that it does not reach is the same text at another.
        lengths = self.store.lengths(numbers, limits)
        keys = numbers * (int(lengths.max(initial=0)) + 1) + lengths
        _, first, places = np.unique(keys, return_index=True, return_inverse=True)
        numbers, limits = numbers[first], limits[first]
        tokens = self.store.take(numbers, limits)
        if self.vocabulary is not None:
            tokens = self.vocabulary.view(tokens)
        texts = Texts(tokens, numbers, limits, self.activations)
        return texts, np.split(places.ravel(), np.cumsum([len(each) for each, _ in wanted])[:-1])


@dataclass(frozen=True)
class Further:
    """Further candidates of a batch.

    Attributes:
        texts: distinct, and none of them a passage of the batch.
        places: int64 [texts], where each is in the corpus's column of negatives, its lists put one after the other.
        related: bool [batch, texts]; True where a text is known to be a passage of the query's group, or to have the
            passage id of the query's pair or of its passage's.
        rows: int64 [texts], a row of the corpus whose passage each is; −1 where there is none.
        languages: int [texts], of that row, else of the pair whose negative it is; an index in the corpus's languages.
    """

    texts: list[str]
    places: NDArray[np.int64]
    related: NDArray[np.bool_]
    rows: NDArray[np.int64]
    languages: NDArray[np.int32]

    @classmethod
    def none(cls, batch: int) -> Further:
        """No further candidates for a batch of so many pairs."""
        none = np.zeros(0, np.int64)
        return cls([], none, np.zeros((batch, 0), np.bool_), none, none.astype(np.int32))


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
        first = np.unique(self._codes, return_index=True)[1]
        self._places = _places(corpus, lists)[first]
        # [rows] the code of each row's own passage among the negatives, and -1 where no pair has it as a negative
        held = pc.fill_null(pc.index_in(one_chunk(corpus.table["passage"]), value_set=self._texts), -1)
        self._own = held.to_numpy().astype(np.int64)
        rows = np.flatnonzero(self._own >= 0)
        order, self._row_offsets = by_code(self._own[rows].astype(np.int32), len(self._texts))
        self._rows = rows[order]
        # [texts] a row that has each negative as its passage, or −1, and its language: see `Further`
        held_first = np.append(self._rows, -1)[self._row_offsets[:-1]]
        self._holders = np.where(np.diff(self._row_offsets) > 0, held_first, -1)
        askers = np.searchsorted(self._offsets, first, side="right") - 1
        self._languages = corpus.language_codes[np.where(self._holders < 0, askers, self._holders)]
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
        texts = self._texts.take(pa.array(codes)).to_pylist()
        return Further(texts, self._places[codes], related, self._holders[codes], self._languages[codes])


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


class Translations:
    """Draws rows whose question says the same in another language.

    No batch holds two items of one group, so the consistency term needs a question's translation as a further text.
    """

    def __init__(self, corpus: ParallelCorpus, seed: int) -> None:
        """Index the groups of a corpus.

        Raises:
            UsageError: no question has a translation.
        """
        self._groups = corpus.group_codes
        self._languages = corpus.language_codes
        self._rows, self._offsets = by_code(corpus.group_codes, len(corpus.groups))
        self._seed = seed
        versions = np.unique(self._groups.astype(np.int64) * len(corpus.languages) + self._languages)
        if len(versions) == len(corpus.groups):
            raise UsageError(
                "loss.consistency: no question of the training pairs has a translation; add languages, or use 0"
            )

    def of_batch(self, query_rows: NDArray[np.int64], step: int) -> NDArray[np.int64]:
        """Return for each question a row of its group in another language, int64 [batch]; -1 where there is none.

        All such rows are equally likely. Which is drawn depends on the question's row and the step alone, not on its
        place, so that ranks which share a batch agree.
        """
        numbers = uniform(derive_key(self._seed, "translation", step), query_rows)
        drawn = np.full(len(query_rows), -1, np.int64)
        for place, row in enumerate(query_rows):
            group = self._groups[row]
            rows = self._rows[self._offsets[group] : self._offsets[group + 1]]
            others = rows[self._languages[rows] != self._languages[row]]
            if len(others):
                drawn[place] = others[int(numbers[place] * len(others))]
        return drawn
