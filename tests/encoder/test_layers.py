import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from equilingua.encoder.layers import layers_of, split, top_forward, transformer
from equilingua.encoder.tokens import collate, tokenize
from equilingua.errors import UsageError
from equilingua.training.parameters import add_lora, choose_trainable, set_dropout
from tests.encoder.architectures import tiny

KINDS = ["bert", "xlmr", "modernbert", "t5"]


@pytest.fixture(scope="module", params=KINDS)
def loaded(request, xlmr_folder):
    return tiny(request.param, xlmr_folder).eval()


@pytest.fixture(scope="module")
def bert(xlmr_folder):
    return tiny("bert", xlmr_folder).eval()


@pytest.fixture
def features(loaded, multilingual_texts):
    return features_of(loaded, multilingual_texts)


def features_of(encoder, texts):
    return collate(tokenize(encoder, texts, "passage"), np.arange(len(texts)), 1, torch.device("cpu"))


@pytest.mark.parametrize("top_layers", [1, 2, 3])
def test_both_halves_give_the_vectors_of_the_whole(loaded, features, top_layers):
    halves = split(loaded, top_layers)
    with torch.no_grad():
        whole = loaded(dict(features))["sentence_embedding"]
        hidden = halves.bottom(features)
        composed = top_forward(loaded, hidden, features["attention_mask"], top_layers)

    assert hidden.shape == (*features["input_ids"].shape, 32)
    torch.testing.assert_close(composed, whole, rtol=0, atol=1e-6)


def test_the_encoder_stays_as_it_is(loaded, features):
    names, layers = list(loaded.state_dict()), list(layers_of(loaded))
    with torch.no_grad():
        before = loaded(dict(features))["sentence_embedding"]
        halves = split(loaded, 1)
        halves.top(halves.bottom(features), features["attention_mask"])
        after = loaded(dict(features))["sentence_embedding"]

    assert list(loaded.state_dict()) == names
    assert list(layers_of(loaded)) == layers
    assert not loaded.training
    torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_the_top_trains_as_it_does_in_the_whole(loaded, features):
    """The same gradients as with the lower layers frozen, dropout apart."""
    encoder = copy.deepcopy(loaded)
    set_dropout(encoder, 0.0)
    weights = choose_trainable(encoder, top_layers=1)
    encoder.train()
    halves = split(encoder, 1)
    assert encoder.training
    target = torch.randn(len(features["input_ids"]), 32, generator=torch.Generator().manual_seed(0))

    (encoder(dict(features))["sentence_embedding"] * target).sum().backward()
    expected = {name: weight.grad.clone() for name, weight in weights.items()}
    encoder.zero_grad()
    with torch.no_grad():
        hidden = halves.bottom(features)
    (halves.top(hidden, features["attention_mask"]) * target).sum().backward()
    for name, weight in weights.items():
        torch.testing.assert_close(weight.grad, expected[name], rtol=1e-5, atol=1e-5)


def test_dropout_of_the_top_alone(loaded, features):
    halves = split(loaded, 1)
    with torch.no_grad():
        hidden = halves.bottom(features)
        encoder = copy.deepcopy(loaded).train()
        first, second = (top_forward(encoder, hidden, features["attention_mask"], 1) for _ in range(2))
        set_dropout(encoder, 0.0)
        none = top_forward(encoder, hidden, features["attention_mask"], 1)

    assert not torch.allclose(first, second, atol=1e-4)
    torch.testing.assert_close(none, halves.top(hidden, features["attention_mask"]), rtol=0, atol=1e-6)


def test_adapters_of_the_top_layers(bert, multilingual_texts):
    encoder = copy.deepcopy(bert)
    features = features_of(encoder, multilingual_texts)
    weights = add_lora(encoder, rank=2, alpha=None, top_layers=1)
    halves = split(encoder, 1)

    with torch.no_grad():
        hidden = halves.bottom(features)
    halves.top(hidden, features["attention_mask"]).sum().backward()
    assert all(".layer.2." in name for name in weights)
    assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in weights.values())


def test_threads_do_not_disturb_each_other(loaded, starter):
    parts = [features_of(loaded, starter.passages([row])) for row in range(12)]
    halves = split(loaded, 1)
    with torch.no_grad(), ThreadPoolExecutor(4) as pool:
        expected = [halves.bottom(part) for part in parts]
        found = list(pool.map(torch.no_grad()(halves.bottom), parts))

    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [0, -1, 4])
def test_a_number_of_layers_that_there_are_not(bert, count):
    with pytest.raises(UsageError, match=rf"encoder\.trainable: {count} top layers asked for, the encoder has 3"):
        split(bert, count)


def test_layers_within_layers_are_none(xlmr_folder):
    """Each block of T5 is a list of its own, longer than a list of one block."""
    assert len(layers_of(tiny("t5", xlmr_folder, layers=1))) == 1


def test_an_encoder_whose_layers_need_more_than_states_is_refused(bert):
    class Crossed(type(layers_of(bert)[0])):
        """A layer that also looks at what entered the layer below."""

        memory = None

        def forward(self, hidden_states, *arguments, **named):
            below, Crossed.memory = Crossed.memory, hidden_states
            return super().forward(hidden_states if below is None else hidden_states + below, *arguments, **named)

    encoder = copy.deepcopy(bert)
    for layer in layers_of(encoder):
        layer.__class__ = Crossed
    transformer(encoder).register_forward_pre_hook(lambda *_: setattr(Crossed, "memory", None))

    with pytest.raises(
        UsageError, match=r"shared_activations: a BertModel cannot be cut .* other vectors than the whole"
    ):
        split(encoder, 1)


def test_an_encoder_that_takes_no_states_is_refused(bert, monkeypatch):
    encoder = copy.deepcopy(bert)
    whole = type(transformer(encoder)).forward
    monkeypatch.setattr(
        type(transformer(encoder)),
        "forward",
        lambda self, input_ids, attention_mask=None, **_: whole(self, input_ids, attention_mask),
    )

    with pytest.raises(UsageError, match="a BertModel cannot be cut between its layers"):
        split(encoder, 1)
