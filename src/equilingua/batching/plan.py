"""What a run's batches shall be: strategy, size, shares and weights, checked when the plan is made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeGuard

import numpy as np

from equilingua.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from equilingua.batching.draws import Floats, Ints

Kind = Literal["monolingual", "cross-lingual", "mixed"]
MONOLINGUAL: Kind = "monolingual"
CROSS_LINGUAL: Kind = "cross-lingual"
MIXED: Kind = "mixed"

STRATEGIES = ("monolingual", "cross-lingual", "mixed", "english", "hybrid")
LANGUAGE_WEIGHTS = ("equal", "size")
PAIR_MODES = ("mixed", "single")


@dataclass(frozen=True)
class BatchPlan:
    """Which pairs meet in a batch.

    Attributes:
        strategy: `monolingual` (X-X-mono: one language a batch), `cross-lingual` (X-Y: question and passage of every
            item in different languages), `mixed` (X-X: same-language pairs, languages mixed in a batch), `english`
            (En-En) or `hybrid` (monolingual with probability alpha, else cross-lingual).
        size: items in a batch, over all ranks.
        alpha: share of monolingual batches under `hybrid`: a number in [0, 1], or a schedule of points
            `((progress, alpha), …)`, linear between them and constant outside. Other strategies do not read it.
        languages: how often a language is drawn: `equal`, `size` (by its rows) or a temperature t in (0, 1], which
            gives it the weight rows ** t.
        pairs: cross-lingual batches hold all language pairs (`mixed`) or one ordered pair each (`single`).
        sources: weight of each source by name; None draws sources by their size.
        steps: length of the run; progress = step / steps. Needed only by a schedule.
        distinct: no two items of a batch share a group or a passage. False keeps only the same row from coming
            twice, so that translations of one item may meet as each other's negatives, as they do in plain sampling.

    Raises:
        UsageError: an unknown name or a value out of range.
    """

    strategy: str
    size: int
    alpha: float | tuple[tuple[float, float], ...] = 0.5
    languages: str | float = "equal"
    pairs: str = "mixed"
    sources: Mapping[str, float] | None = field(default=None, hash=False)
    steps: int | None = None
    distinct: bool = True

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise unknown_name("strategy", str(self.strategy), STRATEGIES)
        if not _is_whole(self.size) or self.size < 2:
            raise UsageError(
                f"batch size {self.size!r}: use a whole number of 2 or more (a pair's negatives are the others')"
            )
        if self.steps is not None and (not _is_whole(self.steps) or self.steps < 1):
            raise UsageError(f"steps {self.steps!r}: use a whole number of 1 or more")
        if self.pairs not in PAIR_MODES:
            raise unknown_name("pairs mode", str(self.pairs), PAIR_MODES)
        if not isinstance(self.distinct, bool):
            raise UsageError(f"distinct {self.distinct!r}: use true or false")
        _check_language_weights(self.languages)
        object.__setattr__(self, "alpha", _checked_alpha(self.alpha, self.steps))
        object.__setattr__(self, "sources", _checked_sources(self.sources))

    @property
    def temperature(self) -> float:
        """The exponent t of a language's weight, rows ** t: 0 for `equal`, 1 for `size`."""
        if isinstance(self.languages, str):
            return {"equal": 0.0, "size": 1.0}[self.languages]
        return float(self.languages)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of batch that this plan can draw."""
        if self.strategy == "mixed":
            return (MIXED,)
        alphas = self._alphas()
        monolingual: tuple[Kind, ...] = (MONOLINGUAL,) if max(alphas) > 0 else ()
        cross_lingual: tuple[Kind, ...] = (CROSS_LINGUAL,) if min(alphas) < 1 else ()
        return monolingual + cross_lingual

    def monolingual_shares(self, steps: Ints) -> Floats:
        """Return the probability of a monolingual batch at each of `steps`, [n] → float64 [n]."""
        if self.strategy != "hybrid" or not isinstance(self.alpha, tuple):
            return np.full(len(steps), self._alphas()[0])
        assert self.steps is not None
        progress, alpha = np.asarray(self.alpha).T
        shares: Floats = np.interp(steps / self.steps, progress, alpha)
        return shares

    def _alphas(self) -> tuple[float, ...]:
        if self.strategy in ("monolingual", "english"):
            return (1.0,)
        if self.strategy in ("cross-lingual", "mixed"):
            return (0.0,)
        return tuple(alpha for _, alpha in self.alpha) if isinstance(self.alpha, tuple) else (self.alpha,)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(float(value))


def _check_language_weights(languages: object) -> None:
    if isinstance(languages, str):
        if languages not in LANGUAGE_WEIGHTS:
            raise unknown_name("language weighting", languages, (*LANGUAGE_WEIGHTS, "a temperature in (0, 1]"))
    elif not _is_number(languages) or not 0 < float(languages) <= 1:
        raise UsageError(f"languages {languages!r}: use equal, size or a temperature in (0, 1]")


def _checked_alpha(alpha: object, steps: int | None) -> float | tuple[tuple[float, float], ...]:
    if not isinstance(alpha, Sequence) or isinstance(alpha, str):
        return _checked_share("alpha", alpha)
    points = tuple(tuple(point) if isinstance(point, Sequence) else (point,) for point in alpha)
    if not points or any(len(point) != 2 or isinstance(point[0], str) for point in points):
        raise UsageError(f"alpha schedule {alpha!r}: use points such as [[0, 1.0], [1, 0.5]] (progress, alpha)")
    schedule = tuple((_checked_share("progress in alpha schedule", p), _checked_share("alpha", a)) for p, a in points)
    if any(left[0] >= right[0] for left, right in pairwise(schedule)):
        raise UsageError(f"alpha schedule {alpha!r}: progress must rise from point to point")
    if steps is None:
        raise UsageError("an alpha schedule needs steps, the length of the run, to know its progress")
    return schedule


def _checked_share(name: str, value: object) -> float:
    if not _is_number(value) or not 0 <= float(value) <= 1:
        raise UsageError(f"{name} {value!r}: use a number from 0 to 1")
    return float(value)


def _checked_sources(sources: object) -> dict[str, float] | None:
    if sources is None:
        return None
    if not isinstance(sources, Mapping) or not sources:
        raise UsageError(f"sources {sources!r}: use weights by source name, or leave them out to draw by size")
    for name, weight in sources.items():
        if not _is_number(weight) or weight < 0:
            raise UsageError(f"weight {weight!r} of source '{name}': use a number of 0 or more")
    if not any(sources.values()):
        raise UsageError("sources: all weights are 0, give at least one source a positive weight")
    return {str(name): float(weight) for name, weight in sources.items()}
