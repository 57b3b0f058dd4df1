import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.encoder.layers import embed
from equilingua.encoder.tokens import collate
from equilingua.errors import UsageError
from equilingua.training.gradient_cache import packed_micro_batches, padded_micro_batches
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.parameters import choose_trainable, set_dropout

from ..encoder.architectures import tiny
from .engines import engine, taken, texts

KINDS = ["bert", "xlmr", "modernbert"]


def loss_of(vectors):
    half = len(vectors) // 2
    return contrastive_loss(vectors[:half], vectors[half : 2 * half], temperature=0.05)


@pytest.fixture
def built(xlmr_folder, multilingual_texts):
    def build(kind, dropout):
        encoder = tiny(kind, xlmr_folder, layers=2)
        choose_trainable(encoder)
        set_dropout(encoder, dropout)
        batch = texts(encoder, multilingual_texts)
        return encoder, batch, np.arange(len(batch)) + 1000

    return build


def plain(encoder, batch, rows_of=None, seeds=None):
    """Loss and gradients by one graph over the whole batch, through the encoder's own modules."""
    encoder.train()
    vectors = torch.empty(len(batch), 32)
    parts = [np.arange(len(batch))] if rows_of is None else rows_of
    for rows in parts:
        if seeds is not None:
            torch.manual_seed(int(seeds[rows[0]]))
        features = collate(batch.tokens, rows, encoder.tokenizer.pad_token_id, torch.device("cpu"))
        vectors = vectors.index_put((torch.from_numpy(rows),), embed(encoder, features))
    loss = loss_of(torch.nn.functional.normalize(vectors, dim=-1))
    loss.backward()
    return loss.item(), taken(encoder)


def assert_same(found, expected, atol=1e-5):
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=atol, msg=lambda m, name=name: f"{name}: {m}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("budget", "memory", "workers"), [(None, 1 << 30, 1), (64, 1 << 30, 2), (64, 3_000_000, 2), (100, 3_000_000, 1)]
)
def test_gradients_are_the_plain_batch_s(built, kind, budget, memory, workers):
    encoder, batch, seeds = built(kind, 0.0)
    expected_loss, expected = plain(encoder, batch)
    own = engine(encoder, budget=budget, memory=memory, workers=workers)

    loss, work = own.accumulate(batch, seeds, loss_of)
    assert loss.item() == pytest.approx(expected_loss, abs=1e-5)
    assert_same(taken(encoder), expected)
    assert (work.repeated > 0) == (memory < 1 << 30)
    assert work.tokens == batch.tokens.offsets[-1]
    own.workers.close()


@pytest.mark.parametrize("kind", ["bert", "xlmr"])
def test_with_dropout_too_and_in_any_micro_batches_where_texts_are_packed(built, kind):
    encoder, batch, seeds = built(kind, 0.1)

    losses, gradients = [], []
    for budget, memory, workers in ((1 << 20, 1 << 30, 1), (64, 1 << 30, 2), (64, 3_000_000, 2), (100, 3_000_000, 1)):
        own = engine(encoder, budget=budget, memory=memory, workers=workers)
        losses.append(own.accumulate(batch, seeds, loss_of)[0].item())
        gradients.append(taken(encoder))
        own.workers.close()
    assert losses == pytest.approx([losses[0]] * 4, abs=1e-5)
    for found in gradients[1:]:
        assert_same(found, gradients[0])
    other = engine(encoder).accumulate(batch, seeds + 1, loss_of)[0].item()
    assert other != pytest.approx(losses[0], abs=1e-4)


def test_with_dropout_too_where_modules_draw_it_themselves(built):
    encoder, batch, seeds = built("modernbert", 0.1)
    kept, repeated = (engine(encoder, budget=128, memory=memory) for memory in (1 << 30, 3_000_000))
    rows = [each.rows for each in kept.through.plan(batch.tokens.lengths, 128, 1)]
    assert len(rows) > 4

    expected_loss, expected = plain(encoder, batch, rows, seeds)
    for own in (kept, repeated):
        loss, work = own.accumulate(batch, seeds, loss_of)
        assert loss.item() == pytest.approx(expected_loss, abs=1e-5)
        assert_same(taken(encoder), expected)
        assert (work.repeated > 0) == (own is repeated)


