import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.evaluation import contenders
from equilingua.evaluation.contenders import Asked, parse
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


def test_an_encoder_a_method_and_a_recipe():
    assert parse(["embedded:base", "embedded:base+center+lir:2", "h=runs/0, runs/1+center"]) == [
        Asked("embedded:base", ("embedded:base",)),
        Asked("embedded:base+center+lir:2", ("embedded:base+center+lir:2",)),
        Asked("h", ("runs/0", "runs/1+center")),
    ]


def test_a_plus_or_a_sign_of_equality_in_a_name_is_kept():
    assert parse(["owner/c++-encoder", "a+b+center"]) == [
        Asked("owner/c++-encoder", ("owner/c++-encoder",)),
        Asked("a+b+center", ("a+b+center",)),
    ]


def test_a_folder_that_exists_is_meant_whatever_its_name(tmp_path):
    folder = tmp_path / "lr=1,seed=0+center"
    folder.mkdir()
    assert parse([str(folder), "other"])[0] == Asked(str(folder), (str(folder),))


def test_the_same_encoder_twice_is_numbered():
    assert [one.name for one in parse(["a", "a", "b"])] == ["a", "a (2)", "b"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["one"], "1 encoder is named, and it takes at least two"),
        (["h=a", "h=b"], "two contestants are called 'h'"),
        (["h=a,a", "b"], "run 'a' is there twice"),
        (["a,b", "c"], "need a name: NAME=a,b"),
        (["=a", "b"], "NAME=RUN"),
        (["h=", "b"], "NAME=RUN"),
        (["base.json", "b"], "a result file keeps averages"),
    ],
)
def test_wrong_usage(texts, message):
    with pytest.raises(UsageError, match=message):
        parse(texts)
