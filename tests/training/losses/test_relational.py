import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.losses.relational import relational_loss
from tests.training.losses.vectors import distribution, random_mask, unit_vectors


def by_plain_loops(student, teacher, temperatures, excluded):
    total = 0.0
    for i, left_out in enumerate(excluded):
        q = distribution(student[0][i], student[1], temperatures[0], left_out)
        p = distribution(teacher[0][i], teacher[1], temperatures[1], left_out)
        total += sum(p[j] * math.log(p[j] / q[j]) for j in p)
    return total / len(excluded)


@given(
    st.integers(1, 6),
    st.integers(0, 3),
    st.floats(0.02, 2),
    st.floats(0.02, 2),
    st.integers(0, 2**32 - 9),
    st.floats(0, 1),
)
def test_equals_plain_loops_whatever_the_lengths_of_vectors(batch, further, temperature, theirs, seed, share):
    student = unit_vectors(batch, 5, seed), unit_vectors(batch + further, 5, seed + 1)
    teacher = unit_vectors(batch, 7, seed + 2), unit_vectors(batch + further, 7, seed + 3)
    excluded = random_mask(batch, further, share, seed)

    loss = relational_loss(
        *student, *teacher, temperature=temperature, teacher_temperature=theirs, excluded=excluded
    ).item()
    expected = by_plain_loops(student, teacher, (temperature, theirs), excluded)
    assert loss == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert loss >= -1e-12


def test_is_torch_s_divergence():
    student, teacher = (unit_vectors(3, 4, 0), unit_vectors(5, 4, 1)), (unit_vectors(3, 4, 2), unit_vectors(5, 4, 3))

    inputs, target = ((q @ c.T / 0.1).log_softmax(dim=1) for q, c in (student, teacher))
    expected = torch.nn.functional.kl_div(inputs, target, reduction="batchmean", log_target=True)
    loss = relational_loss(*student, *teacher, temperature=0.1, teacher_temperature=0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)


def test_costs_nothing_where_the_scores_are_the_teacher_s_though_the_vectors_are_not():
    queries, candidates = unit_vectors(3, 4, 0), unit_vectors(5, 4, 1)
    turned = torch.linalg.qr(unit_vectors(4, 4, 2)).Q

    loss = relational_loss(
        queries, candidates, queries @ turned, candidates @ turned, temperature=0.05, teacher_temperature=0.05
    )
    assert loss.item() == pytest.approx(0, abs=1e-12)


def test_gradients_are_those_of_finite_differences_with_all_but_one_candidate_masked_too():
    queries, candidates = (unit_vectors(n, 4, n).requires_grad_() for n in (3, 5))
    teacher = unit_vectors(3, 6, 8), unit_vectors(5, 6, 9)
    excluded = random_mask(3, 2, 0.3, 1)
    excluded[0, 1:] = True

    assert torch.autograd.gradcheck(
        lambda q, c: relational_loss(q, c, *teacher, temperature=0.3, teacher_temperature=0.2, excluded=excluded),
        (queries, candidates),
    )
