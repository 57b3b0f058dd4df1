import importlib.util

import numpy as np
import pytest

from equilingua.encoder.encode import unit_length
from equilingua.errors import MissingExtraError
from equilingua.mining.search import nearest, require_faiss


@pytest.fixture(scope="module")
def passages():
    return unit_length(np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32))


@pytest.mark.parametrize("shard", [7, 100, 1000])
@pytest.mark.parametrize(("start", "stop", "count"), [(0, 300, 20), (50, 250, 200), (10, 11, 1)])
def test_finds_what_a_full_sort_finds(passages, shard, start, stop, count):
    pytest.importorskip("faiss", reason="the extra 'search' is not installed")
    queries = unit_length(np.random.default_rng(2).standard_normal((40, 16)).astype(np.float32))

    ids, scores = nearest(queries, passages, start, stop, count, shard=shard)
    cosines = queries @ passages[start:stop].T
    order = np.argsort(-cosines, axis=1)[:, :count]
    np.testing.assert_array_equal(ids, order + start)
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, order, axis=1), atol=1e-6)


def test_without_faiss_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(MissingExtraError, match=r"mining hard negatives needs the package 'faiss-cpu': pip install"):
        require_faiss()
