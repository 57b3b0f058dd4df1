import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.losses.consistency import consistency_loss
from tests.training.losses.vectors import distribution, random_mask, unit_vectors


def by_plain_loops(queries, translations, candidates, temperature, excluded):
    total = 0.0
    for query, translation, left_out in zip(queries, translations, excluded, strict=True):
        p, q = (distribution(vector, candidates, temperature, left_out) for vector in (query, translation))
        total += sum(p[j] * math.log(p[j] / q[j]) + q[j] * math.log(q[j] / p[j]) for j in p) / 2
    return total / len(queries)


@given(st.integers(1, 6), st.integers(0, 3), st.floats(0.02, 2), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_equals_plain_loops(batch, further, temperature, seed, share):
    queries, translations = unit_vectors(batch, 5, seed), unit_vectors(batch, 5, seed + 1)
    candidates = unit_vectors(batch + further, 5, seed + 2)
    excluded = random_mask(batch, further, share, seed)

    loss = consistency_loss(queries, translations, candidates, temperature=temperature, excluded=excluded).item()
    assert loss == pytest.approx(
        by_plain_loops(queries, translations, candidates, temperature, excluded), rel=1e-9, abs=1e-9
    )
    swapped = consistency_loss(translations, queries, candidates, temperature=temperature, excluded=excluded).item()
    assert loss == pytest.approx(swapped, rel=1e-9, abs=1e-12)
    assert loss >= 0


def test_costs_nothing_where_the_language_makes_no_difference():
    queries, candidates = unit_vectors(3, 4, 0), unit_vectors(5, 4, 1)

    assert consistency_loss(queries, queries.clone(), candidates, temperature=0.05).item() == 0


def test_vectors_that_differ_but_score_alike_cost_nothing_either():
    candidates = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    queries, translations = torch.tensor([[0.6, 0.0, 0.8]]), torch.tensor([[0.6, 0.0, -0.8]])

    assert consistency_loss(queries, translations, candidates, temperature=0.05).item() == 0


def test_of_no_question_is_nothing_and_has_a_gradient():
    queries = torch.zeros(0, 4, requires_grad=True)

    loss = consistency_loss(queries, torch.zeros(0, 4), unit_vectors(2, 4, 0).float(), temperature=0.1)
    loss.backward()
    assert loss.item() == 0


def test_gradients_are_those_of_finite_differences_with_all_but_the_positive_masked_too():
    queries, translations, candidates = (unit_vectors(n, 4, n).requires_grad_() for n in (3, 3, 5))
    excluded = random_mask(3, 2, 0.3, 1)
    excluded[0, 1:] = True

    assert torch.autograd.gradcheck(
        lambda q, t, c: consistency_loss(q, t, c, temperature=0.3, excluded=excluded),
        (queries, translations, candidates),
    )
