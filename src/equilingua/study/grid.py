"""From a study to its runs: points, named or combined from the grid, each with every seed, and what is not trained."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from equilingua import digests
from equilingua.errors import RecipeError, UsageError, unknown_name
from equilingua.study.definition import VALIDATION, Point, Untrained
from equilingua.training.recipe import Recipe, parse_recipe
from equilingua.training.recipe_yaml import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.study.definition import Study, StudySet

# What a recipe says of the machine rather than of the run.
_MACHINE = (("batches", "tokens"), ("batches", "memory"))


@dataclass(frozen=True, slots=True)
class Planned:
    """A point after the grid has been laid out.

    Attributes:
        name: unique in the study.
        changes: of the base recipe; of a contender, what it is.
        after: name of the point that it goes on from.
        contender: what is measured, if nothing is trained.
    """

    name: str
    changes: Mapping[str, Any]
    after: str | None = None
    contender: Untrained | None = None


@dataclass(frozen=True)
class Run:
    """One training run and its evaluation, or the evaluation of a contender.

    Attributes:
        id: names its files.
        point: that it is of.
        seed: of the training; None without any.
        recipe: of the training; None without any.
        after: id of the run whose encoder it begins with.
        sets: what it is measured on.
    """

    id: str
    point: Planned
    seed: int | None
    recipe: Recipe | None
    after: str | None
    sets: tuple[StudySet, ...]

    @property
    def plan(self) -> dict[str, Any]:
        """Everything that its figures depend on; a run whose plan changed is another run."""
        recipe = None if self.recipe is None else _without_machine(self.recipe)
        contender = self.point.contender
        return {
            "recipe": recipe,
            "contender": None if contender is None else contender.model_dump(mode="json"),
            "sets": {one.label: one.model_dump(mode="json", exclude={"points", "seconds"}) for one in self.sets},
        }

    @property
    def key(self) -> str:
        """A hash of the plan."""
        return digests.of_record(self.plan)


def renewed(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a plan that was written down with the recipe keys that have come since, at their defaults."""
    if plan.get("recipe") is None:
        return plan
    try:
        recipe = parse_recipe(plan["recipe"], "of a run")
    except RecipeError:
        return plan
    return {**plan, "recipe": _without_machine(recipe)}


def points(study: Study) -> list[Planned]:
    """Lay out a study's points: named ones and the grid, multiplied, then the contenders.

    Raises:
        UsageError: two of one name or of the same changes, or nothing at all.
    """
    combined = list(_combinations(study))
    named = study.points or {"": Point()}
    planned: list[Planned] = []
    if study.points or study.grid:
        for name, point in named.items():
            for label, changes in combined if point.grid else [("", {})]:
                joined = ", ".join(part for part in (name, label) if part)
                after = ", ".join(part for part in (point.after, label) if part) if point.after else None
                told = {"after": after} if after else {}
                planned.append(Planned(joined, {**point.changes, **changes, **told}, after))
    for name, contender in study.untrained.items():
        planned.append(Planned(name, contender.model_dump(exclude_none=True), contender=contender))
    _check_points(study, planned)
    return planned


def runs(study: Study, folder: Path) -> list[Run]:
    """Plan every run of a study, in an order in which none comes before the one that it goes on from.

    Args:
        study: with its base recipe in it.
        folder: of the training runs.

    Raises:
        UsageError: an unknown key, point or set; the message names the point.
    """
    known = {point.name: point for point in points(study)}
    _check_restrictions(study, known)
    ordered = _in_order(known)
    sets = {point.name: tuple(one for one in study.sets if _applies(one, point)) for point in ordered}
    planned = []
    # Seed by seed: what has run when a study is interrupted can be compared.
    for seed in study.seeds:
        for point in ordered:
            if point.contender is None:
                after = None if point.after is None else f"{slug(point.after)}-s{seed}"
                recipe = recipe_of(study, point, seed, None if after is None else str(folder / after))
                planned.append(Run(f"{slug(point.name)}-s{seed}", point, seed, recipe, after, sets[point.name]))
    planned += [
        Run(slug(point.name), point, None, None, None, sets[point.name])
        for point in ordered
        if point.contender is not None
    ]
    repeated = {run.id for run in planned if sum(other.id == run.id for other in planned) > 1}
    if repeated:
        raise UsageError(f"study {study.name}: two points would share the folder '{min(repeated)}': rename one")
    return planned


