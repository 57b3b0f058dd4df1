import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from equilingua.cli.main import app
from equilingua.errors import UsageError


@pytest.fixture
def run(monkeypatch, tmp_path, tiny_folder):
    """Call the command in a folder with a trained encoder."""
    import shutil

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    shutil.copytree(tiny_folder, tmp_path / "trained")
    torch.manual_seed(0)
    weights = load_file(tmp_path / "trained/model.safetensors")
    moved = {name: tensor + 0.002 * torch.randn_like(tensor) for name, tensor in weights.items()}
    save_file(moved, tmp_path / "trained/model.safetensors", {"format": "pt"})

    def invoke(*arguments):
        return CliRunner().invoke(
            app, ["difference", "trained", "--from", str(tiny_folder), *arguments], catch_exceptions=False
        )

    return invoke


def test_says_how_near_it_comes(run, tmp_path):
    result = run("--out", "small.safetensors", "--json", "found.json")

    assert result.exit_code == 0
    record = json.loads((tmp_path / "found.json").read_text())
    assert record["bytes"] == (tmp_path / "small.safetensors").stat().st_size
    assert record["cosine"]["texts"] == 2 * 8 * 12
    assert 0.999 < record["cosine"]["least"] <= record["cosine"]["mean"] <= 1.000001
    assert f"small.safetensors: {record['bytes'] / 1e6:.1f} MB; the vectors of 192 texts" in result.stdout
    assert "so measure both" not in result.stdout


def test_a_file_of_another_kind_is_refused_first(run, tmp_path):
    with pytest.raises(UsageError, match=r"give a file that ends in \.safetensors"):
        run("--out", "small.bin")
    assert not (tmp_path / "small.bin").exists()
