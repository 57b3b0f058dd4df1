import json
import logging
import shutil

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file

import equilingua
from equilingua.durable import writing
from equilingua.encoder.load import load
from equilingua.errors import DataError, UsageError
from equilingua.training import merge as merging
from equilingua.training.merge import Ingredient, merge, parse
from equilingua.training.trainer import train

FLAT = "embeddings.word_embeddings.weight"


def changed(folder, to, change):
    """A copy of an encoder whose weights a function has changed."""
    shutil.copytree(folder, to)
    weights = load_file(to / "model.safetensors")
    save_file(
        {name: change(name, tensor).contiguous() for name, tensor in weights.items()},
        to / "model.safetensors",
        {"format": "pt"},
    )
    return str(to)


def noisy(seed, size=0.01):
    generator = torch.Generator().manual_seed(seed)

    def change(name, tensor):
        return tensor if name == FLAT else tensor + size * torch.randn(tensor.shape, generator=generator)

    return change


@pytest.fixture
def a(tiny_folder, tmp_path):
    return changed(tiny_folder, tmp_path / "a", noisy(1))


@pytest.fixture
def b(tiny_folder, tmp_path):
    return changed(tiny_folder, tmp_path / "b", noisy(2))


def test_weights_are_the_mean_that_plain_loops_give(tiny_folder, a, b, tmp_path):
    used = merge([Ingredient(a, 0.3), Ingredient(b, 0.3), Ingredient(str(tiny_folder), 0.4)], tmp_path / "soup")

    assert [one.weight for one in used] == [0.3, 0.3, 0.4]
    states = [load_file(f"{folder}/model.safetensors") for folder in (a, b, tiny_folder)]
    merged = load_file(tmp_path / "soup/model.safetensors")
    assert merged.keys() == states[0].keys()
    for name, tensor in merged.items():
        expected = np.zeros(tensor.shape)
        for weight, state in zip((0.3, 0.3, 0.4), states, strict=True):
            expected = expected + state[name].numpy().astype(np.float64) * weight
        np.testing.assert_array_equal(tensor.numpy(), expected.astype(np.float32))


def test_what_all_share_stays_to_the_last_bit(tiny_folder, a, b, tmp_path):
    merge(parse([f"{a}@0.1", f"{b}@0.7", f"{tiny_folder}@0.2"]), tmp_path / "soup")

    before, after = (load_file(folder / "model.safetensors")[FLAT] for folder in (tiny_folder, tmp_path / "soup"))
    assert torch.equal(before, after)


def test_what_is_saved_loads_with_prompts_and_is_float32(a, b, tmp_path):
    half = changed(b, tmp_path / "half", lambda _, tensor: tensor.half())
    merge(parse([a, half]), tmp_path / "soup")

    encoder = load(str(tmp_path / "soup"), device="cpu")
    assert encoder.prompts == load(a, device="cpu").prompts
    assert {tensor.dtype for tensor in load_file(tmp_path / "soup/model.safetensors").values()} == {torch.float32}
    assert np.linalg.norm(encoder.encode_query(["honey"])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("texts", "weights"),
    [
        (["a", "b"], [0.5, 0.5]),
        (["runs/a@0.3", "embedded:base@.7"], [0.3, 0.7]),
        (["me@home@2", "b@1e0"], [2.0, 1.0]),
    ],
)
def test_ingredients_are_read(texts, weights):
    found = parse(texts)

    assert [one.weight for one in found] == weights
    assert [one.name for one in found] == [text.rpartition("@")[0] if "@" in text else text for text in texts]


def test_a_folder_whose_name_has_the_sign_is_taken_as_it_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "soup@0.5").mkdir()
    assert parse(["soup@0.5", "b"])[0] == Ingredient("soup@0.5", 0.5)
    assert parse(["soup@0.5@0.2", "b@0.8"])[0] == Ingredient("soup@0.5", 0.2)

    (tmp_path / "soup").mkdir()
    with pytest.raises(UsageError, match=r"there is such a folder, and 'soup' is one too"):
        parse(["soup@0.5", "b"])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a@half", "b@0.5"], "'half' is no weight"),
        (["a@", "b@0.5"], "'' is no weight"),
        (["a@0.5", "b"], "'b' has no weight and others have"),
    ],
)
def test_texts_that_name_no_weight_are_refused(texts, message):
    with pytest.raises(UsageError, match=message):
        parse(texts)


