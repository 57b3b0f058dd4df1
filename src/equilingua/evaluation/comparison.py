"""Encoders on the same benchmark, side by side: which differences are more than chance, overall and by language."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from equilingua import provenance
from equilingua.errors import DataError, UsageError
from equilingua.evaluation import seeds, significance
from equilingua.evaluation.comparison_record import SCHEMA, Comparison, ComparisonRecord, Coverage, Difference
from equilingua.evaluation.group_figures import FIGURES, GroupFigures, of_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.results import Evaluation, Result


@dataclass(frozen=True, slots=True)
class Rule:
    """How differences are tested.

    Attributes:
        resamples: of each randomisation test and bootstrap.
        seed: makes the outcome repeatable.
        confidence: of the intervals, which are not corrected for many comparisons.
        level: a corrected p-value below it is no chance.
        correction: for many comparisons; see `significance.correct`.
        interval: how the bootstrap makes intervals.
    """

    resamples: int = 9999
    seed: int = 0
    confidence: float = 0.95
    level: float = 0.05
    correction: significance.Correction = "holm"
    interval: significance.Interval = "percentile"


@dataclass(frozen=True, eq=False)
class Contestant:
    """What is compared: an encoder, or a recipe by its runs with several seeds."""

    name: str
    runs: tuple[Evaluation, ...]


def compare(
    contestants: Sequence[Contestant], benchmark: str, rule: Rule | None = None, *, all_pairs: bool = False
) -> Comparison:
    """Compare contestants on a benchmark: mAP in each setting that it has and rank distance, overall and by part.

    A part with fewer than two groups is left out: it cannot be tested.

    Args:
        contestants: at least two, of distinct names, measured on the same benchmark.
        benchmark: its name.
        rule: how to test.
        all_pairs: each with each, and not only the first with every other.

    Raises:
        UsageError: fewer than two contestants, or two of one name.
        DataError: the results are of different questions, or of fewer than two groups.
    """
    rule = rule or Rule()
    check_names([contestant.name for contestant in contestants])
    results = {one.name: [run.results[benchmark] for run in one.runs] for one in contestants}
    silent = {name for name, runs in results.items() if any(run.bias.silent() for run in runs)}
    answered = _answered_by_all([run for name, runs in results.items() for run in runs if name not in silent])
    tables = {name: of_runs(runs, None if name in silent else answered) for name, runs in results.items()}
    names = list(tables)
    pairs = combinations(names, 2) if all_pairs else ((names[0], other) for other in names[1:])
    overall: list[Difference] = []
    by_part: list[Difference] = []
    for first, second in pairs:
        a, b = tables[first], tables[second]
        if {first, second} & silent:
            a, b = a.without_bias(), b.without_bias()
        compared = _compare(first, second, a, b, rule)
        overall += [row for row in compared if row.part is None]
        for setting, _, _ in FIGURES:
            by_part += _judged([row for row in compared if row.part is not None and row.setting == setting], rule)
    coverage = {name: _coverage(runs) for name, runs in results.items()}
    return Comparison(benchmark, tuple(_judged(overall, rule)), tuple(by_part), coverage)


def _coverage(results: Sequence[Result]) -> Coverage:
    """Return which questions the runs of a contestant answer, in the mean."""
    found = [result.bias.coverage() for result in results]
    by_language = {code: float(np.mean([one.get(code, math.nan) for one in found])) for code in found[0]}
    depths = [result.depth for result in results if result.depth is not None]
    mean = float(np.mean(list(by_language.values()))) if by_language else None
    return Coverage.model_validate({"mean": mean, "by_language": by_language, "depth": max(depths, default=None)})


def _answered_by_all(results: Sequence[Result]) -> NDArray[np.bool_] | None:
    """Return which lists of bias figures are of questions that all answer; None if there are no results."""
    masks = [result.bias.answered for result in results]
    if len({len(mask) for mask in masks}) > 1:
        name = results[0].benchmark.name
        raise DataError(f"benchmark '{name}': the results are of different questions or languages")
    return np.logical_and.reduce(masks) if masks else None


def check_names(names: Sequence[str]) -> None:
    """Check that there is something to compare.

    Raises:
        UsageError: fewer than two names, or one that is there twice.
    """
    if len(names) < 2:
        raise UsageError("fewer than two encoders to compare: name at least two")
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated:
        raise UsageError(f"two contestants are called '{repeated[0]}': give them names of their own (NAME=ENCODER)")


def record(
    contestants: Sequence[Contestant], compared: Mapping[str, Comparison], rule: Rule | None = None
) -> ComparisonRecord:
    """Return what `equilingua compare --json` writes; `compared` is by the benchmark's name."""
    rule = rule or Rule()
    return ComparisonRecord.model_validate(
        {
            "schema": SCHEMA,
            "a": contestants[0].name,
            "b": contestants[1].name,
            "encoders": [
                {
                    "name": one.name,
                    "runs": [
                        {"encoder": run.encoder, "posthoc": run.posthoc, "posthoc_fitted_on": run.posthoc_fitted_on}
                        for run in one.runs
                    ],
                }
                for one in contestants
            ],
            "test": {
                "unit": "group",
                "resamples": rule.resamples,
                "seed": rule.seed,
                "confidence": rule.confidence,
                "interval": rule.interval,
                "correction": rule.correction,
                "significant": rule.level,
            },
            "results": {name: list(one.overall) for name, one in compared.items()},
            "coverage": {name: dict(one.coverage) for name, one in compared.items()},
            "by_part": {name: list(one.by_part) for name, one in compared.items()},
            "versions": provenance.versions(),
        }
    )


