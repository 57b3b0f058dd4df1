import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.batching.plan import BatchPlan
from equilingua.errors import UsageError


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        ("monolingual", ("monolingual",)),
        ("english", ("monolingual",)),
        ("cross-lingual", ("cross-lingual",)),
        ("mixed", ("mixed",)),
        ("hybrid", ("monolingual", "cross-lingual")),
    ],
)
def test_kinds_of_a_strategy(strategy, kinds):
    assert BatchPlan(strategy, 8).kinds == kinds


@pytest.mark.parametrize(("alpha", "kind"), [(1, "monolingual"), (0, "cross-lingual")])
def test_hybrid_at_its_ends_draws_one_kind(alpha, kind):
    assert BatchPlan("hybrid", 8, alpha=alpha).kinds == (kind,)


def test_schedule_is_linear_between_points_and_constant_outside():
    plan = BatchPlan("hybrid", 8, alpha=[[0.25, 1], [0.75, 0.5]], steps=100)
    shares = plan.monolingual_shares(np.array([0, 25, 50, 75, 100, 10_000])).tolist()
    assert shares == [1, 1, 0.75, 0.5, 0.5, 0.5]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(1, 1000))
def test_schedule_stays_within_its_values(alphas, steps):
    points = tuple(zip(np.linspace(0, 1, len(alphas) + 1)[1:], alphas, strict=True))
    shares = BatchPlan("hybrid", 8, alpha=points, steps=steps).monolingual_shares(np.arange(2 * steps))
    assert min(alphas) - 1e-12 <= shares.min() <= shares.max() <= max(alphas) + 1e-12


@pytest.mark.parametrize(("languages", "temperature"), [("equal", 0), ("size", 1), (0.3, 0.3), (1, 1)])
def test_temperature(languages, temperature):
    assert BatchPlan("mixed", 8, languages=languages).temperature == temperature


def test_a_plan_becomes_a_dictionary_and_back():
    plan = BatchPlan("hybrid", 8, alpha=((0, 1), (1, 0)), steps=5, sources={"a": 1})
    assert BatchPlan(**dataclasses.asdict(plan)) == plan
    assert hash(plan) == hash(BatchPlan(**dataclasses.asdict(plan)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategy": "hybird"}, "unknown strategy 'hybird': did you mean 'hybrid'?"),
        ({"size": 1}, "batch size 1: use a whole number of 2 or more"),
        ({"size": 8.0}, "batch size 8.0"),
        ({"size": True}, "batch size True"),
        ({"alpha": 1.5}, "alpha 1.5: use a number from 0 to 1"),
        ({"alpha": -0.1}, "alpha -0.1"),
        ({"alpha": float("nan")}, "alpha nan"),
        ({"alpha": "half"}, "alpha 'half'"),
        ({"alpha": None}, "alpha None"),
        ({"alpha": []}, "alpha schedule"),
        ({"alpha": [0.5, 0.6], "steps": 9}, "use points such as"),
        ({"alpha": [(0, 1), (1, 2)], "steps": 9}, "alpha 2"),
        ({"alpha": [(0, 1), (1.1, 0)], "steps": 9}, "progress in alpha schedule 1.1"),
        ({"alpha": [(0.5, 1), (0.5, 0)], "steps": 9}, "progress must rise"),
        ({"alpha": [(0, 1), (1, 0)]}, "an alpha schedule needs steps"),
        ({"steps": 0}, "steps 0"),
        ({"languages": "equally"}, "unknown language weighting 'equally': did you mean 'equal'?"),
        ({"languages": 0}, "temperature in (0, 1]"),
        ({"languages": 1.2}, "temperature in (0, 1]"),
        ({"languages": None}, "languages None"),
        ({"pairs": "one"}, "unknown pairs mode 'one'"),
        ({"sources": {}}, "weights by source name"),
        ({"sources": ["a"]}, "weights by source name"),
        ({"sources": {"a": -1}}, "weight -1 of source 'a'"),
        ({"sources": {"a": 0}}, "all weights are 0"),
        ({"distinct": "yes"}, "distinct 'yes'"),
    ],
)
def test_bad_plans_say_what_is_wrong(changes, message):
    with pytest.raises(UsageError) as raised:
        BatchPlan(**{"strategy": "hybrid", "size": 8, **changes})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
