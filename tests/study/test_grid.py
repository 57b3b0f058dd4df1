from pathlib import Path

import pytest

from equilingua.errors import RecipeError, UsageError
from equilingua.study import grid
from equilingua.study.definition import parse_study
from tests.study import studies

RUNS = Path("runs/studies/test")


def study(**changes):
    return parse_study(studies.record("encoder", name="test", **changes), "test")


def names(declared):
    return [point.name for point in grid.points(declared)]


def test_points_and_grid_are_multiplied_and_contenders_come_last():
    declared = study(
        points={"one": {}, "two": {"changes": {"optim.lr": 1e-4}}, "alone": {"grid": False, "changes": {"seed": 9}}},
        grid={"batches.alpha": [0, 0.5], "batches.size,optim.steps": {"small": [4, 8], "large": [8, 4]}},
    )

    assert names(declared) == [
        "one, alpha=0, small", "one, alpha=0, large", "one, alpha=0.5, small", "one, alpha=0.5, large",
        "two, alpha=0, small", "two, alpha=0, large", "two, alpha=0.5, small", "two, alpha=0.5, large",
        "alone", "base", "centred",
    ]  # fmt: skip
    large = grid.points(declared)[1]
    assert large.changes == {"batches.alpha": 0, "batches.size": 8, "optim.steps": 4}


def test_a_grid_alone_is_enough_and_values_may_be_schedules():
    declared = study(points={}, grid={"batches.alpha": {"rising": [[0, 0.0], [1, 1.0]], "even": 0.5}}, untrained={})
    runs = grid.runs(declared, RUNS)

    assert [run.id for run in runs] == ["rising-s0", "even-s0", "rising-s1", "even-s1"]
    assert runs[0].recipe.batches.alpha == [(0.0, 0.0), (1.0, 1.0)]
    assert [run.recipe.seed for run in runs] == [0, 0, 1, 1]


def test_changes_reach_into_lists_and_overrides_come_last():
    declared = study(
        changes={"data.0.max_pairs": 5, "optim.steps": 7},
        points={"one": {"changes": {"optim.steps": 9, "encoder.adapter": {"kind": "lora"}}}},
        overrides={"optim.steps": 2},
    )
    recipe = grid.runs(declared, RUNS)[0].recipe

    assert (recipe.data[0].max_pairs, recipe.optim.steps, recipe.encoder.adapter.rank) == (5, 2, 16)


def test_a_point_may_go_on_from_another_ones_encoder_of_the_same_seed():
    declared = study(points={"second": {"after": "first"}, "first": {"changes": {"optim.lr": 1e-4}}}, untrained={})
    runs = {run.id: run for run in grid.runs(declared, RUNS)}

    assert list(runs) == ["first-s0", "second-s0", "first-s1", "second-s1"]
    assert runs["second-s1"].after == "first-s1"
    assert runs["second-s1"].recipe.encoder.base == "runs/studies/test/first-s1"
    assert runs["first-s1"].recipe.encoder.base == "encoder"


def test_the_key_changes_with_the_recipe_or_the_sets_but_not_with_the_machine():
    def key(**changes):
        return grid.runs(study(**changes), RUNS)[0].key

    assert key() == key(title="another", changes={"batches.memory": 3.0, "batches.tokens": 4096})
    assert len({key(), key(changes={"optim.lr": 2e-3}), key(sets=[{"set": "starter"}])}) == 3
    assert key(sets=[{"set": "starter", "seconds": 9}]) == key(sets=[{"set": "starter"}])


def test_sets_may_be_for_some_points_only_and_contenders_hold_nothing_out():
    declared = study(sets=[{"set": "validation"}, {"set": "starter", "points": ["monolingual", "base"]}])
    labels = {run.id: [one.label for one in run.sets] for run in grid.runs(declared, RUNS)}

    assert labels["monolingual-s0"] == ["validation", "starter"]
    assert labels["cross-lingual-s0"] == ["validation"]
    assert (labels["base"], labels["centred"]) == (["starter"], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": {"a": {"after": "b"}, "b": {"after": "a"}}}, "goes on from itself"),
        ({"points": {"a": {"after": "hybird"}, "hybrid": {}}}, "did you mean 'hybrid'?"),
        ({"points": {"a": {}, "b": {}}}, "'a' and 'b' are the same"),
        ({"points": {"base": {}}}, "two points are called 'base'"),
        ({"points": {}, "untrained": {}}, "nothing to run"),
        ({"sets": [{"set": "starter"}, {"set": "starter"}]}, "two evaluation sets are called 'starter'"),
        ({"sets": [{"set": "starter", "points": ["monolngual"]}]}, "did you mean 'monolingual'?"),
    ],
)
def test_what_cannot_be_planned_is_said(changes, message):
    with pytest.raises(UsageError) as caught:
        grid.runs(study(**changes), RUNS)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("batches.alhpa", 0.5, "unknown key 'batches.alhpa': did you mean 'alpha'?"),
        ("batches.alpha", 2, "alpha 2.0: use a number from 0 to 1"),
        ("precision.deep", 2, "'precision' is a single value"),
        ("data.7.name", "starter", "'7' is no index of a list of 1"),
    ],
)
def test_an_unknown_recipe_key_names_study_point_and_nearest(key, value, message):
    with pytest.raises(RecipeError) as caught:
        grid.runs(study(points={"wrong": {"changes": {key: value}}}), RUNS)

    assert str(caught.value).startswith("recipe of study test, point 'wrong': ")
    assert message in str(caught.value)


def test_slugs_of_distinct_names_are_distinct():
    given = ["a b", "a/b", "α=0.5", "β=0.5", "alpha=0.5, size=8", "x" * 90, "x" * 91, "..", "a-b"]

    made = [grid.slug(name) for name in given]
    assert len(set(made)) == len(given)
    assert all("/" not in one and not one.startswith(".") and len(one) <= 80 for one in made)