def test_weights_that_do_not_add_up_to_1_are_divided_aloud(a, b, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        used = merge([Ingredient(a, 2), Ingredient(b, 1)], tmp_path / "soup")

    assert [one.weight for one in used] == pytest.approx([2 / 3, 1 / 3])
    assert f"weights add up to 3, not 1, and are divided by that: {a} 0.6667, {b} 0.3333" in caplog.text


def test_weights_that_add_up_to_1_but_for_rounding_are_not_spoken_of(a, b, tiny_folder, tmp_path, caplog):
    merge([Ingredient(a, 0.1), Ingredient(b, 0.2), Ingredient(str(tiny_folder), 0.7)], tmp_path / "soup")

    assert "add up" not in caplog.text


@pytest.mark.parametrize("weight", [0.0, -0.5, float("nan"), float("inf")])
def test_a_weight_that_is_not_above_0_is_refused(a, b, tmp_path, weight):
    with pytest.raises(UsageError, match=f"'{a}' has the weight {weight:g}: give a number above 0"):
        merge([Ingredient(a, weight), Ingredient(b, 1.5)], tmp_path / "soup")
    assert not (tmp_path / "soup").exists()


def test_one_encoder_or_one_twice_is_refused(a, tmp_path):
    with pytest.raises(UsageError, match="1 encoder is named, and a mean takes at least two"):
        merge(parse([a]), tmp_path / "soup")
    with pytest.raises(UsageError, match="is named twice"):
        merge(parse([f"{a}@0.5", f"{a}/@0.5"]), tmp_path / "soup")
    with pytest.raises(UsageError, match="unknown encoder"):
        merge(parse([a, "/nowhere"]), tmp_path / "soup")


def test_nothing_is_overwritten(a, b, tmp_path):
    (tmp_path / "soup").mkdir()
    merge(parse([a, b]), tmp_path / "soup")
    before = (tmp_path / "soup/README.md").read_bytes()

    for place in (tmp_path / "soup", tmp_path / "a"):
        with pytest.raises(UsageError, match="is there already"):
            merge(parse([a, b]), place)
    assert (tmp_path / "soup/README.md").read_bytes() == before


def rewritten(folder, to, file, change):
    shutil.copytree(folder, to)
    path = to / file
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(to)


def lowercase(settings):
    settings["do_lower_case"] = True


def prompts(settings):
    settings["prompts"]["query"] = "ask: "


def cls_pooling(settings):
    settings["pooling_mode"] = "cls"


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("tokenizer_config.json", lowercase, "tokenizer is another"),
        ("config_sentence_transformers.json", prompts, "query prompt is 'ask: ', and not 'query: '"),
        ("1_Pooling/config.json", cls_pooling, "pooling_mode"),
        ("config.json", lambda config: config.update(num_attention_heads=4), "'num_attention_heads' of the BertModel"),
        ("modules.json", lambda modules: modules.pop(), "list of modules is"),
        (
            "sentence_bert_config.json",
            lambda settings: settings.update(max_seq_length=32),
            "limit of a query's tokens is 32, and not 64",
        ),
    ],
)
def test_encoders_of_another_kind_are_one_line_and_nothing_is_written(a, tmp_path, file, change, message):
    other = rewritten(a, tmp_path / "other", file, change)

    with pytest.raises(UsageError, match=message) as caught:
        merge(parse([a, other]), tmp_path / "soup")
    assert str(caught.value).startswith(f"encoders '{other}' and '{a}' were not trained from one base: ")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "soup").exists()


def test_other_shapes_are_named(a, xlmr_folder, tmp_path):
    with pytest.raises(UsageError, match="were not trained from one base"):
        merge(parse([a, str(xlmr_folder)]), tmp_path / "soup")
    smaller = changed(a, tmp_path / "smaller", lambda name, tensor: tensor[:2999] if name == FLAT else tensor)
    config = json.loads((tmp_path / "smaller/config.json").read_text())
    (tmp_path / "smaller/config.json").write_text(json.dumps(config | {"vocab_size": 2999}))
    with pytest.raises(UsageError, match=r"shape of '.*word_embeddings.weight' is \(2999, 32\), and not \(3000, 32\)"):
        merge(parse([a, smaller]), tmp_path / "soup")


