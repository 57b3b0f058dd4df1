import numpy as np
import pytest
import torch

from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.training import objective as module
from equilingua.training.loss import contrastive_loss
from equilingua.training.objective import Objective


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture
def objective(encoder, recipe):
    from accelerate import Accelerator

    def build(**changes):
        changes = {"lengths__query": 20, "lengths__passage": 40, "batches__size": 6} | changes
        return Objective(recipe(**changes), encoder, Accelerator(mixed_precision="no"))

    return build


def expected(encoder, corpus, queries, passages, excluded=None):
    vectors = [
        encode(encoder, corpus.queries(queries), "query", max_tokens=20, precision="float32"),
        encode(encoder, corpus.passages(passages), "passage", max_tokens=40, precision="float32"),
    ]
    return contrastive_loss(*map(torch.from_numpy, vectors), temperature=0.05, excluded=excluded).item()


def test_is_the_loss_of_the_encoder_s_vectors(objective, encoder, starter, monkeypatch):
    english, german = starter.rows_of_language("en")[:6], starter.rows_of_language("de")[:6]

    loss = objective().validation_loss(starter, [(english, german)])
    assert loss == pytest.approx(expected(encoder, starter, english, german), abs=1e-5)

    monkeypatch.setitem(module.TOKEN_BUDGET, "cpu", 1)
    assert objective().validation_loss(starter, [(english, german)]) == pytest.approx(loss, abs=1e-5)


def test_a_translation_is_no_negative_where_groups_are_masked(objective, encoder, starter):
    group = starter.rows_of_group(starter.groups[0])[:2]
    rows = np.array([*group, starter.rows_of_group(starter.groups[-1])[0]])
    excluded = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)

    masked = objective().validation_loss(starter, [(rows, rows)])
    plain = objective(loss__mask_groups=False).validation_loss(starter, [(rows, rows)])
    assert masked == pytest.approx(expected(encoder, starter, rows, rows, excluded), abs=1e-5)
    assert plain == pytest.approx(expected(encoder, starter, rows, rows), abs=1e-5)
    assert masked < plain


def test_the_held_out_loss_is_the_mean_over_batches_without_dropout_or_gradients(objective, encoder, starter):
    batches = [(rows, rows) for rows in (np.arange(0, 60, 12), np.arange(1, 80, 12))]
    encoder.train()

    both = objective().validation_loss(starter, batches)
    assert both == objective().validation_loss(starter, batches)
    assert both == pytest.approx(
        np.mean([objective().validation_loss(starter, [batch]) for batch in batches]), abs=1e-6
    )
    assert all(weight.grad is None for weight in encoder.parameters())


def test_training_has_dropout_and_gradients(objective, encoder, starter):
    rows = np.arange(0, 60, 12)

    first, second = (objective().training_loss(starter, rows, rows) for _ in range(2))
    assert first.item() != second.item()
    first.backward()
    assert encoder[0].auto_model.embeddings.position_embeddings.weight.grad.abs().sum() > 0
    encoder.zero_grad()


def test_precision_is_each_recipe_s_own(objective, starter):
    rows = np.arange(0, 60, 12)

    exact, quick, again = (
        objective(precision=precision).validation_loss(starter, [(rows, rows)])
        for precision in ("float32", "bfloat16", "float32")
    )
    assert exact == again
    assert exact != quick
    assert exact == pytest.approx(quick, rel=0.05)
