"""The pair, and the immutable corpus of pairs over one Arrow table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from equilingua import durable
from equilingua.corpus import identity
from equilingua.corpus.columns import by_code, conform, encode, encode_ids, encode_sorted
from equilingua.corpus.splitting import sides
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    Rows = NDArray[np.int64]

# 64-bit offsets for the long texts: a column of them may pass 2 GiB, and then stays one chunk.
SCHEMA = pa.schema(
    [
        pa.field("group", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("query", pa.large_string(), nullable=False),
        pa.field("passage", pa.large_string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("passage_id", pa.string()),
        pa.field("negatives", pa.list_(pa.large_string()), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the passage that answers it.

    Attributes:
        group: the parallel id, shared by pairs that say the same in other languages; unique across sources.
        language: BCP-47 code of both texts.
        query: the question, or a heading that asks for its section.
        passage: the text that answers.
        source: the set the pair came from; what was made out of a set has more behind its name, from a "+" on.
        passage_id: equal for pairs of one set that share a passage or its translations; None if only its text tells it.
        negatives: passages known not to answer.
        place: where it was read, such as `pairs.jsonl:7`, for messages; a corpus does not keep it.
    """

    group: str
    language: str
    query: str
    passage: str
    source: str
    passage_id: str | None = None
    negatives: tuple[str, ...] = ()
    place: str | None = field(default=None, compare=False, repr=False)


