import json
import logging
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError

from equilingua.encoder import load as module
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


@pytest.mark.parametrize("name", ["~no-such-user/encoder", "~no-such-user/encoder+center"])
def test_a_folder_of_a_user_whom_nobody_knows_is_unknown(name):
    with pytest.raises(EquilinguaError, match=r"encoder '~no-such-user/encoder"):
        load(name)


@pytest.fixture
def hub(monkeypatch):
    """A hub that answers with an error, or with the names of files; and the names that it was asked for."""
    from huggingface_hub import HfApi

    answers = SimpleNamespace(answer=ConnectionError("no route"), asked=[])

    def model_info(_, name, **__):
        answers.asked.append(name)
        if isinstance(answers.answer, Exception):
            raise answers.answer
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=file) for file in answers.answer])

    monkeypatch.setattr(HfApi, "model_info", model_info)
    return answers


def test_a_misspelt_embedded_encoder_is_known_without_the_hub():
    with pytest.raises(UsageError, match="unknown encoder 'embeded:base': did you mean 'embedded:base'"):
        load("embeded:base")


def test_a_hub_that_does_not_answer_is_asked_once(hub):
    with pytest.raises(
        EquilinguaError, match=r"'some/encoder' cannot be loaded: no such folder, and the hub .*no route"
    ):
        load("some/encoder")
    assert hub.asked == ["some/encoder"]


def test_a_name_that_the_hub_does_not_know(hub):
    class MissingError(RepositoryNotFoundError):
        def __init__(self):
            Exception.__init__(self, "404")

    hub.answer = MissingError()

    with pytest.raises(UsageError, match="unknown encoder 'no-such-encoder': no such folder, nor on the hub; use"):
        load("no-such-encoder")
    assert hub.asked == ["sentence-transformers/no-such-encoder", "no-such-encoder"]


@pytest.mark.usefixtures("hub")
def test_a_misspelt_folder_s_neighbour_is_named(tmp_path, monkeypatch):
    (tmp_path / "runs" / "hybrid").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(EquilinguaError, match="did you mean 'runs/hybrid'"):
        load("runs/hybird")


@pytest.mark.usefixtures("hub")
def test_without_the_hub_a_downloaded_copy_does(tiny_folder, tmp_path, monkeypatch, caplog):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--some--encoder"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    shutil.copytree(tiny_folder, repository / "snapshots" / "abc123")

    assert load("some/encoder", device="cpu").encode(["honey"]).shape == (1, 32)
    assert "encoder 'some/encoder': the hub cannot be asked (no route); this machine's copy is taken" in caplog.text


def test_a_hub_encoder_of_pickles_is_not_fetched(hub):
    hub.answer = ["config.json", "modules.json", "pytorch_model.bin", "openvino/openvino_model.bin"]

    with pytest.raises(EquilinguaError, match=r"its weights are pickled \(pytorch_model.bin\).*only safetensors"):
        load("some/encoder")


@pytest.fixture
def copied(tiny_folder, tmp_path):
    folder = tmp_path / "copied"
    shutil.copytree(tiny_folder, folder)
    return folder


def test_pickled_weights_are_refused(copied):
    from safetensors.torch import load_file

    weights = next(copied.rglob("model.safetensors"))
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    assert load(str(copied), device="cpu") is not None
    weights.unlink()

    with pytest.raises(EquilinguaError, match=r"its weights are pickled \(.*pytorch_model.bin\), which can run code"):
        load(str(copied), device="cpu")


def test_pickled_weights_of_a_further_module_are_refused(copied):
    (copied / "3_Dense").mkdir()
    torch.save({}, copied / "3_Dense" / "pytorch_model.bin")

    with pytest.raises(EquilinguaError, match=r"pickled \(3_Dense/pytorch_model.bin\)"):
        load(str(copied), device="cpu")


def test_pickles_that_are_not_read_are_in_nobody_s_way(copied):
    for name in ("training_args.bin", "optimizer.pt", "checkpoint-5/pytorch_model.bin"):
        (copied / name).parent.mkdir(exist_ok=True)
        torch.save({}, copied / name)
    assert load(str(copied), device="cpu") is not None

    for weights in copied.rglob("model.safetensors"):
        weights.unlink()
    with pytest.raises(EquilinguaError, match=r"its weights are pickled \(optimizer.pt\)"):
        load(str(copied), device="cpu")


