"""The figures that encoders are compared by, a number a group: the unit of every test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import DataError
from equilingua.evaluation.settings import MOST_LANGUAGES, SETTINGS
from equilingua.evaluation.significance import group_differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.results import Result
    from equilingua.evaluation.settings import Breakdown

# What is compared: the setting, its figure, and whether more of it is better.
FIGURES = (*((setting, "map", True) for setting in SETTINGS), ("bias", "rank_distance", False))


@dataclass(frozen=True, eq=False)
class GroupFigures:
    """What is compared of an encoder or a recipe, group by group.

    Attributes:
        columns: (setting, figure, part) of each column; part None for the macro-average. Of very many languages the
            cross-lingual parts are the question's languages, not the pairs.
        values: float64 [runs, groups, columns]; a column's mean over groups is its figure. NaN: the group has no part.
        asked: what was ranked, to be the same for all: (questions, parts) of each setting.
        benchmark: its name, for messages.
    """

    columns: list[tuple[str, str, str | None]]
    values: NDArray[np.float64]
    asked: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
    benchmark: str

    def require_same(self, other: GroupFigures) -> None:
        """Check that another's figures are of the same questions and parts.

        Raises:
            DataError: they are not.
        """
        same = len(self.asked) == len(other.asked) and all(
            np.array_equal(mine, theirs)
            for own, foreign in zip(self.asked, other.asked, strict=True)
            for mine, theirs in zip(own, foreign, strict=True)
        )
        if not same or self.columns != other.columns or self.values.shape[1] != other.values.shape[1]:
            raise DataError(f"benchmark '{self.benchmark}': the two results are of different questions or languages")

    def without_bias(self) -> GroupFigures:
        """Leave out what is compared of language bias."""
        kept = [place for place, (setting, _, _) in enumerate(self.columns) if setting != "bias"]
        return replace(self, columns=[self.columns[place] for place in kept], values=self.values[:, :, kept])


def of_runs(results: Sequence[Result], answered: NDArray[np.bool_] | None) -> GroupFigures:
    """Lay out the figures of one recipe's runs on one benchmark.

    Parts with fewer than two groups are left out: a difference in them cannot be tested.

    Args:
        results: of the runs.
        answered: bool [lists of the bias figures], the questions that these are to be of; None leaves them out.

    Raises:
        DataError: the results are of different questions.
    """
    made = [_table(result, answered) for result in results]
    for other in made[1:]:
        made[0].require_same(other)
    return replace(made[0], values=np.concatenate([one.values for one in made]))


def _table(result: Result, answered: NDArray[np.bool_] | None) -> GroupFigures:
    columns: list[tuple[str, str, str | None]] = []
    filled: list[NDArray[np.float64]] = []
    asked = []
    # Translations of one question that are judged apart are still one observation.
    units: dict[str, int] = {}
    unit = np.array([units.setdefault(name, len(units)) for name in result.benchmark.groups], np.int64)
    total = len(units)
    for setting, figure, _ in FIGURES:
        breakdown = result.bias if setting == "bias" else result.settings[setting]
        asked.append((breakdown.question, breakdown.part))
        kept = np.arange(len(breakdown.question))
        if setting == "bias":
            kept = kept[:0] if answered is None else np.flatnonzero(answered)
        if not len(kept):
            continue
        groups = unit[result.benchmark.query_group[breakdown.question]]
        columns.append((setting, figure, None))
        filled.append(_column(breakdown, figure, groups, kept, total))
        part, names = breakdown.part, breakdown.part_names
        if setting == "cross_lingual" and len(result.benchmark.languages) > MOST_LANGUAGES:
            names = result.benchmark.languages
            part = part // len(names)
        order = kept[np.argsort(part[kept], kind="stable")]
        starts = np.flatnonzero(np.diff(part[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            column = _column(breakdown, figure, groups, rows, total)
            if np.count_nonzero(~np.isnan(column)) > 1:
                columns.append((setting, figure, names[part[rows[0]]]))
                filled.append(column)
    return GroupFigures(columns, np.stack(filled, axis=1)[None], asked, result.benchmark.name)


def _column(
    breakdown: Breakdown, figure: str, groups: NDArray[np.int64], rows: NDArray[np.int64], total: int
) -> NDArray[np.float64]:
    column = np.full(total, np.nan)
    values = np.asarray(breakdown.values[figure], np.float64)[rows]
    column[np.unique(groups[rows])] = group_differences(values, breakdown.part[rows], groups[rows])
    return column
