"""How large a difference is, and how sure: over seeds and over groups of questions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.evaluation import seeds, significance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.significance import Estimate
    from equilingua.study.contrasts import Contrast
    from equilingua.study.record import StudyRecord

CONFIDENCE = 0.95
LEVEL = 0.05
# What the uncertainty of an effect is over.
SEEDS_AND_QUESTIONS, QUESTIONS, SEEDS = "seeds and questions", "questions", "seeds"


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference, as measured.

    Attributes:
        contrast: that it is of.
        better: mean figure of the point that was expected to be better; NaN if none of its runs is finished.
        worse: of the other.
        deviations: standard deviations of both over their runs; None for one run.
        runs: finished runs of both.
        estimate: of the better point's gain over the worse, positive in the expected direction; None where it cannot
            be estimated.
        beyond: likewise of what the gain has beyond the margin; the same where there is no margin.
        p: two-sided p-value of "the gain is exactly the margin", corrected over the study's hypotheses; 1 if there
            is none.
        over: what the uncertainty is over: "seeds and questions", "questions" or "seeds".
        groups: of questions that were tested; 0 where they were not kept.
        lacking: why there is no test; empty if there is one.
    """

    contrast: Contrast
    better: float
    worse: float
    deviations: tuple[float | None, float | None]
    runs: tuple[int, int]
    estimate: Estimate | None = None
    beyond: Estimate | None = None
    p: float = 1.0
    over: str = ""
    groups: int = 0
    lacking: str = ""


def effects(
    study: StudyRecord, contrasts: Sequence[Contrast], correction: significance.Correction = "holm"
) -> tuple[Effect, ...]:
    """Estimate the effect behind each of a family of contrasts, with p-values corrected over all of them.

    One that cannot be tested yet stays in the family with p = 1, so that a verdict does not turn merely
    because the last runs end.

    Raises:
        DataError: a file of the study is damaged.
    """
    found = [effect(study, contrast) for contrast in contrasts]
    raw = [1.0 if one.beyond is None else one.beyond.p for one in found]
    corrected = significance.correct(raw, correction)
    return tuple(replace(one, p=float(p)) for one, p in zip(found, corrected, strict=True))


def effect(study: StudyRecord, contrast: Contrast) -> Effect:
    """Estimate one effect; its p-value is not corrected.

    Trained points are compared over seeds and groups together (`evaluation.seeds.over_seeds`), with the spread over
    seeds that all trained points of the study show; two points that nobody
    trained over groups alone, by randomisation; and a measure that is not kept question by question over seeds alone,
    by Welch's test. One run of a trained point says nothing about its recipe, so there is no test then.
    """
    sides = (contrast.better, contrast.worse)
    runs = [study.done(point) for point in sides]
    tables = _tables(study, contrast)
    if tables is None:
        return _without_test(study, contrast, "not measured yet")
    means = [one.mean(axis=1) for one in tables]
    kept = tables[0].shape[1] > 1
    bare = Effect(
        contrast,
        better=float(means[0].mean()),
        worse=float(means[1].mean()),
        deviations=(seeds.deviation(means[0]), seeds.deviation(means[1])),
        runs=(len(runs[0]), len(runs[1])),
        groups=tables[0].shape[1] if kept else 0,
    )
    single = [point for point, own in zip(sides, runs, strict=True) if study.trained(point) and len(own) < 2]
    if single:
        return replace(bare, lacking=f"one seed of {' and '.join(single)}")
    trained = any(study.trained(point) for point in sides)
    if not kept and not trained:
        return replace(bare, lacking="nothing to test over: neither seeds nor questions")
    over = QUESTIONS if not trained else SEEDS_AND_QUESTIONS if kept else SEEDS
    spread = _spread(study, contrast)
    plain, shifted = (_estimate(*_oriented(tables, contrast, margin=margin), spread) for margin in (False, True))
    return replace(bare, estimate=plain, beyond=shifted, p=shifted.p, over=over)


def _tables(study: StudyRecord, contrast: Contrast) -> list[NDArray[np.float64]] | None:
    """Return both points' figures, float64 [runs, groups]; one group where questions were not kept; None: no runs."""
    runs = [study.done(point) for point in (contrast.better, contrast.worse)]
    if not all(runs):
        return None
    together = study.of_groups([*runs[0], *runs[1]], contrast.benchmark, contrast.measure, contrast.parts)
    if together is not None:
        return np.split(together, [len(runs[0])])
    if contrast.parts:
        return None
    values = [
        study.of_point(point, contrast.benchmark, contrast.measure) for point in (contrast.better, contrast.worse)
    ]
    return [np.asarray(one)[:, None] for one in values] if all(values) else None


def _oriented(
    tables: Sequence[NDArray[np.float64]], contrast: Contrast, *, margin: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sides so that first − second is the gain, or the gain beyond the margin.

    A relative margin scales the worse side instead of being subtracted, so that the uncertainty of its figure is in
    the test too.
    """
    better, worse = tables
    sign = 1.0 if contrast.higher else -1.0
    if margin:
        worse = worse * (1 + sign * contrast.relative_margin) + sign * contrast.margin
    return sign * better, sign * worse


def _spread(study: StudyRecord, contrast: Contrast) -> seeds.Spread | None:
    """Pool the spread over seeds of all trained points that have the contrast's figure."""
    samples = []
    for point in study.points:
        runs = study.done(point)
        if len(runs) > 1:
            table = study.of_groups(runs, contrast.benchmark, contrast.measure, contrast.parts)
            figures = study.of_point(point, contrast.benchmark, contrast.measure)
            samples.append(np.asarray(figures) if table is None else table.mean(axis=1))
    return seeds.pooled(samples)


def _estimate(better: NDArray[np.float64], worse: NDArray[np.float64], spread: seeds.Spread | None = None) -> Estimate:
    if better.shape[1] == 1:
        # The same figure in two groups: no spread over groups, which leaves Welch's test over the runs.
        better, worse = np.repeat(better, 2, axis=1), np.repeat(worse, 2, axis=1)
    if len(better) == len(worse) == 1:
        return significance.paired(better[0] - worse[0], confidence=CONFIDENCE)
    return seeds.over_seeds(better, worse, confidence=CONFIDENCE, spread=spread)


def _without_test(study: StudyRecord, contrast: Contrast, lacking: str) -> Effect:
    sides = (contrast.better, contrast.worse)
    values = [study.of_point(point, contrast.benchmark, contrast.measure) for point in sides]
    means = [float(np.mean(one)) if one and not contrast.parts else float("nan") for one in values]
    runs = (len(study.done(sides[0])), len(study.done(sides[1])))
    return Effect(contrast, means[0], means[1], (None, None), runs, lacking=lacking)
