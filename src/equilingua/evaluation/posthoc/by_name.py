"""The methods by name, alone or one after the other: `center`, `shift:0.8`, `lir:2`, `center+lir:1+calibrate`.

A name that ends in `.safetensors` is the file of a method that was fitted before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.posthoc.calibration import calibrate
from equilingua.evaluation.posthoc.center import center
from equilingua.evaluation.posthoc.fitted import SUFFIX, Fitted, load
from equilingua.evaluation.posthoc.lir import remove_directions
from equilingua.evaluation.posthoc.shift import PIVOT, shift
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from equilingua.evaluation.posthoc.fitted import Source
    from equilingua.evaluation.posthoc.sides import Side, Step

# What results fitted on the benchmark itself are labelled with: such figures have seen the texts they are measured on.
EVALUATION_TEXTS = "the evaluation texts themselves"
_JOINT = "+"
_KNOWN = ("center", "shift", "lir:1", "lir:2", "lir:4", "calibrate", "calibrate:z")
_DECIMAL = re.compile(r"\d+(\.\d+)?", re.ASCII)
_CALIBRATIONS = ("calibrate", "calibrate:z")


@dataclass(frozen=True)
class Posthoc:
    """A method, or several one after the other.

    Attributes:
        name: as it was asked for.
        steps: each is fitted on a side and then changes that side's vectors.
        calibration: the name of what is done to the scores at last, or None.
        pivot: the language that it is fitted on translations of; None where it needs none.
    """

    name: str
    steps: tuple[Callable[[Side], Step], ...]
    calibration: str | None
    pivot: str | None = None

    def fit(self, queries: Side, passages: Side, source: Source | None = None) -> Fitted:
        """Fit the steps; each is fitted on what the ones before it made of the vectors.

        Args:
            queries: background questions.
            passages: background passages.
            source: what they are; None for what is to be changed itself.

        Raises:
            DataError: a step leaves nothing of a vector.
            UsageError: a step asks for more than the vectors' dimensions.
        """
        steps = []
        for number, step in enumerate(self.steps, start=1):
            steps.append((step(queries), step(passages)))
            if number < len(self.steps) or self.calibration:
                queries, passages = steps[-1][0](queries), steps[-1][1](passages)
        divide = self.calibration == "calibrate:z"
        calibration = calibrate(queries, passages, divide=divide) if self.calibration else None
        return Fitted(self.name, tuple(steps), calibration, source)


def find(name: str | Fitted | None) -> Posthoc | Fitted | None:
    """Return the method of that name, or the fitted one in the file of that name; None for None.

    Raises:
        UsageError: there is none of that name, or calibration is not the last.
        DataError: the file is damaged, or holds none.
    """
    if name is None or isinstance(name, Fitted):
        return name
    if name.endswith(SUFFIX):
        return load(expanded(name))
    *first, last = name.split(_JOINT)
    for part in first:
        if part in _CALIBRATIONS:
            raise UsageError(f"posthoc '{name}': '{part}' is of scores, so it comes last")
    calibration = last if last in _CALIBRATIONS else None
    parts = first if calibration else [*first, last]
    pivot = PIVOT if any(part.partition(":")[0] == "shift" for part in parts) else None
    return Posthoc(name, tuple(map(_step, parts)), calibration, pivot)


def _step(name: str) -> Callable[[Side], Step]:
    kind, colon, value = name.partition(":")
    if name == "center":
        return center
    if name == "shift":
        return partial(shift, alpha=1.0)
    if kind == "shift" and _DECIMAL.fullmatch(value) and float(value) > 0:
        return partial(shift, alpha=float(value))
    if kind == "lir" and colon and value.isascii() and value.isdigit() and int(value) > 0:
        return partial(remove_directions, directions=int(value))
    raise unknown_name("posthoc", name, _KNOWN)


def split(name: str) -> tuple[str, str | None]:
    """Split a method off an encoder's name.

    Methods are joined by the same sign, so the first plus that a known method follows is the one.

    >>> split("embedded:base+center+lir:1"), split("a+b")
    (('embedded:base', 'center+lir:1'), ('a+b', None))

    Raises:
        UsageError: what follows is the file of a fitted method that is not there.
        DataError: that file is damaged.
    """
    encoder, _, method = name.partition(_JOINT)
    if expanded(name).exists():
        return name, None
    while method:
        try:
            find(method)
        except UsageError:
            more, _, method = method.partition(_JOINT)
            encoder = f"{encoder}{_JOINT}{more}"
        else:
            return encoder, method
    if _JOINT in name and name.endswith(SUFFIX):
        raise UsageError(f"{name}: there is no such file of a fitted method")
    return name, None
