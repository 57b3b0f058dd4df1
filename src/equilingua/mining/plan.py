"""What to mine: how many negatives of which languages, from which ranks, and how far below the positive."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Margin:
    """How far a negative's score must stay below the positive's, so that unknown answers are not taken for negatives.

    Attributes:
        amount: subtracted from the positive's score; below 0, a negative may score higher than the positive.
        relative: `amount` is a share of the positive's score, as in NV-Retriever's positive-aware mining (arXiv
            2407.15831, "TopK-PercPos"): 0.05 lets a negative score 95 % of it.
    """

    amount: float
    relative: bool = False

    @classmethod
    def parse(cls, text: str) -> Margin | None:
        """Read `0.05` (subtracted), `95%` (share of the positive's score) or `none`.

        Raises:
            UsageError: it is none of these.

        >>> Margin.parse("0.05"), Margin.parse("95%"), Margin.parse("none")
        (Margin(amount=0.05, relative=False), Margin(amount=0.05, relative=True), None)
        """
        if text.strip() == "none":
            return None
        percent = text.strip().endswith("%")
        try:
            number = float(text.strip().removesuffix("%"))
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (percent and number <= 0):
            raise UsageError(f"margin '{text}': use a difference such as 0.05, a share such as 95%, or none")
        return cls(round(1 - number / 100, 12), relative=True) if percent else cls(number)

    def ceiling(self, positive: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest score that a negative may have, for each score of a positive, float32 of its shape."""
        # The absolute value keeps the ceiling below the positive where the cosine is negative.
        distance = self.amount * (np.abs(positive) if self.relative else np.float32(1))
        return (positive - distance).astype(np.float32)

    def __str__(self) -> str:
        return f"{100 * (1 - self.amount):g}%" if self.relative else f"{self.amount:g}"


@dataclass(frozen=True)
class MiningPlan:
    """What to mine for each question.

    Attributes:
        per_query: negatives wanted.
        cross_lingual_share: share of them in other languages than the question's; met exactly over the questions of a
            language where one question cannot meet it.
        margin: distance to the positive; None for any.
        window: ranks `first` to `last` - 1 among the passages of one language that are not known to answer, from 0;
            lower `first` ranks hold more unknown answers, later ones easier negatives.
    """

    per_query: int = 4
    cross_lingual_share: float = 0.5
    margin: Margin | None = Margin(0.05, relative=True)
    window: tuple[int, int] = (0, 100)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            UsageError: a value that nothing can be mined with.
        """
        first, last = self.window
        if self.per_query < 1:
            raise UsageError(f"negatives per query: {self.per_query} is too few, use 1 or more")
        if not 0 <= self.cross_lingual_share <= 1:
            raise UsageError(f"cross-lingual share: {self.cross_lingual_share} is not between 0 and 1")
        if not 0 <= first < last:
            raise UsageError(f"window {first}:{last}: the first rank must be 0 or more and below the last")

    def ceiling(self, positive: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest score that a negative may have, for each score of a positive."""
        return np.full_like(positive, np.inf) if self.margin is None else self.margin.ceiling(positive)

    def record(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it, in the words of the command line."""
        return {
            "per_query": self.per_query,
            "cross_lingual_share": self.cross_lingual_share,
            "margin": "none" if self.margin is None else str(self.margin),
            "window": "{}:{}".format(*self.window),
        }


def parse_window(text: str) -> tuple[int, int]:
    """Read a window of ranks such as `10:100`.

    Raises:
        UsageError: it is no such window.

    >>> parse_window("10:100")
    (10, 100)
    """
    match = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if match is None:
        raise UsageError(f"window '{text}': use FIRST:LAST, for example 10:100 to skip the ten best")
    return int(match[1]), int(match[2])
