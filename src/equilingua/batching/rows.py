"""A corpus as the sampler sees it: integer codes by row, and the rows that are translations of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from equilingua.batching.arrays import Flags, Ints
    from equilingua.corpus.schema import ParallelCorpus


class RowCodes:
    """Codes of all rows, and the keys by which two items of a batch may clash.

    Attributes:
        languages: names by language code.
        sources: names by source code.
        group: int64 [rows].
        language: int64 [rows].
        source: int64 [rows].
        group_key: int64 [rows]; what items of a batch may not share: their group, or only the row itself.
        passage_key: int64 [rows]; likewise for passages. Never equal to a group key, so that both kinds of clash are
            found in one set of keys.
        bound: all keys are below it.
    """

    def __init__(self, corpus: ParallelCorpus, *, distinct: bool = True) -> None:
        """Read the codes; unless `distinct`, rows of one group or with one passage do not clash."""
        self.languages = list(corpus.languages)
        self.sources = list(corpus.sources)
        self.group = corpus.group_codes.astype(np.int64)
        self.language = corpus.language_codes.astype(np.int64)
        self.source = corpus.source_codes.astype(np.int64)
        each_row = np.arange(len(self.group))
        self.group_key = self.group if distinct else each_row
        self.passage_key = np.unique(corpus.passage_codes, return_inverse=True)[1] if distinct else each_row
        self.passage_key = self.passage_key.astype(np.int64) + int(self.group_key.max(initial=-1)) + 1
        self.bound = int(self.passage_key.max(initial=-1)) + 1

    def __len__(self) -> int:
        return len(self.group)

    def clash_keys(self, queries: Ints, passages: Ints) -> Ints:
        """Return what may occur only once in a batch: group and both passages of each item, int64 [n, 3]."""
        return np.stack([self.group_key[queries], self.passage_key[queries], self.passage_key[passages]], axis=1)


class Translations:
    """For each row the rows of its group in other languages, found by binary search in one sorted array.

    Attributes:
        indexed: the rows considered, ordered by group and, within it, by language, int64 [indexed].
    """

    def __init__(self, codes: RowCodes, kept: Ints) -> None:
        """Index the rows `kept`, int64 [n]; others are nobody's translation."""
        self._codes = codes
        self._languages = len(codes.languages)
        cells = codes.group[kept] * self._languages + codes.language[kept]
        order = np.argsort(cells, kind="stable")
        self.indexed: Ints = kept[order]
        self._cells: Ints = cells[order]
        groups, local = np.unique(codes.group[kept], return_inverse=True)
        self._present: Flags = np.zeros((len(groups), self._languages), dtype=bool)
        self._present[local, codes.language[kept]] = True
        self._groups = groups

    def present(self, queries: Ints) -> Flags:
        """Return which languages the group of each indexed row has, bool [n, languages]."""
        return self._present[np.searchsorted(self._groups, self._codes.group[queries])]

    def cells(self) -> Ints:
        """Return the number of each indexed row's (group, language), counted from 0, int64 [indexed]."""
        return np.unique(self._cells, return_inverse=True)[1].astype(np.int64)

    def start(self, queries: Ints, language: Ints | int) -> Ints:
        """Return where in `indexed` the given language of each row's group begins, int64 [n]."""
        return np.searchsorted(self._cells, self._codes.group[queries] * self._languages + language)

    def of(self, query: int, languages: Flags) -> Ints:
        """Return all rows of one row's group in the given other languages, int64 [k]; `languages` is bool by code."""
        start, stop = self.start(np.asarray([query, query]), np.asarray([0, self._languages]))
        found = self.indexed[start:stop]
        language = self._codes.language[found]
        others: Ints = found[languages[language] & (language != self._codes.language[query])]
        return others