def test_dropout_and_provenance_may_differ(a, tmp_path):
    other = rewritten(
        a, tmp_path / "other", "config.json", lambda config: config.update(hidden_dropout_prob=0.0, _name_or_path="x")
    )

    merge(parse([a, other]), tmp_path / "soup")


def test_weights_that_are_no_numbers_are_refused(a, tmp_path):
    broken = changed(a, tmp_path / "broken", lambda name, tensor: tensor if name == FLAT else tensor * float("nan"))

    with pytest.raises(DataError, match=r"broken' has weights that are no numbers, in "):
        merge(parse([a, broken]), tmp_path / "soup")


def test_encoders_of_unlike_origin_are_said(a, tmp_path, caplog):
    stranger = changed(a, tmp_path / "stranger", noisy(3, size=1.0))
    merge(parse([a, stranger]), tmp_path / "soup")

    assert "have little in common" in caplog.text


def test_a_full_disk_leaves_nothing(monkeypatch, a, b, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_settle", full)
    with pytest.raises(DataError, match=r"soup: cannot be written .*No space left"):
        merge(parse([a, b]), tmp_path / "soup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.fixture(scope="module")
def runs(recipe, tmp_path_factory):
    """Two short runs from one base."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        train(recipe(optim__steps=2, seed=seed), folder / f"seed-{seed}")
    return folder


def test_the_card_inherits_data_and_licences(runs, tiny_folder, tmp_path):
    merge(parse([f"{runs}/seed-0@0.25", f"{runs}/seed-1@0.75"]), tmp_path / "soup")
    merge(parse([f"{tmp_path}/soup", str(tiny_folder)]), tmp_path / "further")

    card = ModelCard.load(tmp_path / "soup/README.md")
    assert "| seed-0 | 0.25 | not known |\n| seed-1 | 0.75 | not known |" in card.text
    assert card.data.datasets == ["starter"]
    assert card.data.language == ["de", "en", "ru", "zh"]
    # The tiny base's licence is not known, so neither is the mean's.
    assert card.data.license is None
    assert card.text.count("| starter | 1 | CC0-1.0 |") == 2
    assert card.text.partition("## Licence")[2].count("- Not known: find out before you pass the encoder on.") == 1
    assert str(runs) not in card.content
    # Headings of what is quoted lie below those of the card itself.
    titles = [line for line in card.text.splitlines() if line.startswith("## ")]
    assert titles == ["## How to use it", "## Ingredients", "## Licence", "## Limits"]

    further = ModelCard.load(tmp_path / "further/README.md")
    assert further.text.count("| starter | 1 | CC0-1.0 |") == 2
    assert "| soup | 0.5 | not known |" in further.text
    assert f"| {tiny_folder.name} | 0.5 | not known |" in further.text
    assert further.data.datasets == ["starter"]


@pytest.mark.parametrize(
    ("licences", "licence"),
    [
        (("mit", "mit"), "mit"),
        (("mit", "cc0-1.0"), "mit"),
        (("mit", "cc-by-nc-4.0"), "other"),
        (("mit", None), None),
    ],
)
def test_the_licence_is_that_of_all(a, b, tmp_path, licences, licence):
    for folder, stated in zip((a, b), licences, strict=True):
        matter = f"license: {stated}" if stated else "tags: [x]"
        (tmp_path / folder / "README.md").write_text(f"---\n{matter}\n---\n# Theirs\n")
    merge(parse([a, b]), tmp_path / "soup")

    card = ModelCard.load(tmp_path / "soup/README.md")
    assert card.data.license == licence
    said = card.text.partition("## Licence")[2]
    assert ("it may not be used commercially" in said) == ("cc-by-nc-4.0" in licences)
    assert ("Not known" in said) == (None in licences)


def test_the_front_door_takes_names_with_weights(a, b, tmp_path):
    out = equilingua.merge({a: 0.5, b: 0.5}, tmp_path / "soup", progress=False)
    again = equilingua.merge([f"{a}@0.5", f"{b}@0.5"], tmp_path / "again", progress=False)

    assert (out / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    assert merging.parse([a, b])[0].weight == 0.5
