import platform

import torch

from equilingua import cache
from equilingua.encoder import precision

CPU = torch.device("cpu")


def test_a_precision_that_is_named_is_that_one(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    for name in ("bfloat16", "float32"):
        assert precision.expected(name, "cpu") == (name, precision.kind(CPU))
        assert precision.actual(name, CPU, "cpu") == (name, precision.kind(CPU))
    assert precision.expected("auto", "cpu") == precision.actual("auto", CPU, "cpu")


def test_the_kind_is_what_torch_computes_with():
    capability = torch.backends.cpu.get_cpu_capability().lower()
    assert precision.kind(CPU).split("-")[:2] == [platform.machine(), capability]


def test_auto_is_asked_once(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))
    expected = ("bfloat16" if precision.has_bfloat16(CPU) else "float32", precision.kind(CPU))
    assert precision.expected("auto", "cpu") == expected
    (note,) = (tmp_path / "precision").iterdir()
    other = ("float32" if expected[0] == "bfloat16" else "bfloat16", "another")
    cache.note("precision", note.stem, other)
    assert precision.expected("auto", "cpu") == other
    assert precision.actual("auto", CPU, "cpu") == expected
    assert precision.expected("auto", "cpu") == expected


def test_a_read_only_cache_costs_time_only(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("EQUILINGUA_CACHE", str(blocked / "cache"))
    assert precision.expected("auto", "cpu") == precision.actual("auto", CPU, "cpu")
    assert "not written" in caplog.text
