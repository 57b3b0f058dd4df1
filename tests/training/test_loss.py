import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.loss import contrastive_loss, related


def unit_vectors(rows, dim, seed):
    vectors = np.random.default_rng(seed).standard_normal((rows, dim))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_plain_loops(queries, passages, temperature, excluded):
    losses = []
    for i, query in enumerate(queries):
        scores = [math.exp(float(query @ passage) / temperature) for passage in passages]
        kept = [score for j, score in enumerate(scores) if not excluded[i][j]]
        losses.append(-math.log(scores[i] / sum(kept)))
    return sum(losses) / len(losses)


@given(
    st.integers(1, 6), st.integers(0, 4), st.floats(0.02, 2), st.integers(0, 2**32 - 1), st.floats(0, 1)
)  # batch, further negatives, τ, seed, share masked
def test_equals_plain_loops(batch, further, temperature, seed, share):
    queries, passages = unit_vectors(batch, 5, seed), unit_vectors(batch + further, 5, seed + 1)
    excluded = np.random.default_rng(seed).random((batch, batch + further)) < share
    excluded[np.arange(batch), np.arange(batch)] = False

    loss = contrastive_loss(
        torch.from_numpy(queries),
        torch.from_numpy(passages),
        temperature=temperature,
        excluded=torch.from_numpy(excluded),
    )
    assert loss.item() == pytest.approx(by_plain_loops(queries, passages, temperature, excluded), rel=1e-9, abs=1e-9)


def test_without_a_mask_every_other_passage_is_a_negative():
    queries, passages = (torch.from_numpy(unit_vectors(4, 3, seed)) for seed in (0, 1))

    loss = contrastive_loss(queries, passages, temperature=0.1)
    assert loss.item() == pytest.approx(by_plain_loops(queries.numpy(), passages.numpy(), 0.1, np.zeros((4, 4))))


def test_a_masked_passage_has_no_gradient():
    queries, passages = (torch.from_numpy(unit_vectors(3, 4, seed)).requires_grad_() for seed in (0, 1))
    excluded = torch.zeros(2, 3, dtype=torch.bool)
    excluded[:, 2] = True

    contrastive_loss(queries[:2], passages, temperature=0.1, excluded=excluded).backward()
    assert passages.grad[:2].abs().min() > 0
    assert passages.grad[2].abs().max() == 0


def test_a_lower_temperature_sharpens():
    queries = torch.eye(3)
    passages = torch.eye(3) * 0.8 + 0.1

    losses = [contrastive_loss(queries, passages, temperature=t).item() for t in (1.0, 0.1, 0.01)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-6


def test_a_batch_of_one_has_nothing_to_learn_from():
    assert contrastive_loss(torch.ones(1, 2), torch.ones(1, 2), temperature=0.03).item() == 0


@given(st.data(), st.integers(1, 6), st.integers(0, 3))
def test_related_by_any_shared_id(data, batch, further):
    ids = st.tuples(st.integers(0, 3), st.integers(0, 3))
    passages = data.draw(st.lists(ids, min_size=batch + further, max_size=batch + further))
    queries = data.draw(st.lists(ids, min_size=batch, max_size=batch))

    excluded = related(torch.tensor(queries), torch.tensor(passages)).tolist()
    for i, query in enumerate(queries):
        for j, passage in enumerate(passages):
            assert excluded[i][j] == (i != j and (query[0] == passage[0] or query[1] == passage[1]))
