import numpy as np

from equilingua.evaluation.encoding import VectorPeer
from equilingua.evaluation.peers.random_vectors import RandomVectors


def test_a_text_has_the_same_direction_everywhere():
    peer = RandomVectors()
    assert isinstance(peer, VectorPeer)
    told = []
    first = peer.encode(["one", "two", "one"], "passage", told.append)
    again = RandomVectors().encode(["two", "one"], "passage")
    assert told == [3]
    assert first.dtype == np.float32
    assert first.shape == (3, peer.dim)
    np.testing.assert_array_equal(first[:2], again[::-1])
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-6)
    # As pinned as its fingerprint is: a change of one is a change of the other.
    np.testing.assert_allclose(again[1, :2], PINNED, atol=1e-6)


PINNED = [-0.0640376, -0.0595378]


def test_a_question_does_not_find_its_own_text():
    peer = RandomVectors()
    texts = [f"text {number}" for number in range(300)]
    scores = peer.encode(texts, "query") @ peer.encode(texts, "passage").T
    assert (scores.argmax(axis=1) == np.arange(300)).mean() < 0.03
    assert abs(scores.mean()) < 0.01
    assert abs(np.diag(scores).mean()) < 0.03


def test_no_texts():
    assert RandomVectors().encode([], "query").shape == (0, RandomVectors.dim)
