import torch

from equilingua.encoder import precision
from equilingua.encoder.encode import has_bfloat16


def test_a_precision_that_is_named_is_that_one(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    assert precision.expected("bfloat16", "cpu") == "bfloat16"
    assert precision.actual("float32", torch.device("cpu")) == "float32"
    assert not list(tmp_path.iterdir())


def test_auto_is_asked_once(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    expected = "bfloat16" if has_bfloat16(torch.device("cpu")) else "float32"
    assert precision.expected("auto", "cpu") == expected
    (note,) = (tmp_path / "precision").iterdir()
    other = "float32" if expected == "bfloat16" else "bfloat16"
    note.write_text(other)
    assert precision.expected("auto", "cpu") == other
    assert precision.actual("auto", torch.device("cpu"), "cpu") == expected
    assert precision.expected("auto", "cpu") == expected


def test_a_damaged_note_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    expected = precision.expected("auto", "cpu")
    (note,) = (tmp_path / "precision").iterdir()
    note.write_text("float64")
    assert precision.expected("auto", "cpu") == expected


def test_a_read_only_cache_costs_time_only(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("EQUILINGUA_CACHE", str(blocked / "cache"))
    assert precision.expected("auto", "cpu") in {"float32", "bfloat16"}
    assert "not written" in caplog.text
