"""One side of a search, questions or candidates: vectors and their languages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation import vectors as unit_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Change = Callable[["Side"], "Side"]

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
    """

    what: str
    where: str
    vectors: NDArray[np.float32]
    language: NDArray[np.int32]
    languages: tuple[str, ...]

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
