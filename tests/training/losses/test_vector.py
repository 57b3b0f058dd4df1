import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.losses.vector import vector_loss
from tests.training.losses.vectors import unit_vectors


def by_plain_loops(vectors, taught):
    costs = []
    for one, other in zip(vectors.tolist(), taught.tolist(), strict=True):
        dot = sum(a * b for a, b in zip(one, other, strict=True))
        costs.append(1 - dot / math.hypot(*one) / math.hypot(*other))
    return sum(costs) / len(costs)


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32 - 2))
def test_equals_plain_loops_and_half_the_squared_distance(texts, dim, seed):
    vectors, taught = unit_vectors(texts, dim, seed), unit_vectors(texts, dim, seed + 1)

    loss = vector_loss(vectors, taught).item()
    assert loss == pytest.approx(by_plain_loops(vectors, taught), rel=1e-9, abs=1e-12)
    assert loss == pytest.approx(((vectors - taught) ** 2).sum(dim=1).mean().item() / 2, rel=1e-9, abs=1e-12)


def test_of_the_teacher_s_own_vectors_is_nothing():
    vectors = unit_vectors(4, 5, 0)

    assert vector_loss(vectors, vectors).item() == pytest.approx(0, abs=1e-12)


def test_gradients_are_those_of_finite_differences():
    vectors = unit_vectors(3, 4, 0).requires_grad_()

    assert torch.autograd.gradcheck(lambda v: vector_loss(v, unit_vectors(3, 4, 1)), (vectors,))