def _compare(first: str, second: str, a: GroupFigures, b: GroupFigures, rule: Rule) -> list[Difference]:
    a.require_same(b)
    several = len(a.values) > 1 or len(b.values) > 1
    estimates = _over_seeds(a, b, rule) if several else _paired(a, b, rule)
    ours, theirs = np.nanmean(a.values, axis=1), np.nanmean(b.values, axis=1)
    return [
        Difference.model_validate(
            {
                "first": first,
                "second": second,
                "setting": setting,
                "figure": figure,
                **({} if part is None else {"part": part}),
                "a": float(ours[:, place].mean()),
                "b": float(theirs[:, place].mean()),
                "a_deviation": seeds.deviation(ours[:, place]),
                "b_deviation": seeds.deviation(theirs[:, place]),
                **asdict(estimates[place]),
                "p_corrected": estimates[place].p,
                "verdict": "tie",
                "test": "seeds" if several else "randomisation",
            }
        )
        for place, (setting, figure, part) in enumerate(a.columns)
    ]


def _paired(a: GroupFigures, b: GroupFigures, rule: Rule) -> list[significance.Estimate]:
    return significance.paired_together(
        a.values[0] - b.values[0],
        resamples=rule.resamples,
        confidence=rule.confidence,
        seed=rule.seed,
        interval=rule.interval,
    )


def _over_seeds(a: GroupFigures, b: GroupFigures, rule: Rule) -> list[significance.Estimate]:
    estimates = []
    for place in range(len(a.columns)):
        present = ~np.isnan(a.values[0, :, place])
        ours, theirs = a.values[:, present, place], b.values[:, present, place]
        estimates.append(seeds.over_seeds(ours, theirs, confidence=rule.confidence))
    return estimates


def _judged(family: Sequence[Difference], rule: Rule) -> list[Difference]:
    """Correct the p-values of one family, and say what follows."""
    higher_is_better = {setting: higher for setting, _, higher in FIGURES}
    corrected = significance.correct([row.p for row in family], rule.correction)
    judged = []
    for row, p in zip(family, corrected, strict=True):
        better = (row.difference > 0) == higher_is_better[row.setting]
        verdict = "tie" if p >= rule.level else "win" if better else "loss"
        judged.append(row.model_copy(update={"p_corrected": float(p), "verdict": verdict}))
    return judged
