import copy

import numpy as np
import pytest
import torch

from equilingua.encoder.load import load
from equilingua.encoder.trainable import add_lora, choose_trainable, merge_lora, set_dropout
from equilingua.errors import MissingExtraError, UsageError

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
