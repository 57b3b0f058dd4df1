import copy

import numpy as np
import pytest
import torch

from equilingua.encoder.embedded import PROMPTS
from equilingua.encoder.layers import transformer
from equilingua.encoder.load import load
from equilingua.encoder.tokens import TokenizedTexts, collate, tokenize
from equilingua.encoder.trimmed import trim
from equilingua.errors import UsageError
from equilingua.training.parameters import choose_trainable, set_dropout
from tests.encoder.architectures import tiny

TEXTS = ["honey bees dance", "the hive is full of honey", "Bienen tanzen", "a dance of bees in the hive"]
OTHER = "quantum turbines zigzag through Wyoming"


@pytest.fixture(scope="module", params=["bert", "xlmr", "t5", "modernbert"])
def loaded(request, xlmr_folder):
    encoder = tiny(request.param, xlmr_folder, layers=2)
    set_dropout(encoder, 0.0)
    return encoder


@pytest.fixture
def encoder(loaded):
    return copy.deepcopy(loaded)


def vectors(encoder, tokens, pad_id):
    features = collate(tokens, np.arange(len(tokens.offsets) - 1), pad_id, torch.device("cpu"))
    return encoder(features)["sentence_embedding"]


def trained(encoder, tokens, pad_id, optimiser_of, steps=5):
    """Take some steps towards vectors that are far away."""
    weights = choose_trainable(encoder, freeze_token_embeddings=False)
    optimiser = optimiser_of(list(weights.values()))
    target = torch.nn.functional.normalize(torch.randn(len(TEXTS), 32, generator=torch.Generator().manual_seed(0)))
    encoder.train()
    for _ in range(steps):
        (vectors(encoder, tokens, pad_id) - target).square().sum().backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    encoder.eval()
    return optimiser


def numbers_in(optimiser):
    return sum(value.numel() for state in optimiser.state.values() for value in state.values())


@pytest.mark.parametrize(
    ("optimiser_of", "tolerance"),
    [
        (lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9), 1e-6),
        (lambda weights: torch.optim.AdamW(weights, lr=1e-3, weight_decay=0.0), 1e-5),
    ],
    ids=["sgd", "adamw"],
)
def test_trains_as_the_full_table_does(loaded, optimiser_of, tolerance):
    full, small = copy.deepcopy(loaded), copy.deepcopy(loaded)
    tokens = tokenize(full, TEXTS, "passage")
    pad = full.tokenizer.pad_token_id

    full_optimiser = trained(full, tokens, pad, optimiser_of)
    vocabulary = trim(small, [tokens])
    small_optimiser = trained(small, vocabulary.view(tokens), vocabulary.pad_id, optimiser_of)
    vocabulary.restore(small)

    before = loaded.state_dict()
    after = small.state_dict()
    assert list(after) == list(before)
    for name, weight in full.state_dict().items():
        torch.testing.assert_close(after[name], weight, rtol=0, atol=tolerance, msg=name)
    table = transformer(small).get_input_embeddings().weight
    untouched = np.setdiff1d(np.arange(len(table)), vocabulary.kept)
    original = transformer(loaded).get_input_embeddings().weight
    torch.testing.assert_close(table[untouched], original[untouched], rtol=0, atol=0)
    assert not torch.equal(table[vocabulary.kept], original[vocabulary.kept])
    assert numbers_in(small_optimiser) < 0.6 * numbers_in(full_optimiser)