def test_a_tokenizer_that_cannot_pad(copied):
    settings = next(copied.rglob("tokenizer_config.json"))
    content = json.loads(settings.read_text())
    settings.write_text(
        json.dumps(
            {name: value for name, value in content.items() if name != "pad_token"}
            | {"pad_token": None, "tokenizer_class": "PreTrainedTokenizerFast"}
        )
    )

    with pytest.raises(UsageError, match="its tokenizer has no pad token, without which sentence-transformers encodes"):
        load(str(copied), device="cpu")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_are_float32_whatever_is_stored(tiny_folder, tmp_path, dtype):
    load(str(tiny_folder), device="cpu").to(dtype).save(str(tmp_path), create_model_card=False)

    assert {weight.dtype for weight in load(str(tmp_path), device="cpu").parameters()} == {torch.float32}


def remarks(caplog, folder):
    module._said.clear()
    caplog.clear()
    with caplog.at_level(logging.WARNING, module.__name__):
        for _ in range(2):
            load(str(folder), device="cpu")
    return [record.getMessage().removeprefix(f"encoder '{folder}' ") for record in caplog.records]


def declare(folder, **settings):
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_a_plain_transformers_folder_is_told_of_once(bert_folder, tiny_folder, caplog):
    (line,) = remarks(caplog, bert_folder)
    assert line.startswith("is a plain transformers model without pooling and prompts: sentence-transformers takes the")
    assert remarks(caplog, tiny_folder) == []


def test_a_prompt_that_is_not_used_is_told_of(copied, caplog):
    declare(copied, prompts={"query": "query: ", "document": "", "passage": "passage: "})
    (line,) = remarks(caplog, copied)
    assert line.startswith("has a prompt 'passage' that is not used: sentence-transformers' encode_document takes the")

    declare(copied, prompts={"query": "query: ", "corpus": "text: "})
    (line,) = remarks(caplog, copied)
    assert line.startswith("has a prompt 'corpus' that is not used")


def test_another_similarity_is_told_of_where_it_ranks_otherwise(copied, caplog):
    declare(copied, similarity_fn_name="dot")
    assert remarks(caplog, copied) == []

    modules = copied / "modules.json"
    modules.write_text(json.dumps(json.loads(modules.read_text())[:2]))
    assert remarks(caplog, copied) == ["declares the similarity 'dot'; everything here ranks and measures by cosine"]
    declare(copied, similarity_fn_name="cosine")
    assert remarks(caplog, copied) == []


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("{", "names no encoder that it adapts"),
        ("[]", "names no encoder that it adapts"),
        ({"base_model_name_or_path": None}, "names no encoder that it adapts"),
        ({"base_model_name_or_path": "./nowhere"}, "its adapter wants another: unknown encoder './nowhere'"),
        ({"peft_type": "WHAT"}, "WHAT"),
        ({"target_modules": ["nonsense"]}, "nonsense"),
        ({"r": "x"}, "cannot be loaded"),
        ({"r": 7}, "cannot be loaded"),
    ],
)
def test_a_damaged_adapter_is_one_line(bert_folder, tmp_path, settings, reason):
    peft = pytest.importorskip("peft")
    from transformers import AutoModel, AutoTokenizer

    adapted = peft.get_peft_model(
        AutoModel.from_pretrained(bert_folder), peft.LoraConfig(r=2, target_modules=["query"])
    )
    adapted.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(bert_folder).save_pretrained(tmp_path)
    (tmp_path / "modules.json").write_text(
        '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]'
    )
    path = tmp_path / "adapter_config.json"
    if isinstance(settings, dict):
        settings = json.dumps(json.loads(path.read_text()) | settings)
    path.write_text(settings)

    with pytest.raises(EquilinguaError, match=reason) as caught:
        load(str(tmp_path), device="cpu")
    assert "\n" not in str(caught.value)
