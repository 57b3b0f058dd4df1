import numpy as np
import pytest
import torch

from equilingua.encoder import encode as module
from equilingua.encoder.encode import encode, unit_length
from equilingua.encoder.load import load
from equilingua.encoder.precision import autocast


@pytest.fixture(scope="module", params=["tiny_folder", "xlmr_folder"])
def encoder(request):
    return load(str(request.getfixturevalue(request.param)), device="cpu")


def reference(encoder, texts, role):
    vectors = encoder.encode(texts, prompt_name=role, batch_size=1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("role", ["query", "passage"])
def test_agrees_with_sentence_transformers_in_any_order_with_repeats(encoder, multilingual_texts, role):
    order = np.random.default_rng(0).permutation(len(multilingual_texts))
    texts = [multilingual_texts[i] for i in order]

    vectors = encode(encoder, texts, role, precision="float32", token_budget=256)

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, reference(encoder, texts, role), atol=1e-5)


def test_roles_are_told_apart(encoder):
    query, passage = (encode(encoder, ["honey"], role, precision="float32") for role in ("query", "passage"))

    assert not np.allclose(query, passage, atol=1e-3)


@pytest.mark.parametrize("budget", [1, 100, 10**6])
def test_the_budget_changes_no_vector(encoder, multilingual_texts, budget):
    expected = encode(encoder, multilingual_texts, "query", precision="float32")

    vectors = encode(encoder, multilingual_texts, "query", precision="float32", token_budget=budget)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_cuts_texts_to_the_wanted_tokens_and_never_past_the_encoder_s_limit(encoder, starter):
    texts = starter.passages(range(5))
    limit = encoder.max_seq_length
    shorter = load_copy(encoder)
    shorter.max_seq_length = 10

    np.testing.assert_allclose(
        encode(encoder, texts, "passage", max_tokens=10, precision="float32"),
        reference(shorter, texts, "passage"),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        encode(encoder, texts, "passage", max_tokens=100_000, precision="float32"),
        reference(encoder, texts, "passage"),
        atol=1e-5,
    )
    assert encoder.max_seq_length == limit


def load_copy(encoder):
    import copy

    return copy.deepcopy(encoder)


def test_nothing_in_nothing_out(encoder):
    assert encode(encoder, [], "query").shape == (0, 32)


def test_progress_adds_up_over_repeats(encoder, multilingual_texts):
    seen = []

    encode(encoder, multilingual_texts * 2, "query", token_budget=64, progress=seen.append)
    assert len(seen) > 1
    assert sum(seen) == 2 * len(multilingual_texts)


def test_each_distinct_text_is_computed_once(encoder, monkeypatch):
    computed = []
    pack = module.pack

    def counted(tokens, rows, seeds):
        computed.append(len(rows))
        return pack(tokens, rows, seeds)

    monkeypatch.setattr(module, "pack", counted)

    encode(encoder, ["a", "b", "a", "a"], "query")
    assert sum(computed) == 2


def test_texts_are_tokenised_in_chunks_without_a_seam(encoder, multilingual_texts, monkeypatch):
    expected = encode(encoder, multilingual_texts, "query", precision="float32")
    monkeypatch.setattr(module, "_CHUNK", 7)

    vectors = encode(encoder, multilingual_texts, "query", precision="float32")
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_bfloat16_is_close(encoder, multilingual_texts):
    exact = encode(encoder, multilingual_texts, "passage", precision="float32")
    quick = encode(encoder, multilingual_texts, "passage", precision="bfloat16")

    assert quick.dtype == np.float32
    assert (exact * quick).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(quick, axis=1), 1, atol=1e-5)
    assert not np.array_equal(exact, quick)


def test_leaves_the_encoder_as_it_was(encoder):
    encoder.train()
    first = encode(encoder, ["dropout is off while encoding"], "query", precision="float32")
    second = encode(encoder, ["dropout is off while encoding"], "query", precision="float32")
    was_training = encoder.training
    encoder.eval()

    assert was_training
    np.testing.assert_array_equal(first, second)
    assert not torch.is_inference(next(encoder.parameters()))


@pytest.fixture(scope="module")
def static_encoder(starter):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(starter.queries(range(200)), trainer)
    torch.manual_seed(0)
    modules = [StaticEmbedding(tokenizer, embedding_dim=16)]
    return SentenceTransformer(modules=modules, prompts={"query": "ask: ", "document": "tell: "}, device="cpu")


@pytest.mark.parametrize(("role", "name"), [("query", "query"), ("passage", "document")])
def test_other_encoders_go_through_their_own_encode_with_the_role_s_prompt(static_encoder, starter, role, name):
    texts = starter.queries([3, 1, 3, 2])
    seen = []

    vectors = encode(static_encoder, texts, role, progress=seen.append)
    np.testing.assert_allclose(vectors, unit_length(static_encoder.encode(texts, prompt_name=name)), atol=1e-6)
    assert sum(seen) == 4


def test_an_encoder_without_prompts_gets_the_bare_text(static_encoder):
    import copy

    bare = copy.deepcopy(static_encoder)
    bare.prompts = {}

    np.testing.assert_allclose(encode(bare, ["honey"], "query"), unit_length(bare.encode(["honey"])), atol=1e-6)


def test_unit_length_leaves_zero_alone():
    np.testing.assert_allclose(unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_float32_is_float32():
    with autocast(torch.device("cpu"), torch.float32):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with autocast(torch.device("cpu"), torch.bfloat16):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
