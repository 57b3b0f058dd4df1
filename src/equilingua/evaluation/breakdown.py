"""Figures question by question, and their averages by part and over parts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    @classmethod
    def joined(cls, parts: Sequence[Self], starts: Sequence[int]) -> Self:
        """Put figures of some questions behind those of others.

        Args:
            parts: of the same figures, at least one.
            starts: the question that is number 0 in each.
        """
        if len(parts) == 1:
            return parts[0]
        return replace(
            parts[0],
            question=np.concatenate([part.question + start for part, start in zip(parts, starts, strict=True)]),
            part=np.concatenate([part.part for part in parts]),
            values={name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values},
            skipped=sum(part.skipped for part in parts),
        )

    def by_part(self) -> dict[str, dict[str, float]]:
        """Average every figure over the questions of each part that has any; NaN where it exists for none of them."""
        present = np.flatnonzero(np.bincount(self.part, minlength=len(self.part_names)))
        means = {figure: self.means(values)[present] for figure, values in self.values.items()}
        return {
            self.part_names[part]: {figure: float(column[row]) for figure, column in means.items()}
            for row, part in enumerate(present)
        }

    def mean(self) -> dict[str, float]:
        """Average every figure over the parts that have it, each counting the same; NaN if there is none."""
        found = {figure: self.means(values) for figure, values in self.values.items()}
        exist = {figure: means[~np.isnan(means)] for figure, means in found.items()}
        return {figure: float(np.mean(means)) if len(means) else math.nan for figure, means in exist.items()}

    def to_json(self, parts_key: str) -> dict[str, Any]:
        """Return the averages and, under `parts_key`, those of each part; null where a figure does not exist."""
        return nulls(self.mean()) | {parts_key: {name: nulls(part) for name, part in self.by_part().items()}}

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average by part, float64 [parts]; NaN for a part without a value."""
        exists = ~np.isnan(values)
        sizes = np.bincount(self.part, exists, len(self.part_names))
        sums = np.bincount(self.part, np.where(exists, values, 0), len(self.part_names))
        means: NDArray[np.float64] = np.divide(sums, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)
        return means


def nulls(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Return figures with None for NaN, which JSON does not have."""
    return {name: None if math.isnan(value) else value for name, value in figures.items()}
