"""For each question of a batch one of its translations, as a pure function of seed and step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.draws import derive_key, uniform
from equilingua.corpus.columns import by_code
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus


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
