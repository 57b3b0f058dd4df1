import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.evaluation import contenders
from equilingua.evaluation.encoding import Encoding


class Vectors:
    name, dim, fingerprint = "mine", 4, "mine-1"

    def encode(self, texts, role, progress=None):  # noqa: ARG002  (the protocol's)
        return np.ones((len(texts), 4), np.float32)


class Scores:
    name = "ranker"

    def scores(self, benchmark, progress=None):  # noqa: ARG002  (the protocol's)
        raise AssertionError("not asked for yet")


def test_by_what_they_can_do(encoder, tmp_path):
    (tmp_path / "some.run").write_text("")
    run = f"run:{tmp_path / 'some.run'}"
    found = {given: contenders.find(given) for given in ("some/encoder", "random", "bm25", run)}
    assert {name: contender.name for name, contender in found.items()} == {name: name for name in found}
    assert isinstance(found["some/encoder"].source, Encoding)
    assert isinstance(found["random"].source, Encoding)
    assert isinstance(found["bm25"].source, contenders.ScorePeer)
    assert isinstance(found[run].source, contenders.ScorePeer)
    assert contenders.find(encoder).name == "SentenceTransformer"
    assert isinstance(contenders.find(encoder).source, Encoding)
    assert contenders.find(Vectors()).name == "mine"
    assert contenders.find(Scores()).source.name == "ranker"


def test_a_run_file_that_is_not_there():
    with pytest.raises(UsageError, match=r"run:nowhere\.run: there is no such run file"):
        contenders.find("run:nowhere.run")
