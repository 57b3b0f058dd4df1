"""The texts of a corpus as training reads them: by number from its token store, with what is known of lower layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
