from pathlib import Path

import pytest

from equilingua.places import cache_folder, mirror_folder


@pytest.mark.parametrize(
    ("variable", "place"), [("EQUILINGUA_CACHE", cache_folder), ("EQUILINGUA_MIRROR", mirror_folder)]
)
def test_as_chosen(monkeypatch, tmp_path, variable, place):
    monkeypatch.setenv(variable, str(tmp_path))
    assert place() == tmp_path

    monkeypatch.setenv(variable, "~/here")
    assert place() == Path.home() / "here"


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
