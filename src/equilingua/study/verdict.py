"""What follows from an effect, and the words for it: computed from interval, corrected p and margin, never typed."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.study import measures as named
from equilingua.study.effects import CONFIDENCE, LEVEL

if TYPE_CHECKING:
    from collections.abc import Collection

    from equilingua.study.contrasts import Contrast
    from equilingua.study.effects import Effect

SUPPORTED, CONTRADICTED, UNDECIDED, NOT_RUN = "supported", "contradicted", "undecided", "not run yet"
VERDICTS = (SUPPORTED, CONTRADICTED, UNDECIDED, NOT_RUN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A hypothesis judged.

    Attributes:
        effect: that it rests on.
        outcome: one of `VERDICTS`.
        expected: the hypothesis in words.
        words: what was found, in words.
    """

    effect: Effect
    outcome: str
    expected: str
    words: str


def judge(effect: Effect) -> Verdict:
    """Judge one hypothesis.

    It is supported where the gain lies beyond the margin: the whole interval does, and the corrected p-value is below
    the level; contradicted where it lies short of the margin by the same rule; else undecided.
    """
    return Verdict(effect, outcome(effect), expectation(effect.contrast), words(effect))


def outcome(effect: Effect) -> str:
    """Return "supported", "contradicted", "undecided", or "not run yet" where a side has no finished run."""
    if effect.beyond is None:
        return UNDECIDED if all(effect.runs) and math.isfinite(effect.better - effect.worse) else NOT_RUN
    if effect.p >= LEVEL or effect.beyond.low <= 0 <= effect.beyond.high:
        return UNDECIDED
    return SUPPORTED if effect.beyond.low > 0 else CONTRADICTED


def tally(outcomes: Collection[str]) -> str:
    """Say how often each outcome came up, in the order of `VERDICTS`.

    >>> tally(["undecided", "supported", "undecided"])
    '1 supported, 2 undecided'
    """
    counted = Counter(outcomes)
    return ", ".join(f"{counted[name]} {name}" for name in VERDICTS if counted[name])


def expectation(contrast: Contrast) -> str:
    """Say what a hypothesis expects."""
    measure = contrast.measure
    better, worse = named.point(contrast.better), named.point(contrast.worse)
    more = "higher" if contrast.higher else "lower"
    margin = _margin(contrast)
    relation = f"is {more} with {better} than with {worse}"
    if margin and _loss(contrast):
        less = "lower" if contrast.higher else "higher"
        relation = f"with {better} is at most {margin} {less} than with {worse}"
    elif margin:
        relation += f" by at least {margin}"
    return f"{named.capital(named.title(measure))} on {_where(contrast)} {relation}."


def words(effect: Effect) -> str:
    """Say what was found: both figures, the difference with its interval, p, and what that means."""
    contrast = effect.contrast
    measure = contrast.measure
    better, worse = named.point(contrast.better), named.point(contrast.worse)
    if not math.isfinite(effect.better - effect.worse):
        lacking = [point for point, runs in zip((better, worse), effect.runs, strict=True) if not runs]
        return f"Not run yet: {' and '.join(lacking) or 'the figure'} is lacking."
    figures = (
        f"{named.write(measure, effect.better)} with {better} and {named.write(measure, effect.worse)} with {worse}"
    )
    if effect.estimate is None:
        lean = "against it" if _short(effect) else "for it"
        return f"{figures}: {effect.lacking}, so there is no test; as it stands, the figures speak {lean}."
    margin = _margin(contrast)
    said = {
        SUPPORTED: "beyond the margin by more than chance" if margin else "more than chance",
        CONTRADICTED: "short of the margin by more than chance" if margin else "more than chance, and the other way",
        UNDECIDED: "and whether that is beyond the margin may be chance" if margin else "which may be chance",
    }[outcome(effect)]
    against = " against the margin" if margin else ""
    return (
        f"{figures}: a difference of {interval(effect)}, corrected p{against} {p_value(effect.p)}, {said} "
        f"({spread(effect)})."
    )


def interval(effect: Effect) -> str:
    """Write the difference, better point less worse point, with its confidence interval."""
    if effect.estimate is None:
        return named.write_difference(effect.contrast.measure, effect.better - effect.worse)
    sign = 1.0 if effect.contrast.higher else -1.0
    # An interval of gains is one of differences turned round where less is better.
    ends = sorted((sign * effect.estimate.low, sign * effect.estimate.high))
    difference, low, high = (
        named.write_difference(effect.contrast.measure, value) for value in (sign * effect.estimate.difference, *ends)
    )
    return f"{difference} [{low}, {high}]"


def p_value(p: float) -> str:
    """Write a p-value after its sign of relation.

    >>> p_value(0.0312), p_value(0.00001)
    ('= .031', '< .001')
    """
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)


def spread(effect: Effect) -> str:
    """Say what the interval and the test are over."""
    counted = f"{effect.runs[0]} and {effect.runs[1]} runs"
    questions = f"{effect.groups:,} groups of questions"
    over = {"seeds": counted, "questions": questions}.get(effect.over, f"{counted}, {questions}")
    return f"{100 * CONFIDENCE:.0f} % interval over {over}"


def _where(contrast: Contrast) -> str:
    return contrast.benchmark + (f" ({', '.join(contrast.parts)})" if contrast.parts else "")


def _short(effect: Effect) -> bool:
    """Whether a gain falls short of its margin, uncertainty aside."""
    contrast = effect.contrast
    sign = 1.0 if contrast.higher else -1.0
    needed = effect.worse * (1 + sign * contrast.relative_margin) + sign * contrast.margin
    return sign * (effect.better - needed) <= 0


def _margin(contrast: Contrast) -> str:
    if contrast.relative_margin:
        return f"{abs(contrast.relative_margin):.0%}"
    return named.write(contrast.measure, abs(contrast.margin)) if contrast.margin else ""


def _loss(contrast: Contrast) -> bool:
    return min(contrast.margin, contrast.relative_margin) < 0