def test_threads_change_nothing_at_all_and_neither_does_a_second_time(built):
    encoder, batch, seeds = built("bert", 0.1)
    own = engine(encoder, budget=96, workers=2)

    first = own.accumulate(batch, seeds, loss_of)[0].item()
    once = taken(encoder)
    second = own.accumulate(batch, seeds, loss_of)[0].item()
    assert first == second
    assert all(torch.equal(once[name], gradient) for name, gradient in taken(encoder).items())
    own.workers.close()


def test_threads_share_no_generator(built):
    assert engine(built("modernbert", 0.0)[0]).through.concurrent
    assert not engine(built("modernbert", 0.1)[0]).through.concurrent
    assert engine(built("bert", 0.1)[0]).through.concurrent


def test_gradients_add_up(built):
    encoder, batch, seeds = built("bert", 0.0)
    own = engine(encoder)

    own.accumulate(batch, seeds, loss_of)
    once = {name: gradient.clone() for name, gradient in taken(encoder).items()}
    for _ in range(2):
        own.accumulate(batch, seeds, loss_of)
    assert_same(taken(encoder), {name: 2 * gradient for name, gradient in once.items()})


def test_vectors_have_unit_length_no_dropout_and_the_order_of_the_texts(built):
    encoder, batch, _ = built("bert", 0.5)
    own = engine(encoder, budget=64)

    vectors = own.vectors(batch)
    encoder.eval()
    features = collate(batch.tokens, np.arange(len(batch)), encoder.tokenizer.pad_token_id, torch.device("cpu"))
    torch.testing.assert_close(vectors, embed(encoder, features).detach(), rtol=0, atol=1e-5)
    assert not vectors.requires_grad


def test_packed_texts_have_no_padding_and_padded_ones_say_how_much(built):
    packed = built("bert", 0.0)
    padded = built("modernbert", 0.0)

    assert engine(packed[0]).accumulate(*packed[1:], loss_of)[1].padding == 0
    share = engine(padded[0], budget=1 << 20).accumulate(*padded[1:], loss_of)[1].padding
    lengths = padded[1].tokens.lengths
    assert share == pytest.approx(1 - lengths.sum() / (len(lengths) * lengths.max()))


def test_a_graph_that_does_not_fit_at_all(built):
    encoder, batch, seeds = built("bert", 0.0)

    with pytest.raises(UsageError, match=r"batches\.memory: the graph of one micro-batch of \d+ tokens takes .* lower"):
        engine(encoder, memory=1000).accumulate(batch, seeds, loss_of)


LENGTHS = st.lists(st.integers(1, 200), min_size=1, max_size=80)


def check(batches, lengths):
    rows = np.concatenate([batch.rows for batch in batches])
    assert sorted(rows) == list(range(len(lengths)))
    assert all(batch.longest == lengths[batch.rows[0]] == lengths[batch.rows].max() for batch in batches)
    assert all((np.diff(lengths[batch.rows]) <= 0).all() for batch in batches)


@given(LENGTHS, st.integers(64, 4096), st.integers(1, 8))
def test_padded_micro_batches_hold_every_text_once(lengths, budget, shares):
    lengths = np.array(lengths)

    batches = padded_micro_batches(lengths, budget, shares)
    check(batches, lengths)
    assert len(batches) >= min(shares, len(lengths))
    assert all(batch.tokens == batch.longest * len(batch.rows) for batch in batches)
    assert all(batch.tokens <= budget or len(batch.rows) == 1 for batch in batches)


@given(LENGTHS, st.integers(64, 4096), st.integers(1, 8))
def test_packed_micro_batches_hold_every_text_once(lengths, budget, shares):
    lengths = np.array(lengths)

    batches = packed_micro_batches(lengths, budget, shares, dim=32)
    check(batches, lengths)
    assert sum(batch.tokens for batch in batches) == lengths.sum()


@pytest.mark.parametrize("shares", [1, 2, 6])
def test_packed_micro_batches_are_of_equal_work(shares):
    lengths = np.random.default_rng(0).integers(8, 96, 64)

    batches = packed_micro_batches(lengths, 1024, shares, dim=384)
    work = [(lengths[batch.rows] * (1 + lengths[batch.rows] / 768)).sum() for batch in batches]
    assert len(batches) % shares == 0
    assert max(work) < 1.15 * np.mean(work)
    assert max(batch.tokens for batch in batches) < 1.2 * 1024
