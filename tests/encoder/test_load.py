import shutil

import numpy as np
import pytest

from equilingua.encoder.load import load
from equilingua.errors import EquilinguaError, UsageError


@pytest.mark.parametrize("name", ["no/such/folder", "./nowhere", "/nowhere/at/all", "~/surely-no-such-encoder"])
def test_an_unknown_folder_is_named(name):
    with pytest.raises(UsageError, match=r"unknown encoder .*: no such folder; use 'embedded:base', a folder or a hub"):
        load(name)


@pytest.mark.parametrize("name", ["", " "])
def test_no_name_is_not_this_folder(name):
    with pytest.raises(UsageError, match="no encoder named: use 'embedded:base'"):
        load(name)


@pytest.mark.parametrize("name", ["embedded", "embedded:large"])
def test_an_unknown_embedded_encoder(name):
    with pytest.raises(UsageError, match=r"unknown encoder 'embedded.*this version ships 'embedded:base' only"):
        load(name)


def test_a_folder_without_an_encoder(tmp_path):
    with pytest.raises(UsageError, match=r"no encoder in folder .*: expected modules\.json, config\.json or a run's"):
        load(str(tmp_path))


def test_an_unknown_device(tiny_folder):
    with pytest.raises(UsageError, match="unknown device 'abacus': use cpu, cuda, cuda:1 or mps"):
        load(str(tiny_folder), device="abacus")


@pytest.mark.parametrize("device", ["cuda:93", "mps:7"])
def test_a_device_that_this_machine_lacks(tiny_folder, device):
    with pytest.raises(UsageError, match=f"device '{device}' cannot be used: this machine"):
        load(str(tiny_folder), device=device)


def test_a_run_s_folder_stands_for_its_encoder(tiny_folder, tmp_path):
    shutil.copytree(tiny_folder, tmp_path / "encoder")

    encoder = load(str(tmp_path), device="cpu")
    expected = load(str(tiny_folder), device="cpu")
    np.testing.assert_array_equal(encoder.encode(["honey"]), expected.encode(["honey"]))


def test_a_folder_may_be_called_embedded(tiny_folder, tmp_path, monkeypatch):
    shutil.copytree(tiny_folder, tmp_path / "embedded-mine")
    monkeypatch.chdir(tmp_path)

    assert load("embedded-mine", device="cpu").prompts["query"] == "query: "


def test_a_plain_transformers_folder_gets_mean_pooling(bert_folder, capfd):
    encoder = load(str(bert_folder), device="cpu")

    assert encoder.encode(["honey"]).shape == (1, 32)
    assert encoder[1].pooling_mode == "mean"
    assert "it/s" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"{}"),
        ("modules.json", b"nonsense"),
        ("modules.json", b'[{"idx": 0, "name": "0", "path": "", "type": "no.such.Module"}]'),
        ("model.safetensors", b"cut short"),
        ("tokenizer.json", b"{}"),
    ],
)
def test_a_damaged_folder_is_one_clear_line(tiny_folder, tmp_path, file, content):
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_folder, folder)
    next(folder.rglob(file)).write_bytes(content)

    with pytest.raises(EquilinguaError, match=f"encoder '{folder}' cannot be loaded: ") as caught:
        load(str(folder), device="cpu")
    assert "\n" not in str(caught.value)


def test_a_hub_name_without_a_network_fails_at_once(monkeypatch):
    import huggingface_hub.constants

    # What the environment variable HF_HUB_OFFLINE=1 sets when the library is imported.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(EquilinguaError, match="encoder 'nobody/no-such-encoder' cannot be loaded: ") as caught:
        load("nobody/no-such-encoder")
    assert "\n" not in str(caught.value)
