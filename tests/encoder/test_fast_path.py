from types import SimpleNamespace

import numpy as np
import pytest
import torch

from equilingua.encoder.encode import encode, unit_length
from equilingua.encoder.fast_path import fast_path, own_vectors
from equilingua.encoder.load import load
from equilingua.encoder.tokens import tokenize
from equilingua.errors import UsageError

from .architectures import declaring, tiny

# What an encoder declares, and how it is run.
WAYS = {
    "chat": "modules",
    "route": "none",
    "layers": "modules",
    "both-names": "packed",
    "passage-only": "packed",
    "default-prompt": "packed",
    "float16": "packed",
    "bfloat16": "packed",
    "role-limits": "packed",
    "shorter-vectors": "packed",
    "prompt-left-out": "none",
    "segments": "none",
    "padding-in-text": "packed",
}
SPECIAL = ["a </s> within", "<s> at the start", "two <pad><pad> and <unk>, then more", "[SEP] <|endoftext|> [PAD]"]


@pytest.fixture(scope="module")
def folders(xlmr_folder, tmp_path_factory):
    made = {}

    def folder(kind):
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind)
            declaring(kind, xlmr_folder).save(str(made[kind]), create_model_card=False)
        return made[kind]

    return folder


def plain(folder, texts, role):
    """What plain sentence-transformers gives under float32, to unit length."""
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    encoded = encoder.encode_query if role == "query" else encoder.encode_document
    return unit_length(encoded(texts, batch_size=1))


def cosines(ours, own):
    # Static embeddings of a text without a known word are all 0.
    both_zero = ~ours.any(axis=1) & ~own.any(axis=1)
    return np.where(both_zero, 1, (ours * own).sum(axis=1))


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("role", ["query", "passage"])
def test_an_encoder_is_run_as_it_declares(folders, multilingual_texts, kind, role):
    folder = folders(kind)
    texts = multilingual_texts + SPECIAL
    own = plain(folder, texts, role)
    encoder = load(str(folder), device="cpu")

    assert cosines(encode(encoder, texts, role, precision="float32"), own).min() >= 0.9999
    assert cosines(encode(encoder, texts, role, precision="bfloat16"), own).min() >= 0.99


@pytest.mark.parametrize("kind", ["chat", "route", "both-names"])
def test_figures_are_those_of_the_encoder_s_own_vectors(folders, kind):
    from equilingua.evaluation.evaluate import evaluate

    folder = folders(kind)
    own = SimpleNamespace(
        name="own", dim=32, fingerprint="own", encode=lambda texts, role, _: plain(folder, texts, role)
    )
    ours, expected = (
        evaluate(encoder, "starter", precision="float32", cache=False).results["starter"].to_json()
        for encoder in (str(folder), own)
    )

    for setting in ("monolingual", "cross_lingual", "multilingual"):
        assert ours[setting]["ndcg@10"] == pytest.approx(expected[setting]["ndcg@10"], abs=1e-6)


@pytest.mark.parametrize(("kind", "way"), WAYS.items())
def test_as_many_as_possible_stay_fast(folders, kind, way):
    encoder = load(str(folders(kind)), device="cpu")

    assert fast_path(encoder, torch.float32).way == way


@pytest.mark.parametrize("kind", ["bert", "xlmr", "qwen", "modernbert", "t5"])
def test_architectures(xlmr_folder, multilingual_texts, kind):
    encoder = tiny(kind, xlmr_folder, layers=2)
    own = unit_length(own_vectors(encoder, multilingual_texts, "passage", batch_size=1))

    assert cosines(encode(encoder, multilingual_texts, "passage", precision="float32"), own).min() >= 0.9999
    assert fast_path(encoder, torch.float32).way == ("packed" if kind in ("bert", "xlmr") else "modules")


