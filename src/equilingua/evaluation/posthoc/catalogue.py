"""The methods by name, alone or one after the other: `center`, `lir:2`, `calibrate`, `center+lir:1+calibrate`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.posthoc.calibration import calibrate
from equilingua.evaluation.posthoc.center import center
from equilingua.evaluation.posthoc.lir import remove_directions

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from equilingua.evaluation.posthoc.sides import Change, Side

# What results fitted on the benchmark itself are labelled with: such figures have seen the texts they are measured on.
EVALUATION_TEXTS = "the evaluation texts themselves"
_JOINT = "+"
_KNOWN = ("center", "lir:1", "lir:2", "lir:4", "calibrate", "calibrate:z")
_CALIBRATIONS = ("calibrate", "calibrate:z")


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Vectors and scores after a method.

    Attributes:
        queries: float32 [questions, dim].
        candidates: float32 [candidates, dim].
        offset: float32 [languages, languages], to be subtracted from scores; None for none.
    """

    queries: NDArray[np.float32]
    candidates: NDArray[np.float32]
    offset: NDArray[np.float32] | None


@dataclass(frozen=True)
class Posthoc:
    """A method, or several one after the other.

    Attributes:
        name: as it was asked for.
        steps: each is fitted on a side and then changes that side's vectors.
        calibration: the name of what is done to the scores at last, or None.
    """

    name: str
    steps: tuple[Callable[[Side], Change], ...]
    calibration: str | None

    def apply(self, queries: Side, candidates: Side, fit: tuple[Side, Side] | None = None) -> Adjusted:
        """Fit and apply the steps; each is fitted on what the ones before it made of the fitting vectors.

        Args:
            queries: the benchmark's questions.
            candidates: its candidates.
            fit: background questions and passages; None fits on the benchmark's own.

        Raises:
            DataError: a step leaves nothing of a vector.
            UsageError: a step asks for more than the vectors' dimensions.
        """
        background_queries, background_passages = fit if fit is not None else (queries, candidates)
        for step in self.steps:
            queries, background_queries = _changed(queries, background_queries, step)
            candidates, background_passages = _changed(candidates, background_passages, step)
        if self.calibration is None:
            return Adjusted(queries.vectors, candidates.vectors, None)
        divide = self.calibration.endswith(":z")
        vectors, offset = calibrate(background_queries, background_passages, divide=divide).apply(candidates)
        return Adjusted(queries.vectors, vectors, offset)


def find(name: str | None) -> Posthoc | None:
    """Return the method of that name; None for None.

    Raises:
        UsageError: there is none of that name, or calibration is not the last.
    """
    if name is None:
        return None
    *first, last = name.split(_JOINT)
    for part in first:
        if part in _CALIBRATIONS:
            raise UsageError(f"posthoc '{name}': '{part}' is of scores, so it comes last")
    calibration = last if last in _CALIBRATIONS else None
    return Posthoc(name, tuple(_step(part) for part in ([*first] if calibration else [*first, last])), calibration)


def _step(name: str) -> Callable[[Side], Change]:
    kind, colon, count = name.partition(":")
    if name == "center":
        return center
    if kind == "lir" and colon and count.isascii() and count.isdigit() and int(count) > 0:
        return partial(remove_directions, directions=int(count))
    raise unknown_name("posthoc", name, _KNOWN)


def _changed(side: Side, background: Side, step: Callable[[Side], Change]) -> tuple[Side, Side]:
    change = step(background)
    changed = change(side)
    return changed, changed if background is side else change(background)
