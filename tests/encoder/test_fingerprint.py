import json
import shutil
import subprocess
import sys

import pytest

from equilingua.encoder import fingerprint as fingerprints
from equilingua.encoder.fingerprint import fingerprint
from equilingua.encoder.load import load
from equilingua.errors import DataError, UsageError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """An encoder's folder to change."""
    return shutil.copytree(tiny_folder, tmp_path / "encoder")


def test_a_copy_of_a_folder_is_the_same_encoder(tiny_folder, folder):
    assert fingerprint(str(folder)) == fingerprint(str(tiny_folder))
    assert len(fingerprint(str(folder))) == 32


def test_changed_weights_saved_to_the_same_folder(folder):
    before = fingerprint(str(folder))
    encoder = load(str(folder), device="cpu")
    weights = encoder[0].auto_model.embeddings.word_embeddings.weight
    weights.data[5, 3] += 1e-3
    encoder.save(str(folder), create_model_card=False)
    assert fingerprint(str(folder)) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("config_sentence_transformers.json", "passage: ", "text: "),
        ("1_Pooling/config.json", "mean", "cls"),
        ("tokenizer.json", '"do_lower_case": false', '"do_lower_case": true'),
        ("tokenizer_config.json", "64", "32"),
    ],
)
def test_whatever_vectors_depend_on_counts(folder, name, old, new):
    before = fingerprint(str(folder))
    path = folder / name
    text = path.read_text("utf-8")
    path.write_text(text.replace(old, new) if old in text else text + " ", "utf-8")
    assert fingerprint(str(folder)) != before


def test_documents_and_other_folders_do_not_count(folder):
    before = fingerprint(str(folder))
    (folder / "README.md").write_text("# An encoder")
    (folder / ".gitattributes").write_text("")
    (folder / "checkpoint-500").mkdir()
    (folder / "checkpoint-500" / "model.safetensors").write_text("something else")
    assert fingerprint(str(folder)) == before


def test_a_runs_folder_is_its_encoder(folder, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    shutil.copytree(folder, run / "encoder")
    assert fingerprint(str(run)) == fingerprint(str(folder))


def test_a_plain_transformers_folder(bert_folder):
    assert fingerprint(str(bert_folder))


def test_torch_is_not_loaded_for_a_folder(tiny_folder):
    code = (
        "import sys\n"
        "from equilingua.encoder.fingerprint import fingerprint\n"
        f"print(fingerprint({str(tiny_folder)!r}))\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(str(tiny_folder))


def test_a_hub_encoder_is_known_by_its_snapshot(tiny_folder, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--some--encoder"
    assert fingerprints.of_name("some/encoder") is None
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    shutil.copytree(tiny_folder, repository / "snapshots" / "abc123")
    assert fingerprints.of_name("some/encoder") == fingerprint(str(tiny_folder))
    assert fingerprints.of_name("not a name") is None


def test_no_such_folder():
    with pytest.raises(UsageError, match="no such folder"):
        fingerprint("./nowhere")


def test_a_damaged_list_of_modules(folder):
    (folder / "modules.json").write_text("{")
    with pytest.raises(DataError, match=r"modules\.json: is no list"):
        fingerprint(str(folder))


def test_a_loaded_encoder_keeps_its_fingerprint_while_it_is_used(tiny_folder):
    from equilingua.encoder.encode import encode

    encoder = load(str(tiny_folder), device="cpu")
    before = fingerprint(encoder)
    encode(encoder, ["one text", "another, longer one"], "query", max_tokens=8)
    encoder.encode(["one text", "another"])
    assert fingerprint(encoder) == before == fingerprint(load(str(tiny_folder), device="cpu"))


def test_a_loaded_encoder_that_changes_is_another(tiny_folder):
    encoder = load(str(tiny_folder), device="cpu")
    seen = {fingerprint(encoder)}
    encoder.prompts["query"] = "search: "
    seen.add(fingerprint(encoder))
    encoder.max_seq_length = 16
    seen.add(fingerprint(encoder))
    encoder[0].auto_model.embeddings.word_embeddings.weight.data[0, 0] += 1e-3
    seen.add(fingerprint(encoder))
    encoder[0].tokenizer.add_tokens(["quokka"])
    seen.add(fingerprint(encoder))
    encoder[0].tokenizer.chat_template = "{{ messages }}"
    seen.add(fingerprint(encoder))
    encoder.bfloat16()
    seen.add(fingerprint(encoder))
    assert len(seen) == 7


def test_an_adapter_is_another_over_another_base(folder, tmp_path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(folder)}))
    (adapter / "config.json").write_text("{}")
    before = fingerprint(str(adapter))
    (folder / "config.json").write_text("{}")
    assert fingerprint(str(adapter)) != before


@pytest.mark.slow
def test_the_embedded_encoder_is_its_converted_folder(embedded_folder, cache, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(cache))
    assert fingerprint("embedded:base") == fingerprint(str(embedded_folder))