def test_what_takes_longer_is_said_once(folders, caplog):
    encoder = load(str(folders("route")), device="cpu")
    for precision in ("float32", "bfloat16"):
        encode(encoder, ["honey"], "query", precision=precision)

    (line,) = [
        record.getMessage() for record in caplog.records if "fast_path" in record.name or "encode" in record.name
    ]
    assert line.startswith(
        "this encoder is run by sentence-transformers itself, which takes longer: it begins with a R"
    )


def test_a_layer_that_only_the_encoder_s_own_call_knows_is_found_out(tiny_folder, monkeypatch):
    encoder = load(str(tiny_folder), device="cpu")
    forward = type(encoder[0].auto_model).forward

    def shifted(self, *arguments, **named):
        output = forward(self, *arguments, **named)
        output.last_hidden_state = output.last_hidden_state + torch.linspace(-1, 1, 32)
        return output

    monkeypatch.setattr(type(encoder[0].auto_model), "forward", shifted)

    assert fast_path(encoder, torch.float32).way == "modules"
    np.testing.assert_allclose(
        encode(encoder, ["honey", "wax"], "query", precision="float32"),
        own_vectors(encoder, ["honey", "wax"], "query"),
        atol=1e-5,
    )


def test_half_precision_that_moves_vectors_too_far_is_not_used(tiny_folder, monkeypatch, caplog):
    from equilingua.encoder.packed import bert

    encoder = load(str(tiny_folder), device="cpu")
    embed = bert.PackedBert.embed

    def noisy(self, packed, *others):
        vectors = embed(self, packed, *others)
        return vectors if self.precision is torch.float32 else vectors + torch.linspace(-1, 1, 32)

    monkeypatch.setattr(bert.PackedBert, "embed", noisy)

    path = fast_path(encoder, torch.bfloat16)
    assert (path.way, path.products) == ("packed", torch.float32)
    assert "this encoder is run in float32: bfloat16 moves its vectors too far" in caplog.text
    np.testing.assert_allclose(
        encode(encoder, ["honey"], "query", precision="bfloat16"), own_vectors(encoder, ["honey"], "query"), atol=1e-5
    )


def test_changed_settings_are_looked_at_anew(tiny_folder):
    encoder = load(str(tiny_folder), device="cpu")
    before = encode(encoder, ["honey"], "query", precision="float32")
    encoder.prompts["query"] = "another prompt: "

    after = encode(encoder, ["honey"], "query", precision="float32")
    assert not np.allclose(before, after, atol=1e-3)
    np.testing.assert_allclose(after, own_vectors(encoder, ["honey"], "query"), atol=1e-5)


@pytest.mark.parametrize("kind", ["route", "role-limits", "prompt-left-out"])
def test_a_lower_limit_is_kept_and_taken_back(folders, starter, kind):
    texts = starter.passages(range(4))
    encoder, shorter = (load(str(folders(kind)), device="cpu") for _ in range(2))
    for part in shorter.modules():
        if hasattr(part, "processor"):
            part.max_seq_length = part.document_length = 9

    np.testing.assert_allclose(
        encode(encoder, texts, "passage", max_tokens=9, precision="float32"),
        unit_length(own_vectors(shorter, texts, "passage", batch_size=1)),
        atol=1e-5,
    )
    own = own_vectors(load(str(folders(kind)), device="cpu"), texts, "passage", batch_size=1)
    np.testing.assert_allclose(encode(encoder, texts, "passage", precision="float32"), unit_length(own), atol=1e-5)


def test_a_role_s_limit_cuts_its_texts(folders, starter):
    encoder = load(str(folders("role-limits")), device="cpu")
    texts = starter.passages(range(4))

    assert tokenize(encoder, texts, "query").lengths.max() == 8
    assert tokenize(encoder, texts, "passage").lengths.max() == 20
    assert tokenize(encoder, texts, "passage", 12).lengths.max() == 12


def test_layers_are_not_shared_where_our_own_way_does_not_hold(folders):
    from equilingua.encoder.activations import SharedLayersEncoder

    with pytest.raises(UsageError, match="has no layers that can be shared: it begins with a Router"):
        SharedLayersEncoder(str(folders("route")), 1)