def test_decay_reaches_the_used_rows_alone(encoder):
    """The one difference from the full table."""
    original = transformer(encoder).get_input_embeddings().weight.detach().clone()
    tokens = tokenize(encoder, TEXTS, "passage")
    vocabulary = trim(encoder, [tokens, tokenize(encoder, [OTHER], "passage")])

    view = vocabulary.view(tokens)
    trained(encoder, view, vocabulary.pad_id, lambda weights: torch.optim.AdamW(weights, lr=0.1, weight_decay=0.5), 1)
    vocabulary.restore(encoder)
    table = transformer(encoder).get_input_embeddings().weight.detach()
    unused = np.setdiff1d(np.arange(len(table)), vocabulary.kept)
    idle = np.setdiff1d(vocabulary.kept, np.append(tokens.ids, encoder.tokenizer.pad_token_id))
    torch.testing.assert_close(table[unused], original[unused], rtol=0, atol=0)
    torch.testing.assert_close(table[idle], original[idle] * 0.95)


def test_the_same_vectors_before_and_after(encoder):
    encoder.eval()
    tokens = tokenize(encoder, TEXTS, "passage")
    with torch.no_grad():
        expected = vectors(encoder, tokens, encoder.tokenizer.pad_token_id)
        vocabulary = trim(encoder, [tokens])
        trimmed = vectors(encoder, vocabulary.view(tokens), vocabulary.pad_id)
        rows = len(transformer(encoder).get_input_embeddings().weight)
        vocabulary.restore(encoder)
        restored = vectors(encoder, tokens, encoder.tokenizer.pad_token_id)

    assert rows == len(vocabulary.kept) < 100
    torch.testing.assert_close(trimmed, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(restored, expected, rtol=0, atol=0)


def test_what_is_restored_loads_elsewhere(encoder, tmp_path):
    tokens = tokenize(encoder, TEXTS, "passage")
    vocabulary = trim(encoder, [tokens])
    trained(encoder, vocabulary.view(tokens), vocabulary.pad_id, lambda weights: torch.optim.SGD(weights, lr=0.1))
    vocabulary.restore(encoder)
    encoder.save(str(tmp_path / "saved"), create_model_card=False)

    texts = [*TEXTS, OTHER]
    np.testing.assert_allclose(
        load(str(tmp_path / "saved"), device="cpu").encode(texts, prompt=PROMPTS["passage"]),
        encoder.encode(texts, prompt=PROMPTS["passage"]),
        atol=1e-6,
    )


def test_special_tokens_are_kept_and_padding_keeps_its_number(encoder):
    vocabulary = trim(encoder, [TokenizedTexts(np.array([500], np.int32), np.array([0, 1]))])

    assert set(encoder.tokenizer.all_special_ids) <= set(vocabulary.kept.tolist())
    assert vocabulary.pad_id == encoder.tokenizer.pad_token_id
    assert vocabulary.places[500] == len(vocabulary.kept) - 1


def test_a_text_that_was_not_foreseen(encoder):
    vocabulary = trim(encoder, [tokenize(encoder, TEXTS, "passage")])

    with pytest.raises(ValueError, match="is not in the trimmed vocabulary"):
        vocabulary.view(tokenize(encoder, [OTHER], "passage"))


def test_a_frozen_table_stays_frozen(encoder):
    choose_trainable(encoder)
    trim(encoder, [tokenize(encoder, TEXTS, "passage")])

    assert not transformer(encoder).get_input_embeddings().weight.requires_grad


def test_a_table_with_a_second_use_is_refused(encoder):
    model = transformer(encoder)
    before = model.get_input_embeddings()
    model.output = before

    with pytest.raises(UsageError, match="this encoder's table has a second use; use 'frozen' or 'full'"):
        trim(encoder, [tokenize(encoder, TEXTS, "passage")])
    assert model.get_input_embeddings() is before


def test_a_table_of_another_kind_is_refused(encoder):
    model = transformer(encoder)
    scaled = type("ScaledEmbedding", (torch.nn.Embedding,), {})
    model.set_input_embeddings(scaled(10, 32))

    with pytest.raises(UsageError, match="a ScaledEmbedding cannot be trimmed"):
        trim(encoder, [])


def test_an_encoder_that_is_no_transformer_is_refused():
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)], device="cpu")

    with pytest.raises(UsageError, match="no transformer; use 'frozen' or 'full'"):
        trim(static, [])
