import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.losses import MultipleNegativesRankingLoss

from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.symmetric import symmetric_loss
from tests.training.losses.vectors import contrastive, random_mask, unit_vectors


@given(st.integers(1, 6), st.integers(0, 3), st.floats(0.02, 2), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_equals_plain_loops(batch, further, temperature, seed, share):
    queries, passages = unit_vectors(batch, 5, seed), unit_vectors(batch + further, 5, seed + 1)
    excluded = random_mask(batch, further, share, seed)

    by_query = contrastive(queries, passages, temperature, excluded)
    by_passage = contrastive(passages[:batch], queries, temperature, excluded[:, :batch].T)
    loss = symmetric_loss(queries, passages, temperature=temperature, excluded=excluded)
    assert loss.item() == pytest.approx((by_query + by_passage) / 2, rel=1e-9, abs=1e-9)


def test_equals_sentence_transformers():
    columns = [unit_vectors(5, 6, seed) for seed in (0, 1)]
    theirs = MultipleNegativesRankingLoss(
        None, scale=1 / 0.05, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )

    ours = symmetric_loss(*columns, temperature=0.05)
    assert ours.item() == pytest.approx(theirs.compute_loss_from_embeddings(columns, None).item(), rel=1e-12)


def test_further_passages_do_not_ask():
    queries, passages = unit_vectors(3, 4, 0), unit_vectors(5, 4, 1)

    loss = symmetric_loss(queries, passages, temperature=0.1)
    halves = (
        contrastive_loss(queries, passages, temperature=0.1),
        contrastive_loss(passages[:3], queries, temperature=0.1),
    )
    assert loss.item() == pytest.approx(sum(halves).item() / 2)


def test_neither_side_is_preferred():
    queries, passages, excluded = unit_vectors(4, 3, 0), unit_vectors(4, 3, 1), random_mask(4, 0, 0.3, 2)

    one = symmetric_loss(queries, passages, temperature=0.2, excluded=excluded)
    other = symmetric_loss(passages, queries, temperature=0.2, excluded=excluded.T)
    assert one.item() == pytest.approx(other.item(), rel=1e-12)


def test_gradients_are_those_of_finite_differences():
    queries, passages = (unit_vectors(n, 4, n).requires_grad_() for n in (3, 4))
    excluded = random_mask(3, 1, 0.3, 1)

    assert torch.autograd.gradcheck(
        lambda q, p: symmetric_loss(q, p, temperature=0.3, excluded=excluded), (queries, passages)
    )
