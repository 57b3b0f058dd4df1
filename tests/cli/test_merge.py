import json
import shutil

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from equilingua.cli.main import app
from equilingua.errors import UsageError


@pytest.fixture
def run(monkeypatch, tmp_path, tiny_folder):
    """Call the command in a folder with the encoders `a` and `b`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    for seed, name in enumerate("ab"):
        shutil.copytree(tiny_folder, tmp_path / name)
        torch.manual_seed(seed)
        weights = load_file(tmp_path / name / "model.safetensors")
        changed = {key: tensor + 0.005 * torch.randn_like(tensor) for key, tensor in weights.items()}
        save_file(changed, tmp_path / name / "model.safetensors", {"format": "pt"})

    def invoke(*arguments):
        return CliRunner().invoke(app, ["merge", *arguments], catch_exceptions=False)

    return invoke


def test_says_what_was_made(run, tmp_path):
    result = run("a@0.3", "b@0.7", "--out", "soup", "--quiet")

    assert result.stdout == "soup: 0.3 x a + 0.7 x b\n"
    assert (tmp_path / "soup/modules.json").is_file()


def test_measures_the_ingredients_and_the_mean(run, tmp_path):
    result = run(
        *("a@0.5", "b@0.5", "--out", "soup", "--on", "starter", "--languages", "en,de", "--json", "soup.json"),
        *("--precision", "float32"),
    )

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "soup: 0.5 x a + 0.5 x b"
    assert [name for line in lines for name in line.split()[:1] if name in {"a", "b", "soup"}] == ["a", "b", "soup"]
    assert lines[-1].endswith("equilingua compare soup b a --on starter")
    record = json.loads((tmp_path / "soup.json").read_text())
    assert record["ingredients"] == [{"encoder": "a", "weight": 0.5}, {"encoder": "b", "weight": 0.5}]
    assert [one["encoder"] for one in record["evaluations"]] == ["a", "b", "soup"]
    found = record["evaluations"][2]["results"]["starter"]
    assert list(found["monolingual"]["by_language"]) == ["de", "en"]
    card = ModelCard.load(tmp_path / "soup/README.md")
    assert card.data.model_name == "soup"
    assert card.data.eval_results[0].metric_value == round(found["monolingual"]["map"], 4)
    assert card.text.count("| starter | 0.") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a@0.5", "b@0.5", "--on", "no-such-set"], "unknown benchmark 'no-such-set'"),
        (["a@0.5", "b@0.5", "--languages", "en"], "there is nothing to measure"),
        (["a@0.5", "b"], "'b' has no weight"),
    ],
)
def test_is_refused_before_anything_is_written(run, tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        run(*arguments, "--out", "soup")
    assert not (tmp_path / "soup").exists()
