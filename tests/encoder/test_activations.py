import copy

import numpy as np
import pytest
import torch

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.activations import Activations, SharedLayersEncoder, frozen_fingerprint
from equilingua.encoder.encode import encode
from equilingua.encoder.layers import layers_of, split, transformer
from equilingua.encoder.load import load
from equilingua.encoder.token_store import token_store
from equilingua.encoder.tokens import TOKEN_BUDGET, collate
from equilingua.errors import DataError
from equilingua.evaluation.encoding import Encoding, VectorPeer
from tests.encoder.architectures import tiny

QUERY, PASSAGE = 12, 24


@pytest.fixture(scope="module", params=["bert", "xlmr", "t5"])
def encoder(request, xlmr_folder):
    return tiny(request.param, xlmr_folder).eval()


@pytest.fixture(scope="module")
def bert(xlmr_folder):
    return tiny("bert", xlmr_folder).eval()


@pytest.fixture(scope="module")
def corpus(starter):
    return starter.select(np.arange(0, len(starter), 60))


@pytest.fixture(scope="module")
def store(bert, corpus, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUILINGUA_CACHE", str(tmp_path_factory.mktemp("tokens")))
        return token_store(bert, corpus)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    return tmp_path


def wanted(store):
    """Every query and passage with its limit."""
    texts = np.concatenate([store.query_text, store.passage_text])
    return texts, np.repeat([QUERY, PASSAGE], len(store.query_text))


def opened(encoder, store, cache, top_layers=1, **named):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUILINGUA_CACHE", str(cache))
        return Activations.open(split(encoder, top_layers), store, QUERY, PASSAGE, **named)


def whole_vectors(encoder, tokens):
    features = collate(tokens, np.arange(len(tokens.offsets) - 1), 1, torch.device("cpu"))
    encoder.eval()
    with torch.no_grad():
        return encoder(features)["sentence_embedding"]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("top_layers", [1, 3])
def test_the_top_layers_go_on_to_the_encoder_s_own_vectors(encoder, store, tmp_path, top_layers, dtype, tolerance):
    activations = opened(encoder, store, tmp_path / "kept", top_layers, dtype=dtype)
    texts, limits = wanted(store)

    with torch.no_grad():
        vectors = activations.split.top(*activations.padded(texts, limits))
    expected = whole_vectors(encoder, store.take(texts, limits))
    torch.testing.assert_close(vectors, expected, rtol=0, atol=tolerance)


def test_rows_without_padding_are_the_same(bert, store, tmp_path):
    activations = opened(bert, store, tmp_path / "kept")
    texts, limits = (each[:9] for each in wanted(store))

    rows = activations.rows(texts, limits)
    hidden, mask = activations.padded(texts, limits)
    assert rows.dtype == hidden.dtype == torch.bfloat16
    torch.testing.assert_close(hidden[mask.bool()], rows, rtol=0, atol=0)
    assert not hidden[~mask.bool()].any()


def test_only_what_is_asked_for_is_computed_and_only_once(bert, store, tmp_path, monkeypatch):
    activations = opened(bert, store, tmp_path / "kept")
    texts, limits = (each[:10] for each in wanted(store))
    done = []

    assert len(activations._missing(texts, limits)) == len(np.unique(texts))
    activations.ensure(np.concatenate([texts, texts]), np.concatenate([limits, limits]), done.append)
    assert sum(done) == len(np.unique(texts))
    assert not len(activations._missing(texts, limits))

    again = opened(bert, store, tmp_path / "kept")
    monkeypatch.setattr(type(again.split), "bottom", None)
    torch.testing.assert_close(again.rows(texts, limits), activations.rows(texts, limits), rtol=0, atol=0)


def test_an_interrupted_call_that_is_repeated_gives_the_same_bits(bert, store, tmp_path, monkeypatch):
    monkeypatch.setitem(TOKEN_BUDGET, "cpu", 100)
    texts, limits = wanted(store)
    whole = opened(bert, store, tmp_path / "whole")
    whole.ensure(texts, limits)

    broken = opened(bert, store, tmp_path / "broken")
    counts = []

    def stop(count):
        counts.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.ensure(texts, limits, stop)
    assert 0 < len(broken._missing(texts, limits)) < len(np.unique(texts))
    broken.ensure(texts, limits, counts.append)
    assert sum(counts) == len(np.unique(texts))
    torch.testing.assert_close(broken.rows(texts, limits), whole.rows(texts, limits), rtol=0, atol=0)


def test_computed_without_dropout_and_training_goes_on(bert, store, tmp_path):
    encoder = copy.deepcopy(bert).train()
    texts, limits = (each[:5] for each in wanted(store))
    state = torch.random.get_rng_state()

    rows = opened(encoder, store, tmp_path / "one").rows(texts, limits)
    assert encoder.training
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.testing.assert_close(opened(encoder, store, tmp_path / "two").rows(texts, limits), rows, rtol=0, atol=0)


def test_a_text_in_both_roles_is_kept_twice_only_where_it_is_cut_twice(bert, tmp_path):
    encoder = copy.deepcopy(bert)
    encoder.prompts = {}
    long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " * 2
    pairs = [Pair("a", "en", long, "short", "test"), Pair("b", "en", "short", long, "test")]
    store = token_store(encoder, ParallelCorpus.from_pairs(pairs))
    activations = opened(encoder, store, tmp_path / "kept", dtype="float32")

    short = int(store.lengths(store.query_text[1:], QUERY)[0])
    assert activations.kept.bytes == (QUERY + PASSAGE + short) * 32 * 4
    texts, limits = wanted(store)
    with torch.no_grad():
        vectors = activations.split.top(*activations.padded(texts, limits))
    torch.testing.assert_close(vectors, whole_vectors(encoder, store.take(texts, limits)), rtol=0, atol=1e-6)


def test_a_limit_that_nothing_was_kept_for(bert, store, tmp_path):
    activations = opened(bert, store, tmp_path / "kept")
    longest = np.array([int(np.argmax(store.tokens.lengths))])

    with pytest.raises(ValueError, match="at a limit that is neither"):
        activations.ensure(longest, 17)


def test_the_default_folder_is_shared_by_encoders_that_differ_above_the_cut(bert, store, tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    trained = copy.deepcopy(bert)
    with torch.no_grad():
        next(layers_of(trained)[2].parameters()).add_(1)

    folders = [
        Activations.open(split(encoder, layers), store, *limits, dtype=dtype).kept.folder
        for encoder, layers, limits, dtype in [
            (bert, 1, (QUERY, PASSAGE), "bfloat16"),
            (trained, 1, (QUERY, PASSAGE), "bfloat16"),
            (bert, 2, (QUERY, PASSAGE), "bfloat16"),
            (bert, 1, (QUERY, PASSAGE + 1), "bfloat16"),
            (bert, 1, (QUERY, PASSAGE), "float32"),
        ]
    ]
    assert folders[0] == folders[1]
    assert len(set(folders)) == 4
    assert all(folder.parent == tmp_path / "activations" for folder in folders)


def test_the_fingerprint_is_of_frozen_weights_and_configuration(bert):
    before = frozen_fingerprint(bert, 1)
    changed = copy.deepcopy(bert)
    with torch.no_grad():
        next(layers_of(changed)[1].parameters())[0, 0] += 1e-3
    other = copy.deepcopy(bert)
    transformer(other).config.layer_norm_eps = 1e-3
    calm = copy.deepcopy(bert)
    transformer(calm).config.hidden_dropout_prob = 0.0

    assert frozen_fingerprint(changed, 1) != before
    assert frozen_fingerprint(changed, 2) == frozen_fingerprint(bert, 2)
    assert frozen_fingerprint(other, 1) != before
    assert frozen_fingerprint(calm, 1) == before


def test_a_disk_that_is_too_small_is_told_before_anything_is_computed(bert, store, tmp_path, monkeypatch):
    activations = opened(bert, store, tmp_path / "kept")
    usage = type("Usage", (), {"free": 1500})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    monkeypatch.setattr(type(activations.split), "bottom", None)

    with pytest.raises(DataError, match=r"of \d+ texts take [\d.]+ kB, and .* has 1\.5 kB left: make room"):
        activations.ensure(*wanted(store))


def test_a_disk_that_fills_up_loses_nothing_that_was_done(bert, store, tmp_path, monkeypatch):
    monkeypatch.setitem(TOKEN_BUDGET, "cpu", 100)
    activations = opened(bert, store, tmp_path / "kept")
    write = type(activations.kept).write
    calls = []

    def full(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write(self, *arguments)

    monkeypatch.setattr(type(activations.kept), "write", full)
    with pytest.raises(DataError, match="cannot be written: No space left on device; make room and go on"):
        activations.ensure(*wanted(store))
    assert len(activations._missing(*wanted(store))) < len(np.unique(wanted(store)[0]))


@pytest.fixture(params=["bert", "xlmr", "modernbert"])
def folder(request, xlmr_folder, tmp_path):
    tiny(request.param, xlmr_folder).save(str(tmp_path / "encoder"))
    return tmp_path / "encoder"


def changed(folder, layer, to):
    """The same encoder with another layer."""
    encoder = load(str(folder), device="cpu")
    with torch.no_grad():
        for weight in list(layers_of(encoder))[layer].parameters():
            weight.mul_(1.5)
    encoder.save(str(to))
    return to


@pytest.fixture
def computed(monkeypatch, tmp_path):
    """How many texts went through lower layers, from an empty cache on."""
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    counts = []
    whole = Activations._computed

    def counted(self, items):
        counts.append(len(items))
        return whole(self, items)

    monkeypatch.setattr(Activations, "_computed", counted)
    return counts


@pytest.mark.parametrize("role", ["query", "passage"])
def test_gives_the_encoder_s_own_vectors(folder, multilingual_texts, role):
    texts = list(dict.fromkeys(multilingual_texts))
    done = []
    shared = SharedLayersEncoder(str(folder), 1)

    vectors = shared.encode(texts, role, done.append)

    own = encode(load(str(folder), device="cpu"), texts, role)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), shared.dim)
    assert (own * vectors).sum(1).min() > 0.999
    assert sum(done) == len(texts)


def test_lower_layers_run_once_for_encoders_that_share_them(folder, multilingual_texts, tmp_path, computed):
    texts = list(dict.fromkeys(multilingual_texts))
    first = SharedLayersEncoder(str(folder), 1).encode(texts, "query")
    above, below = (str(changed(folder, layer, tmp_path / f"layer{layer}")) for layer in (2, 1))

    second = SharedLayersEncoder(above, 1).encode(texts, "query")
    assert computed == [len(texts)]
    assert not np.allclose(first, second, atol=1e-3)
    # Another layer below the cut: none of what was kept is its.
    SharedLayersEncoder(below, 1).encode(texts, "query")
    assert computed == [len(texts)] * 2


def test_evaluation_takes_it_as_it_takes_any_encoder(folder, multilingual_texts):
    shared = SharedLayersEncoder(str(folder), 2)

    assert isinstance(shared, VectorPeer)
    vectors, _ = Encoding(shared).vectors(multilingual_texts * 2, "passage")
    again, cached = Encoding(shared).vectors(multilingual_texts * 2, "passage")

    assert cached == len(vectors)
    np.testing.assert_array_equal(vectors, again)
    assert shared.fingerprint != SharedLayersEncoder(str(folder), 1).fingerprint
