"""The passage that goes with a question: its own, or its translation, drawn by the weights of the languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from equilingua.batching.arrays import Floats, Ints
    from equilingua.batching.rows import RowCodes, Translations


class AnyLanguage:
    """Draws the passage of a question from its group's other languages, by the languages' weights."""

    def __init__(self, codes: RowCodes, translations: Translations, weights: Floats) -> None:
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

    def __init__(self, codes: RowCodes, translations: Translations, language: int) -> None:
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