class ParallelCorpus:
    """Pairs in an Arrow table, with the rows of a group and of a language found without scanning.

    Nothing in it changes once made: every operation returns a new corpus that shares the texts where it can.
    """

    def __init__(self, table: pa.Table) -> None:
        """Wrap a table that already has exactly `SCHEMA`; `from_table` takes any other."""
        self.table = table

    @classmethod
    def from_pairs(cls, pairs: Iterable[Pair]) -> ParallelCorpus:
        """Collect pairs, in their order.

        Raises:
            DataError: a passage id has two texts of one language, or a language code is unknown.
        """
        columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
        places: list[str | None] = []
        for pair in pairs:
            for name, column in columns.items():
                column.append(getattr(pair, name))
            places.append(pair.place)
        corpus = cls(identity.canonical(pa.table(columns, schema=SCHEMA)))
        identity.require_one_text(corpus, places)
        return corpus

    @classmethod
    def from_table(cls, table: pa.Table) -> ParallelCorpus:
        """Take a table with the columns of `SCHEMA`; `passage_id` and `negatives` may be absent, others are ignored.

        Raises:
            DataError: a needed column is missing, has another type, or holds nulls, or a language code is unknown.
        """
        return cls(identity.canonical(conform(table, SCHEMA)))

    @classmethod
    def read_parquet(cls, path: Path) -> ParallelCorpus:
        """Read what `write_parquet` wrote.

        Raises:
            DataError: the file is missing, is not Parquet, is damaged, or lacks a column.
        """
        try:
            table = durable.read_table(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
        try:
            return cls.from_table(table)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error

    def write_parquet(self, path: Path) -> None:
        """Write the whole corpus, or leave what was there before as it is.

        Raises:
            DataError: the disk is full or the folder cannot be written to.
        """
        try:
            # A page that holds every distinct text: mined negatives repeat passages thousands of rows away.
            durable.write_table(path, self.table, dictionary_pagesize_limit=2**28)
        # Arrow cannot encode every name of a file.
        except (OSError, UnicodeEncodeError) as error:
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise DataError(f"{path}: cannot be written: {reason}; what was there before is unchanged") from error

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, row: int) -> Pair:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a corpus of {len(self)} pairs")
        return _pair(self.table.slice(row % len(self), 1).to_pylist()[0])

    def __iter__(self) -> Iterator[Pair]:
        for batch in self.table.to_batches(max_chunksize=1024):
            yield from map(_pair, batch.to_pylist())

    def __repr__(self) -> str:
        return f"ParallelCorpus({len(self)} pairs, {len(self.groups)} groups, languages {' '.join(self.languages)})"

    @cached_property
    def _group_index(self) -> tuple[list[str], NDArray[np.int32]]:
        return encode(self.table["group"])

    @cached_property
    def _language_index(self) -> tuple[list[str], NDArray[np.int32]]:
        return encode_sorted(self.table["language"])

    @cached_property
    def _source_index(self) -> tuple[list[str], NDArray[np.int32]]:
        return encode_sorted(self.table["source"])

    @property
    def groups(self) -> list[str]:
        """Distinct groups in the order first seen."""
        return self._group_index[0]

    @property
    def languages(self) -> list[str]:
        """Distinct languages, sorted."""
        return self._language_index[0]

    @property
    def sources(self) -> list[str]:
        """Distinct sources, sorted."""
        return self._source_index[0]

    @property
    def group_codes(self) -> NDArray[np.int32]:
        """[rows] index of each row's group in `groups`."""
        return self._group_index[1]

    @property
    def language_codes(self) -> NDArray[np.int32]:
        """[rows] index of each row's language in `languages`."""
        return self._language_index[1]

    @property
    def source_codes(self) -> NDArray[np.int32]:
        """[rows] index of each row's source in `sources`."""
        return self._source_index[1]

    @cached_property
    def passage_codes(self) -> NDArray[np.int64]:
        """[rows] equal for two rows exactly if they have one passage: see `equilingua.corpus.identity`.

        Raises:
            DataError: a passage id has two texts of one language.
        """
        identity.require_one_text(self)
        return identity.passage_codes(self.id_codes, self.text_codes)

    @cached_property
    def text_codes(self) -> NDArray[np.int64]:
        """[rows] equal for two rows exactly if they have the same passage text in the same language."""
        return identity.text_codes(self.language_codes, self.table["passage"])

    @cached_property
    def id_codes(self) -> NDArray[np.int64]:
        """[rows] equal for two rows exactly if they have the same passage id within one set, made of it or not."""
        return encode_ids(self.table["passage_id"], self._origin_codes)

    @cached_property
    def _origin_codes(self) -> NDArray[np.int32]:
        """[rows] equal for two rows exactly if they came from one set, however they were made from it."""
        origins = [source.partition("+")[0] for source in self.sources]
        return np.unique(origins, return_inverse=True)[1].astype(np.int32)[self.source_codes]

    @cached_property
    def _group_rows(self) -> tuple[dict[str, int], Rows, Rows]:
        return {name: code for code, name in enumerate(self.groups)}, *by_code(self.group_codes, len(self.groups))

    @cached_property
    def _language_rows(self) -> tuple[Rows, Rows]:
        return by_code(self.language_codes, len(self.languages))

    def queries(self, rows: ArrayLike) -> list[str]:
        """The queries of the given rows, in their order."""
        return self._texts("query", rows)

    def passages(self, rows: ArrayLike) -> list[str]:
        """The passages of the given rows, in their order."""
        return self._texts("passage", rows)

    def _texts(self, column: str, rows: ArrayLike) -> list[str]:
        texts: list[str] = self.table[column].take(pa.array(np.asarray(rows, np.int64))).to_pylist()
        return texts

    def rows_of_group(self, name: str) -> Rows:
        """Row numbers of a group, ascending.

        Raises:
            UsageError: no such group.
        """
        codes, order, offsets = self._group_rows
        if name not in codes:
            raise UsageError(f"unknown group '{name}': the corpus has {len(codes)} groups, such as {self.groups[:3]}")
        return order[offsets[codes[name]] : offsets[codes[name] + 1]]

    def rows_of_language(self, code: str) -> Rows:
        """Row numbers of a language, ascending.

        Raises:
            UsageError: the corpus has no text in it.
        """
        index = _positions([normalise(code)], self.languages, "language")[0]
        order, offsets = self._language_rows
        return order[offsets[index] : offsets[index + 1]]

    def select(self, rows: ArrayLike) -> ParallelCorpus:
        """The given rows, in their order."""
        return ParallelCorpus(self.table.take(pa.array(np.asarray(rows, np.int64))).combine_chunks())

    def where(self, languages: Iterable[str] | None = None, sources: Iterable[str] | None = None) -> ParallelCorpus:
        """The rows of the given languages and sources; None means all.

        Raises:
            UsageError: a language or source that the corpus does not have.
        """
        keep = np.ones(len(self), dtype=bool)
        if languages is not None:
            wanted = _positions([normalise(code) for code in languages], self.languages, "language")
            keep &= np.isin(self.language_codes, wanted)
        if sources is not None:
            keep &= np.isin(self.source_codes, _positions(list(sources), self.sources, "source"))
        return self if keep.all() else self.select(np.flatnonzero(keep))

    @staticmethod
    def concat(corpora: Sequence[ParallelCorpus], *, shared_groups: bool = False) -> ParallelCorpus:
        """Join corpora, in their order.

        Args:
            corpora: what to join.
            shared_groups: a group may have rows from several sets. By default that is an error, for two unrelated sets
                that both count their groups from 1 would be taken as parallel. Translations of a set are of that set.

        Raises:
            DataError: a group comes from more than one set.
        """
        tables = [corpus.table for corpus in corpora]
        joined = ParallelCorpus(pa.concat_tables(tables).combine_chunks() if tables else SCHEMA.empty_table())
        if not shared_groups and len(joined):
            pairs, rows = np.unique(np.stack([joined.group_codes, joined._origin_codes]), axis=1, return_index=True)
            repeated = np.flatnonzero(np.diff(pairs[0]) == 0)
            if len(repeated):
                first, second = (joined[int(row)] for row in rows[repeated[0] : repeated[0] + 2])
                raise DataError(
                    f"group '{first.group}' is in two sources, {first.source} and {second.source}: put the source's "
                    "name before its groups to keep them apart"
                )
        return joined

    def split(self, shares: Mapping[str, float], seed: int) -> dict[str, ParallelCorpus]:
        """Split by group, never by row, into named parts of about the given shares; see `splitting.sides`.

        Raises:
            UsageError: shares that do not add up to 1, or one at or below 0.
        """
        parts = sides(self.groups, shares, seed)[self.group_codes]
        return {name: self.select(np.flatnonzero(parts == part)) for part, name in enumerate(shares)}

    def counts(self) -> dict[str, dict[str, int]]:
        """Pairs by source and, within it, by language; languages without any are left out."""
        table = np.zeros((len(self.sources), len(self.languages)), np.int64)
        np.add.at(table, (self.source_codes, self.language_codes), 1)
        return {
            source: {language: int(n) for language, n in zip(self.languages, row, strict=True) if n}
            for source, row in zip(self.sources, table, strict=True)
        }


def _pair(record: dict[str, Any]) -> Pair:
    return Pair(**{**record, "negatives": tuple(record["negatives"])})


def _positions(names: list[str], known: list[str], kind: str) -> list[int]:
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)
    return [known.index(name) for name in names]