def recipe_of(study: Study, point: Planned, seed: int, start: str | None) -> Recipe:
    """Return the recipe of a point with a seed; `start` is the encoder that it begins with, if not the base's.

    Raises:
        RecipeError: a change has an unknown key or a wrong value; the message names study and point.
    """
    assert isinstance(study.recipe, Mapping)
    origin = f"of study {study.name}, point '{point.name}'"
    record = copy.deepcopy(dict(study.recipe))
    own = {key: value for key, value in point.changes.items() if key != "after"}
    last = {"seed": seed} | ({} if start is None else {"encoder.base": start})
    for changes in (study.changes, own, study.overrides, last):
        for key, value in changes.items():
            put(record, key, copy.deepcopy(value), f"recipe {origin}: key '{key}'")
    return parse_recipe(record, origin)


def written(value: Any) -> str:  # noqa: ANN401  (any YAML node)
    """Write a changed value as names of points have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def slug(name: str) -> str:
    """Return a name as a file can have it, distinct for distinct names of a study.

    >>> slug("alpha=0.5, size=64"), slug("fallend: 1 → 0.5")
    ('alpha=0.5,size=64', 'fallend-1-0.5-0a0ee1')
    """
    plain = name.replace(", ", ",")
    kept = re.sub(r"[^\w.=,+-]+", "-", plain, flags=re.ASCII).strip("-.")
    if kept == plain and len(kept) <= 80:
        return kept
    return f"{kept[:60]}-{digests.of_text(name, 3).hex()}"


def _without_machine(recipe: Recipe) -> dict[str, Any]:
    record = recipe.model_dump(mode="json", exclude={"tracking"})
    for section, key in _MACHINE:
        record[section].pop(key)
    return record


def _combinations(study: Study) -> Iterator[tuple[str, dict[str, Any]]]:
    axes = [[*_axis(key, values)] for key, values in study.grid.items()]
    for chosen in product(*axes):
        changes: dict[str, Any] = {}
        for _, change in chosen:
            changes |= change
        yield ", ".join(label for label, _ in chosen), changes


def _axis(key: str, values: list[Any] | dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    keys = [one.strip() for one in key.split(",")]
    short = keys[0].rpartition(".")[2]
    if isinstance(values, dict):
        listed = list(values.items())
    else:
        listed = [(f"{short}={written(value[0] if len(keys) > 1 else value)}", value) for value in values]
    for label, value in listed:
        yield str(label), dict(zip(keys, value, strict=True)) if len(keys) > 1 else {keys[0]: value}


def _in_order(known: Mapping[str, Planned]) -> list[Planned]:
    """Order points so that each comes after the one that it goes on from."""
    ordered: dict[str, Planned] = {}
    while len(ordered) < len(known):
        ready = [point for point in known.values() if point.name not in ordered and point.after in {None, *ordered}]
        if not ready:
            circle = next(name for name in known if name not in ordered)
            raise UsageError(f"point '{circle}': goes on from itself, by way of others: change `after`")
        ordered |= {point.name: point for point in ready}
    return list(ordered.values())


def _applies(one: StudySet, point: Planned) -> bool:
    chosen = one.points is None or point.name in one.points
    return chosen and not (one.set == VALIDATION and point.contender is not None)


def _check_points(study: Study, planned: list[Planned]) -> None:
    if not planned:
        raise UsageError(f"study {study.name}: there is nothing to run: give points, a grid or untrained")
    by_name: dict[str, Planned] = {}
    by_changes: dict[str, str] = {}
    for point in planned:
        if point.name in by_name:
            raise UsageError(f"study {study.name}: two points are called '{point.name}': rename one")
        by_name[point.name] = point
        text = json.dumps(point.changes, sort_keys=True, ensure_ascii=False)
        if text in by_changes:
            raise UsageError(f"study {study.name}: '{by_changes[text]}' and '{point.name}' are the same: drop one")
        by_changes[text] = point.name


def _check_restrictions(study: Study, known: Mapping[str, Planned]) -> None:
    labels = [one.label for one in study.sets]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"study {study.name}: two evaluation sets are called '{label}': give one a name")
    for one in study.sets:
        for name in one.points or ():
            if name not in known:
                raise unknown_name(f"point in set '{one.label}' of study {study.name}:", name, known)
    for point in known.values():
        if point.after is not None and (point.after not in known or known[point.after].contender is not None):
            trained = [name for name, other in known.items() if other.contender is None]
            raise unknown_name(f"point that '{point.name}' of study {study.name} goes on from:", point.after, trained)
