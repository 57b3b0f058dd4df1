import numpy as np
import pytest
import torch

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.training.losses.consistency import consistency_loss
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.symmetric import symmetric_loss
from equilingua.training.parameters import choose_trainable

from .engines import objective as objective_of
from .engines import taken

ROWS = np.arange(0, 60, 12)


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    found = load(str(tiny_folder), device="cpu")
    choose_trainable(found)
    return found


@pytest.fixture
def objective(encoder, starter, recipe):
    def build(**changes):
        changes = {"lengths__query": 20, "lengths__passage": 40, "batches__size": 6} | changes
        return objective_of(recipe(**changes), encoder, starter)

    yield build
    encoder.zero_grad()


def vectors(encoder, texts, role):
    limit = {"query": 20, "passage": 40}[role]
    return torch.from_numpy(encode(encoder, texts, role, max_tokens=limit, precision="float32"))


def expected(encoder, corpus, queries, passages, excluded=None):
    sides = vectors(encoder, corpus.queries(queries), "query"), vectors(encoder, corpus.passages(passages), "passage")
    return contrastive_loss(*sides, temperature=0.05, excluded=excluded).item()


def test_is_the_loss_of_the_encoder_s_vectors(objective, encoder, starter):
    english, german = starter.rows_of_language("en")[:6], starter.rows_of_language("de")[:6]

    loss = objective().held_out_loss([(english, german)])
    assert loss == pytest.approx(expected(encoder, starter, english, german), abs=1e-5)


def test_a_translation_is_no_negative_where_groups_are_masked(objective, encoder, starter):
    group = starter.rows_of_group(starter.groups[0])[:2]
    rows = np.array([*group, starter.rows_of_group(starter.groups[-1])[0]])
    excluded = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)

    masked = objective().held_out_loss([(rows, rows)])
    plain = objective(loss__mask_groups=False).held_out_loss([(rows, rows)])
    assert masked == pytest.approx(expected(encoder, starter, rows, rows, excluded), abs=1e-5)
    assert plain == pytest.approx(expected(encoder, starter, rows, rows), abs=1e-5)
    assert masked < plain


def test_an_equal_passage_of_another_group_is_no_negative(recipe, encoder):
    texts = ["bees dance", "bees dance", "ants walk"]
    corpus = ParallelCorpus.from_pairs(Pair(f"g{n}", "en", f"who {n}", text, "s") for n, text in enumerate(texts))
    rows = np.arange(3)
    excluded = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)

    changes = {"lengths__query": 20, "lengths__passage": 40, "batches__size": 3}
    masked = objective_of(recipe(**changes), encoder, corpus).held_out_loss([(rows, rows)])
    assert masked == pytest.approx(expected(encoder, corpus, rows, rows, excluded), abs=1e-5)


def test_the_held_out_loss_is_the_mean_over_batches_without_dropout_or_gradients(objective, encoder):
    batches = [(rows, rows) for rows in (ROWS, ROWS + 1)]
    encoder.train()

    both = objective().held_out_loss(batches)
    assert both == objective().held_out_loss(batches)
    assert both == pytest.approx(np.mean([objective().held_out_loss([batch]) for batch in batches]), abs=1e-6)
    assert all(weight.grad is None for weight in encoder.parameters())


def test_training_has_gradients_and_dropout_by_seed_and_step(objective, encoder):
    losses = [objective(seed=seed).accumulate(step, ROWS, ROWS)[0].item() for seed, step in ((0, 0), (0, 1), (1, 0))]

    assert len(set(losses)) == 3
    assert losses[0] == objective().accumulate(0, ROWS, ROWS)[0].item()
    assert encoder[0].auto_model.embeddings.position_embeddings.weight.grad.abs().sum() > 0


def test_precision_is_each_recipe_s_own(objective):
    exact, quick, again = (
        objective(precision=precision).held_out_loss([(ROWS, ROWS)]) for precision in ("float32", "bfloat16", "float32")
    )
    assert exact == again
    assert exact != quick
    assert exact == pytest.approx(quick, rel=0.05)


def test_texts_that_come_twice_are_computed_once(objective):
    twice = np.concatenate([ROWS, ROWS])
    once = objective(loss__mask_groups=False)

    work = [once.accumulate(0, rows, rows)[1].tokens for rows in (ROWS, twice)]
    assert work[0] == work[1]


def test_the_other_terms_of_a_loss(objective, encoder, starter):
    chosen = objective(loss={"temperature": 0.05, "symmetric": True, "consistency": 0.5}, encoder__dropout=0.0)
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0

    loss, _ = chosen.accumulate(3, ROWS, ROWS)
    queries = vectors(encoder, starter.queries(ROWS), "query")
    passages = vectors(encoder, starter.passages(ROWS), "passage")
    translations = vectors(encoder, starter.queries(chosen.translations.of_batch(ROWS, 3)), "query")
    terms = symmetric_loss(queries, passages, temperature=0.05)
    terms += 0.5 * consistency_loss(queries, translations, passages, temperature=0.05)
    assert loss.item() == pytest.approx(terms.item(), abs=1e-5)
    # Runs with and without these terms are judged alike.
    plain = contrastive_loss(queries, passages, temperature=0.05)
    assert chosen.held_out_loss([(ROWS, ROWS)]) == pytest.approx(plain.item(), abs=1e-5)


def test_a_learned_temperature_takes_a_gradient(objective, encoder):
    chosen = objective(loss={"temperature": 0.05, "learned_temperature": True})

    chosen.accumulate(0, ROWS, ROWS)
    assert chosen.temperature.log_temperature.grad.abs() > 0
    assert taken(encoder)
