import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.losses import MultipleNegativesRankingLoss

from equilingua.training.losses.contrastive import contrastive_loss
from tests.training.losses.vectors import contrastive, random_mask, unit_vectors


@given(
    st.integers(1, 6), st.integers(0, 4), st.floats(0.02, 2), st.integers(0, 2**32 - 1), st.floats(0, 1)
)  # batch, further negatives, τ, seed, share masked
def test_equals_plain_loops(batch, further, temperature, seed, share):
    queries, passages = unit_vectors(batch, 5, seed), unit_vectors(batch + further, 5, seed + 1)
    excluded = random_mask(batch, further, share, seed)

    loss = contrastive_loss(queries, passages, temperature=temperature, excluded=excluded)
    assert loss.item() == pytest.approx(contrastive(queries, passages, temperature, excluded), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("further", [0, 4])
def test_equals_sentence_transformers(further):
    queries, passages = unit_vectors(4, 6, 0), unit_vectors(4 + further, 6, 1)
    columns = [queries, passages[:4], *([passages[4:]] if further else [])]

    theirs = MultipleNegativesRankingLoss(None, scale=1 / 0.05).compute_loss_from_embeddings(columns, None)
    assert contrastive_loss(queries, passages, temperature=0.05).item() == pytest.approx(theirs.item(), rel=1e-12)


def test_without_a_mask_every_other_passage_is_a_negative():
    queries, passages = unit_vectors(4, 3, 0), unit_vectors(4, 3, 1)

    loss = contrastive_loss(queries, passages, temperature=0.1)
    assert loss.item() == pytest.approx(contrastive(queries, passages, 0.1, torch.zeros(4, 4)))


def test_a_masked_passage_has_no_gradient():
    queries, passages = (unit_vectors(3, 4, seed).requires_grad_() for seed in (0, 1))
    excluded = torch.zeros(2, 3, dtype=torch.bool)
    excluded[:, 2] = True

    contrastive_loss(queries[:2], passages, temperature=0.1, excluded=excluded).backward()
    assert passages.grad[:2].abs().min() > 0
    assert passages.grad[2].abs().max() == 0


def test_gradients_are_those_of_finite_differences():
    queries, passages = (unit_vectors(n, 4, n).requires_grad_() for n in (3, 5))
    temperature = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    excluded = random_mask(3, 2, 0.3, 1)

    assert torch.autograd.gradcheck(
        lambda q, p, t: contrastive_loss(q, p, temperature=t, excluded=excluded), (queries, passages, temperature)
    )


def test_a_lower_temperature_sharpens():
    queries = torch.eye(3)
    passages = torch.eye(3) * 0.8 + 0.1

    losses = [contrastive_loss(queries, passages, temperature=t).item() for t in (1.0, 0.1, 0.01)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-6


def test_a_batch_of_one_has_nothing_to_learn_from():
    assert contrastive_loss(torch.ones(1, 2), torch.ones(1, 2), temperature=0.03).item() == 0
