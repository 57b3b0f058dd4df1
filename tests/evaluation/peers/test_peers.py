import pytest

from equilingua.evaluation.contenders import ScorePeer, find
from equilingua.evaluation.encoding import VectorPeer
from equilingua.evaluation.evaluate import evaluate
from equilingua.evaluation.peers import PEERS


def test_names():
    assert isinstance(PEERS["random"](), VectorPeer)
    assert not isinstance(PEERS["random"](), ScorePeer)
    assert isinstance(find("bm25").source, ScorePeer)
    assert not isinstance(find("embedded:base").source, ScorePeer)
    assert set(PEERS) == {"bm25", "random", "use-multilingual"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def test_peers_are_measured_by_name(pairs_file):
    chance = evaluate("random", pairs_file)
    lexical = evaluate("bm25", pairs_file)
    assert (chance.encoder, lexical.encoder) == ("random", "bm25")
    by_words = lexical.results[str(pairs_file)].settings["monolingual"].mean()["map"]
    assert by_words > 0.6 > chance.results[str(pairs_file)].settings["monolingual"].mean()["map"]
