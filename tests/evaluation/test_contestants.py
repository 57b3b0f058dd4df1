import pytest

from equilingua.errors import UsageError
from equilingua.evaluation.contestants import Asked, Run, parse


def test_an_encoder_a_method_and_a_recipe():
    assert parse(["embedded:base", "embedded:base+center+lir:2", "h=runs/0, runs/1+center"]) == [
        Asked("embedded:base", (Run("embedded:base"),)),
        Asked("embedded:base+center+lir:2", (Run("embedded:base", "center+lir:2"),)),
        Asked("h", (Run("runs/0"), Run("runs/1", "center"))),
    ]


def test_a_plus_or_a_sign_of_equality_in_a_name_is_kept():
    assert parse(["owner/c++-encoder", "a+b+center"]) == [
        Asked("owner/c++-encoder", (Run("owner/c++-encoder"),)),
        Asked("a+b+center", (Run("a+b", "center"),)),
    ]


def test_a_folder_that_exists_is_meant_whatever_its_name(tmp_path):
    folder = tmp_path / "lr=1,seed=0+center"
    folder.mkdir()
    assert parse([str(folder), "other"])[0] == Asked(str(folder), (Run(str(folder)),))


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
