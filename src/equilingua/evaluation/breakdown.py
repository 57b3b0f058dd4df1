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
        values: name of a figure → float64 [lists]; NaN where it does not exist for a list, which is then left out.
        skipped: questions (of a pair: questions and languages) left out because nothing is relevant to them.
    """

    question: NDArray[np.int64]
    part: NDArray[np.int64]
    part_names: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    skipped: int

    def by_part(self) -> dict[str, dict[str, float]]:
        """Average every figure over the questions of each part that has any; NaN where it exists for none of them."""
        present = np.flatnonzero(np.bincount(self.part, minlength=len(self.part_names)))
        means = {figure: self._means(values)[present] for figure, values in self.values.items()}
        return {
            self.part_names[part]: {figure: float(column[row]) for figure, column in means.items()}
            for row, part in enumerate(present)
        }

    def mean(self) -> dict[str, float]:
        """Average every figure over the parts that have it, each counting the same; NaN if there is none."""
        found = {figure: self._means(values) for figure, values in self.values.items()}
        exist = {figure: means[~np.isnan(means)] for figure, means in found.items()}
        return {figure: float(np.mean(means)) if len(means) else math.nan for figure, means in exist.items()}

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages and, under `parts_key`, those of each part; null where a figure does not exist."""
        return _nulls(self.mean()) | {parts_key: {name: _nulls(part) for name, part in self.by_part().items()}}

    def _means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average by part, float64 [parts]; NaN for a part without a value."""
        exists = ~np.isnan(values)
        sizes = np.bincount(self.part, exists, len(self.part_names))
        sums = np.bincount(self.part, np.where(exists, values, 0), len(self.part_names))
        means: NDArray[np.float64] = np.divide(sums, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)
        return means


def _nulls(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}
