import zipfile
from pathlib import Path

import pytest

from equilingua.places import cache_folder, expanded, mirror_folder, shipped


@pytest.mark.parametrize(
    ("variable", "place"), [("EQUILINGUA_CACHE", cache_folder), ("EQUILINGUA_MIRROR", mirror_folder)]
)
def test_as_chosen(monkeypatch, tmp_path, variable, place):
    monkeypatch.setenv(variable, str(tmp_path))
    assert place() == tmp_path

    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.setenv(variable, "~/here")
    assert place() == tmp_path / "here"


@pytest.mark.parametrize("value", [None, ""])
def test_where_nothing_is_chosen(monkeypatch, value):
    for variable in ("EQUILINGUA_CACHE", "EQUILINGUA_MIRROR"):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)

    assert cache_folder().name == "equilingua"
    assert cache_folder().is_absolute()
    assert mirror_folder() is None


def test_a_wheel_has_the_recipes_and_studies_where_they_are_looked_for(tmp_path, monkeypatch):
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="the extra 'dev' is not installed")
    root = Path(__file__).parents[1]
    (built,) = wheel.WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)

    in_checkout = {kind: list(shipped(kind)) for kind in ("recipes", "studies")}
    assert "hybrid" in in_checkout["recipes"]
    assert "alpha" in in_checkout["studies"]
    monkeypatch.setattr("equilingua.places.__file__", str(tmp_path / "equilingua/places.py"))
    assert {kind: list(shipped(kind)) for kind in in_checkout} == in_checkout
    assert shipped("recipes")["hybrid"].is_relative_to(tmp_path)
    trained = "src/equilingua/encoder/embedded.safetensors"
    assert (tmp_path / trained.removeprefix("src/")).is_file() == (root / trained).is_file()


def test_a_home_that_nobody_has_is_left_as_it_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/bee")

    assert expanded("~/x") == Path("/home/bee/x")
    assert expanded("~no-such-user/x") == Path("~no-such-user/x")
    monkeypatch.setenv("EQUILINGUA_CACHE", "~no-such-user/x")
    assert cache_folder() == Path("~no-such-user/x")
