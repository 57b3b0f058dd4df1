"""Figures question by question, and their averages by part and over parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Figures of questions, divided into parts: the question's language, or an ordered pair of languages.

    Attributes:
        question: int64 [lists]; a question is there once for each part it belongs to.
        part: int64 [lists] index into `part_names`.
        part_names: "de", or "de>en" with the question's language first.
        values: name of a figure → float64 [lists].
        skipped: questions (of a pair: questions and languages) left out because nothing is relevant to them.
    """

    question: NDArray[np.int64]
    part: NDArray[np.int64]
    part_names: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    skipped: int

    def by_part(self) -> dict[str, dict[str, float]]:
        """Average every figure over the questions of each part that has any."""
        sizes = np.bincount(self.part, minlength=len(self.part_names))
        present = np.flatnonzero(sizes)
        means = {
            figure: np.bincount(self.part, weights=values, minlength=len(sizes))[present] / sizes[present]
            for figure, values in self.values.items()
        }
        return {
            self.part_names[part]: {figure: float(column[row]) for figure, column in means.items()}
            for row, part in enumerate(present)
        }

    def mean(self) -> dict[str, float]:
        """Average every figure over parts, each counting the same; NaN if there is none."""
        parts = self.by_part().values()
        return {
            figure: float(np.mean([part[figure] for part in parts])) if parts else math.nan for figure in self.values
        }

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages and, under `parts_key`, those of each part; null where a figure does not exist."""
        mean = {figure: None if math.isnan(value) else value for figure, value in self.mean().items()}
        return mean | {parts_key: self.by_part()}
