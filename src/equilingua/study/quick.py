"""A study as a smoke run: the same machinery on the shipped corpus, in minutes; its figures mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.evaluation.settings import SETTINGS
from equilingua.study import grid
from equilingua.study.definition import VALIDATION, Cost, DeclaredFigure, Hypothesis, Point, StudySet
from equilingua.study.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from equilingua.study.definition import PointComparison, Study

_LANGUAGES = ["en", "de", "ru", "zh-Hans"]
_CHANGES: Mapping[str, Any] = {
    "data": [{"name": "starter", "languages": _LANGUAGES}],
    "mixture.temperature": None,
    # All that is measured here; the full search is the work of minutes.
    "decontaminate": {"enabled": True, "against": ["starter"]},
    "batches.size": 8,
    "loss.negatives": 0,
    "optim.steps": 3,
    "lengths": {"query": 16, "passage": 32},
    "checkpoint": {"every": 2, "keep": 1},
    "validation": {"share": 0.02, "every": 3, "batches": 1, "patience": None},
}
_POINTS = 2
_MEASURED = "starter"
_COST = Cost(pair=0.03, start=15)


def quick(study: Study) -> Study:
    """Return a study of the same form that takes minutes: few points, few steps, the starter corpus in 4 languages.

    Names, comparisons, hypotheses and figures stay, as far as the points that are kept have them; whatever they were
    about is now about the starter corpus, under its own name.
    """
    points = grid.points(study)
    known = {point.name: point for point in points}
    trained = [point.name for point in points if point.contender is None]
    kept = study.quick.points or trained[:_POINTS]
    kept = [*kept, *(after for name in kept if (after := known[name].after) is not None and after not in kept)]
    contenders = {name: one for name, one in study.untrained.items() if one.encoder.startswith("embedded:")}
    names = [name for name in [*trained, *contenders] if name in kept or name in contenders]
    sets = [one for one in study.sets if one.set == VALIDATION]
    if study.select is None:
        sets.append(StudySet(set=_MEASURED, languages=_LANGUAGES, share=0.5, name=_MEASURED))
    labels = [one.label for one in sets]
    return study.model_copy(
        update={
            "points": {
                name: Point(
                    changes={key: value for key, value in known[name].changes.items() if key != "after"},
                    after=known[name].after,
                )
                for name in trained
                if name in kept
            },
            "grid": {},
            "untrained": {
                name: one.model_copy(update={"fit_on": one.fit_on and [_MEASURED]}) for name, one in contenders.items()
            },
            "overrides": {**_CHANGES, **study.quick.changes},
            "seeds": study.quick.seeds,
            "sets": sets,
            "comparisons": [moved for one in study.comparisons for moved in _comparisons(one, names, labels)],
            "hypotheses": [moved for one in study.hypotheses for moved in _hypotheses(one, names)],
            "figures": [_figure(one, names) for one in study.figures] if study.select is None else [],
            "prepare": [],
            "cost": _COST,
            "budget": None,
            "keep": "figures",
            "limits": ["A smoke run on the starter corpus: its figures mean nothing.", *study.limits],
        }
    )


def _comparisons(one: PointComparison, names: list[str], labels: list[str]) -> Iterator[PointComparison]:
    """Yield the comparison as far as there are points for it."""
    others = [name for name in one.others if name in names]
    kept = None if one.measures is None else [each for each in one.measures if _general(each.setting)]
    if one.first in names and others and kept != []:
        moved = None if one.benchmarks is None else [label for label in labels if label != VALIDATION] or None
        yield one.model_copy(update={"others": others, "benchmarks": moved, "measures": kept})


def _hypotheses(one: Hypothesis, names: list[str]) -> Iterator[Hypothesis]:
    """Yield the hypothesis, about the starter corpus, if there are points, languages and figures for it."""
    parts = None if one.parts is None else [part for part in one.parts if set(part.split(">")) <= set(_LANGUAGES)]
    if {one.better, one.worse} <= set(names) and _general(one.setting):
        benchmark = one.benchmark if one.benchmark == VALIDATION else _MEASURED
        told = f"Smoke run: {one.statement}"
        yield one.model_copy(update={"statement": told, "benchmark": benchmark, "parts": parts or None})


def _figure(one: DeclaredFigure, names: list[str]) -> DeclaredFigure:
    points = None if one.points is None else [name for name in one.points if name in names] or None
    kept = [each for each in one.measures if _general(each.setting)] or [Measure("multilingual", "map")]
    if one.kind == "trade-off" and len(kept) < 2:
        kept = [Measure("monolingual", "map"), Measure("cross_lingual", "map")]
    return one.model_copy(update={"benchmark": _MEASURED, "points": points, "measures": kept})


def _general(setting: str) -> bool:
    """Tell whether any parallel corpus has measures of a setting."""
    return setting in {*SETTINGS, "bias"}
