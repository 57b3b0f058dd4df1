import numpy as np
import pytest
import torch

from equilingua.encoder.activations import Activations
from equilingua.encoder.encode import encode
from equilingua.encoder.layers import layers_of
from equilingua.encoder.load import load
from equilingua.encoder.shared_layers import SharedLayersEncoder
from equilingua.evaluation.encoding import Encoding, VectorPeer
from tests.encoder.architectures import tiny


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
