"""One side of a search, questions or candidates: vectors, their languages, and what a method does to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation import vectors as unit_vectors
from equilingua.evaluation.posthoc.matching import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

# A unit vector of which a change leaves this little is rounding error: the text was all that its language had.
_VANISHED = 1e-5
# Half the bits of `vectors.GRID`.
_HALF = 2.0**13


@dataclass(frozen=True, eq=False)
class Side:
    """The vectors of questions or of candidates.

    Attributes:
        what: "questions" or "candidates", for messages.
        where: whose they are, such as "benchmark 'xquad-r'", for messages.
        vectors: float32 [texts, dim].
        language: int32 [texts], index into `languages`.
        languages: BCP-47 codes.
        group: int64 [texts], equal for translations of one text; None where nobody says.
    """

    what: str
    where: str
    vectors: NDArray[np.float32]
    language: NDArray[np.int32]
    languages: tuple[str, ...]
    group: NDArray[np.int64] | None = None

    def by_language(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield each language that has texts, as its index, with the rows of its texts."""
        for code in np.unique(self.language):
            yield int(code), np.flatnonzero(self.language == code)

    def changed(self, change: Callable[[int, NDArray[np.float32]], NDArray[np.float32]], doing: str) -> Side:
        """Change each language's vectors, and scale them to length 1 again.

        Args:
            change: takes the index of a language and its vectors, float32 [rows, dim], and returns as many.
            doing: what that is called, for the message.

        Raises:
            DataError: a vector is left without length, as where it is its language's only one.
        """
        vectors = np.empty_like(self.vectors)
        for code, rows in self.by_language():
            left = change(code, self.vectors[rows])
            lengths = unit_vectors.lengths_of(left)
            if lengths.min() < _VANISHED:
                raise DataError(
                    f"{self.where}: {doing} leaves nothing of some {self.what} in '{self.languages[code]}' "
                    f"({len(rows)} there): leave that language out, fit on more text, or do without"
                )
            vectors[rows] = unit_vectors.scaled(left, lengths)
        return replace(self, vectors=vectors)


@dataclass(frozen=True, eq=False)
class Step:
    """What one method does to the vectors of one role, language by language; they are scaled to length 1 again.

    Attributes:
        doing: what it is called, for messages.
        languages: codes of those that it was fitted on.
        parameters: [languages + 1, dim], what is subtracted from each vector, or [languages + 1, dim, directions], what
            is projected out of it (zeros in place of directions that a language lacks). The last is for a language
            without fitting text: left alone it would keep what all the others lose, and its texts would find each other
            by that.
    """

    doing: str
    languages: tuple[str, ...]
    parameters: NDArray[np.floating]

    def __call__(self, side: Side) -> Side:
        """Change the vectors of a side; raises DataError for one that is left without length."""

        def left(code: int, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
            number = place(side.languages[code], self.languages)
            own = self.parameters[-1 if number is None else number]
            # Both products are exact, like those of scores.
            part = own if own.ndim == 1 else unit_vectors.on_grid(vectors.astype(np.float64) @ own) @ own.T
            changed: NDArray[np.float32] = (vectors - part).astype(np.float32, copy=False)
            return changed

        return side.changed(left, self.doing)


def second_moment(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return VᵀV / n of unit vectors [n, dim], float64 [dim, dim], the same on every processor.

    Each vector is the sum of two with half the bits, and sums of products of such are exact.
    """
    whole = vectors.astype(np.float64)
    high = np.rint(whole * _HALF) / _HALF
    low = whole - high
    across = high.T @ low
    moment: NDArray[np.float64] = (high.T @ high + (across + across.T) + low.T @ low) / len(vectors)
    return moment
