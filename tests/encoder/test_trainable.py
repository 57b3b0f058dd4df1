import copy

import numpy as np
import pytest
import torch

from equilingua.encoder.load import load
from equilingua.errors import MissingExtraError, UsageError
from equilingua.training.parameters import add_lora, choose_trainable, merge_lora, set_dropout
from tests.encoder.architectures import tiny

TABLE = "0.auto_model.embeddings.word_embeddings.weight"


@pytest.fixture(scope="module")
def loaded(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture
def encoder(loaded):
    return copy.deepcopy(loaded)


def names(weights):
    return {name.split("model.", 1)[1] for name in weights}


def test_all_but_the_token_table_train_by_default(encoder):
    trained = names(choose_trainable(encoder))

    everything = names(name for name, _ in encoder.named_parameters())
    assert everything - trained == {"embeddings.word_embeddings.weight"}
    assert "embeddings.position_embeddings.weight" in trained


def test_the_token_table_trains_if_asked(encoder):
    trained = names(choose_trainable(encoder, freeze_token_embeddings=False))

    assert "embeddings.word_embeddings.weight" in trained


def test_top_layers_alone(encoder):
    trained = names(choose_trainable(encoder, top_layers=1))

    assert trained
    assert all(name.startswith("encoder.layer.1.") for name in trained)


@pytest.mark.parametrize("layers", [0, -1, 3])
def test_a_number_of_layers_that_there_are_not(encoder, layers):
    with pytest.raises(UsageError, match=rf"encoder\.trainable: {layers} top layers asked for, the encoder has 2"):
        choose_trainable(encoder, top_layers=layers)


def test_lora_trains_adapters_of_the_layers_alone(encoder):
    trained = names(add_lora(encoder, rank=4, alpha=None))

    assert all("lora_" in name and name.startswith("encoder.layer.") for name in trained)
    # Six linear maps a layer, two matrices an adapter.
    assert len(trained) == 2 * 6 * 2


def test_lora_on_the_top_layers_alone(encoder):
    trained = names(add_lora(encoder, rank=4, alpha=None, top_layers=1))

    assert all("lora_" in name and name.startswith("encoder.layer.1.") for name in trained)
    assert len(trained) == 2 * 6


def test_lora_on_more_layers_than_there_are(encoder):
    with pytest.raises(UsageError, match=r"encoder\.trainable: 3 top layers asked for, the encoder has 2"):
        add_lora(encoder, rank=4, alpha=None, top_layers=3)


def test_lora_changes_nothing_at_first_and_merges_into_plain_weights(encoder, multilingual_texts):
    plain = encoder.encode(multilingual_texts)
    architecture = list(encoder.state_dict())
    weights = add_lora(encoder, rank=4, alpha=8)
    np.testing.assert_allclose(encoder.encode(multilingual_texts), plain, atol=1e-6)

    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in weights.values():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.1)
    adapted = encoder.encode(multilingual_texts)
    assert not np.allclose(adapted, plain, atol=1e-3)

    merge_lora(encoder)
    np.testing.assert_allclose(encoder.encode(multilingual_texts), adapted, atol=1e-5)
    assert list(encoder.state_dict()) == architecture


def test_lora_where_there_are_no_linear_layers(encoder):
    encoder[0].model = torch.nn.Sequential(torch.nn.Embedding(4, 4))

    with pytest.raises(UsageError, match=r"encoder\.adapter: a Sequential has no linear layers to adapt"):
        add_lora(encoder, 4, None)


def test_what_peft_refuses_is_one_line(encoder):
    with pytest.raises(UsageError, match=r"encoder\.adapter: PEFT cannot adapt a BertModel: `r` should be a positive"):
        add_lora(encoder, 0, 1)


def test_lora_without_peft_names_the_extra(encoder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "peft", None)

    with pytest.raises(MissingExtraError, match=r"encoder\.adapter needs .*'peft': pip install 'equilingua\[lora\]'"):
        add_lora(encoder, rank=4, alpha=None)


def test_an_encoder_without_layers_has_nothing_to_adapt():
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)], device="cpu")

    with pytest.raises(UsageError, match="no linear layers to adapt"):
        add_lora(static, rank=4, alpha=None)
    with pytest.raises(UsageError, match="this encoder has no layers; use 'all'"):
        choose_trainable(static, top_layers=1)


def test_dropout_of_every_layer(encoder):
    set_dropout(encoder, 0.0)
    encoder.train()
    features = encoder.tokenize(["honey bees dance"])

    first, second = (encoder(dict(features))["sentence_embedding"] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("kind", ["bert", "xlmr", "modernbert", "t5"])
def test_dropout_that_is_kept_as_a_number_too(xlmr_folder, kind, attention):
    encoder = tiny(kind, xlmr_folder)
    model = encoder[0].auto_model
    model.set_attn_implementation(attention)
    configuration = model.config.to_dict()
    features = encoder.tokenize(["honey bees dance"] * 8)

    encoder.train()
    first, second = (encoder(dict(features))["sentence_embedding"] for _ in range(2))
    assert not torch.allclose(first, second, atol=1e-3)

    set_dropout(encoder, 0.0)
    first, second = (encoder(dict(features))["sentence_embedding"] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert model.config.to_dict() == configuration


@pytest.mark.parametrize("kind", ["bert", "xlmr", "modernbert", "t5"])
def test_attention_drops_what_it_is_told_to(xlmr_folder, kind):
    """With all dropout set to one rate, each place where the architecture has some has that rate."""
    encoder = tiny(kind, xlmr_folder)
    set_dropout(encoder, 0.0)
    set_dropout(encoder, 0.25)

    rates = [part.p for part in encoder.modules() if isinstance(part, torch.nn.Dropout)]
    rates += [
        value
        for part in encoder.modules()
        for name, value in vars(part).items()
        if "dropout" in name and isinstance(value, float)
    ]
    assert set(rates) == {0.25}
    assert len(rates) > 3 * 2


def test_a_layer_that_was_left_out_gets_its_dropout(xlmr_folder):
    encoder = tiny("modernbert", xlmr_folder)
    attention = encoder[0].auto_model.layers[0].attn
    attention.out_drop = torch.nn.Identity()

    set_dropout(encoder, 0.25)
    assert attention.out_drop.p == attention.attention_dropout == 0.25
