"""What a batch is drawn from: the streams of one language, of one ordered pair, or of all languages of a source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from equilingua.batching.clashes import first_holders
from equilingua.corpus.columns import one_chunk

if TYPE_CHECKING:
    from equilingua.batching.draws import Flags, Floats, Ints
    from equilingua.batching.plan import Kind
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
        same_text: bool [rows]; the passage is the question itself, as in sets of sentences and their translations.
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
        same = pc.equal(one_chunk(corpus.table["query"]), one_chunk(corpus.table["passage"]))
        self.same_text: Flags = same.to_numpy(zero_copy_only=False)
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


class TranslationRows:
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


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A part of the corpus that no batch is drawn from, and why.

    `language` is that of the questions; None where the whole source is meant.
    """

    kind: Kind
    source: str
    language: str | None
    passage_language: str | None
    reason: str

    def __str__(self) -> str:
        pair = " > ".join(code for code in (self.language, self.passage_language) if code)
        return f"{self.kind} {self.source}{' ' + pair if pair else ''}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Pool:
    """One or several streams that share each batch; a stream is the question rows of one language.

    Attributes:
        kind: the kind of its batches.
        source: name of the source of its questions.
        languages: question language of each stream.
        passage_language: the language of all passages where there is only one, else None.
        shares: float64 [streams], the part of a batch that each stream fills; they add up to 1.
        candidates: for each stream the rows from which its question rows are taken.
        partners: finds the passage row of a question row.
    """

    kind: Kind
    source: str
    languages: tuple[str, ...]
    passage_language: str | None
    shares: Floats
    candidates: tuple[Ints, ...]
    partners: Partners

    @property
    def name(self) -> str:
        """What the pool holds, in words."""
        pair = " > ".join(code for code in (self.languages[0], self.passage_language) if code)
        return f"{self.kind} {self.source} {pair if len(self.languages) == 1 else '(all languages)'}"

    def streams(self) -> tuple[Ints, ...]:
        """Return the question rows of each stream.

        Those of an ordered pair are found anew each time: hundreds of pairs would hold the corpus many times over.
        """
        if isinstance(self.partners, OneLanguage):
            return tuple(self.partners.having(rows) for rows in self.candidates)
        return self.candidates

    @cached_property
    def sizes(self) -> Ints:
        """Question rows of each stream, int64 [streams]."""
        return np.asarray([len(rows) for rows in self.streams()], dtype=np.int64)


def sound_items(codes: RowCodes, queries: Ints, partners: Partners, wanted: int) -> tuple[Ints, Ints]:
    """Choose items that share no group and no passage, at most `wanted`.

    Where questions share passages in the usual way, each passage belonging to the same questions in every language,
    this finds as many as there are; with more tangled relations it may find fewer than the largest possible set.

    Args:
        codes: of the corpus.
        queries: int64 [n], question rows to choose from.
        partners: finds their passage rows.
        wanted: how many are enough.

    Returns:
        Question and passage rows, int64 [chosen] each.
    """
    looked_at = 0
    while looked_at < len(queries):
        # most often the first few rows are enough
        looked_at = min(len(queries), 4 * max(looked_at, wanted))
        some = queries[:looked_at]
        passages = partners.draw(some, np.zeros(looked_at))
        clean = np.flatnonzero(first_holders(codes.clash_keys(some, passages)))[:wanted]
        if len(clean) == wanted:
            return some[clean], passages[clean]
    chosen: list[tuple[int, int]] = []
    taken: set[int] = set()
    for query in queries.tolist():
        if len(chosen) == wanted:
            break
        own = {int(codes.group_key[query]), int(codes.passage_key[query])}
        if own & taken:
            continue
        passage = next((row for row in partners.of(query).tolist() if int(codes.passage_key[row]) not in taken), None)
        if passage is not None:
            chosen.append((query, passage))
            taken |= own | {int(codes.passage_key[passage])}
    pairs = np.asarray(chosen, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


class AnyLanguage:
    """Draws the passage of a question from its group's other languages, by the languages' weights."""

    def __init__(self, codes: RowCodes, translations: TranslationRows, weights: Floats) -> None:
        """Take the weight of each language, float64 [languages]; a group's rows in one language share theirs."""
        self._codes = codes
        self._translations = translations
        self._allowed = weights > 0
        cell = translations.cells()
        language = codes.language[translations.indexed]
        share = weights[language] / np.bincount(cell)[cell] / weights.max()
        # whole numbers, so that no rounding can pick a row of weight 0 or of the question's own language
        whole = np.where(share > 0, np.maximum(1, np.rint(share * 2**20)), 0).astype(np.int64)
        self._cumulative = np.concatenate([[0], np.cumsum(whole)])

    def draw(self, queries: Ints, numbers: Floats) -> Ints:
        """Return a passage row for each question row; `numbers` is float64 [n] in [0, 1)."""
        language = self._codes.language[queries]
        bounds = (0, language, language + 1, len(self._codes.languages))
        start, own, own_stop, stop = (self._cumulative[self._translations.start(queries, at)] for at in bounds)
        total = stop - start - (own_stop - own)
        point = start + np.minimum((numbers * total).astype(np.int64), total - 1)
        point += np.where(point >= own, own_stop - own, 0)
        drawn: Ints = self._translations.indexed[np.searchsorted(self._cumulative, point, side="right") - 1]
        return drawn

    def of(self, query: int) -> Ints:
        """Return every row that `draw` may return for one question row."""
        return self._translations.of(query, self._allowed)


class OneLanguage:
    """Draws the passage of a question from one other language."""

    def __init__(self, codes: RowCodes, translations: TranslationRows, language: int) -> None:
        self._translations = translations
        self._language = language
        self._allowed = np.arange(len(codes.languages)) == language

    def having(self, queries: Ints) -> Ints:
        """Return those of the rows whose group has that language."""
        return queries[self._translations.present(queries)[:, self._language]]

    def draw(self, queries: Ints, numbers: Floats) -> Ints:
        """Return a passage row for each question row; `numbers` is float64 [n] in [0, 1)."""
        start = self._translations.start(queries, self._language)
        count = self._translations.start(queries, self._language + 1) - start
        drawn: Ints = self._translations.indexed[start + np.minimum((numbers * count).astype(np.int64), count - 1)]
        return drawn

    def of(self, query: int) -> Ints:
        """Return every row that `draw` may return for one question row."""
        return self._translations.of(query, self._allowed)


class Itself:
    """The passage of a question is its own."""

    def draw(self, queries: Ints, numbers: Floats) -> Ints:  # noqa: ARG002  (the others draw)
        """Return the question rows."""
        return queries

    def of(self, query: int) -> Ints:
        """Return the question row."""
        return np.asarray([query])


Partners = AnyLanguage | OneLanguage | Itself
