import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from equilingua.encoder import difference, embedded, fingerprint
from equilingua.encoder.difference import EncoderDifference
from equilingua.encoder.load import EMBEDDED, load
from equilingua.errors import DataError, UsageError

from .four_bit import packed_file, tensors

TABLE = "embeddings.word_embeddings.weight"
MATRIX = "0.encoder.layer.1.output.dense.weight"
VECTOR = "0.encoder.layer.1.output.dense.bias"


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def trained(folder, to, size=0.01, seed=0):
    """A copy of an encoder whose weights have moved, but for the token table, as training leaves one."""
    shutil.copytree(folder, to)
    torch.manual_seed(seed)
    weights = load_file(to / "model.safetensors")
    moved = {
        name: tensor if name == TABLE else tensor + size * torch.randn_like(tensor) for name, tensor in weights.items()
    }
    save_file(moved, to / "model.safetensors", {"format": "pt"})
    return str(to)


@pytest.fixture
def encoder(tiny_folder, tmp_path):
    return trained(tiny_folder, tmp_path / "trained")


@pytest.fixture
def found(tiny_folder, encoder):
    return difference.between(str(tiny_folder), encoder)


@pytest.fixture
def file(found, tmp_path):
    found.write(tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def changed(file, to, stated=(), **replaced):
    """A copy of a difference file with other metadata or tensors, its checksum left as it was."""
    with safe_open(file, "pt") as opened:
        metadata = opened.metadata() | dict(stated)
    save_file(load_file(file) | replaced, to, {key: value for key, value in metadata.items() if value is not None})
    return to


def test_codes_are_those_of_a_plain_loop(tiny_folder, encoder, found):
    before, after = (difference.weights_of(load(str(folder), device="cpu")) for folder in (tiny_folder, encoder))
    codes, scales = found.tensors[f"{MATRIX}.codes"], found.tensors[f"{MATRIX}.scales"]
    change = (after[MATRIX] - before[MATRIX]).numpy().reshape(-1, 64)

    for block, values in enumerate(change):
        scale = torch.tensor(max(map(abs, values)) / 7).bfloat16()
        assert scales[block] == scale
        for place, value in enumerate(values):
            byte = int(codes[block, place % 32])
            code = (byte & 15 if place < 32 else byte >> 4) - 8
            assert code == max(-7, min(7, round(float(value / np.float32(scale.item())))))


def test_what_comes_out_is_near_and_the_same_in_plain_arithmetic(tiny_folder, encoder, found):
    before, after = (difference.weights_of(load(str(folder), device="cpu")) for folder in (tiny_folder, encoder))
    out = found.added_to(before)

    assert out.keys() == {name for name in after if not after[name].equal(before[name])}
    assert f"0.{TABLE}" not in out
    torch.testing.assert_close(out[VECTOR], after[VECTOR], rtol=0, atol=1e-8)
    codes, scales = (found.tensors[f"{MATRIX}.{part}"] for part in ("codes", "scales"))
    halves = np.concatenate([codes.numpy() & 15, codes.numpy() >> 4], axis=1).astype(np.float64) - 8
    exact = before[MATRIX].double().numpy() + (halves * scales.double().numpy()[:, None]).reshape(32, 64)
    # One rounding of the exact sum: whatever the processor.
    np.testing.assert_array_equal(out[MATRIX].numpy(), exact.astype(np.float32))
    apart = (out[MATRIX] - after[MATRIX]).norm() / (after[MATRIX] - before[MATRIX]).norm()
    assert apart < 0.12


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0])
def test_changes_of_any_size_are_kept_alike(tiny_folder, tmp_path, size):
    name = trained(tiny_folder, tmp_path / "trained", size=size)
    found = difference.between(str(tiny_folder), name)
    before, after = (difference.weights_of(load(folder, device="cpu")) for folder in (str(tiny_folder), name))

    out = found.added_to(before)[MATRIX]
    assert (out - after[MATRIX]).norm() / (after[MATRIX] - before[MATRIX]).norm() < 0.15


def test_a_matrix_that_is_no_whole_number_of_blocks_comes_back():
    change = torch.randn(7, 13)
    codes, scales = difference._rounded(change)
    found = EncoderDifference("b", "", "", "", {"w.codes": codes, "w.scales": scales})

    assert codes.shape == (2, 32)
    out = found.added_to({"w": torch.zeros(7, 13)})["w"]
    assert (out - change).abs().max() <= scales.float().max() / 2 + 1e-6
    zero = EncoderDifference(
        "b", "", "", "", dict(zip(["w.codes", "w.scales"], difference._rounded(change * 0), strict=True))
    )
    assert not zero.added_to({"w": torch.zeros(7, 13)})["w"].any()


def test_a_file_is_an_encoder_s_name(file, encoder, found, tiny_folder):
    loaded = load(str(file), device="cpu")

    assert difference.digest_of(difference.weights_of(loaded)) == found.weights
    vectors = [load(name, device="cpu").encode_query(["honey", "Wie alt?"]) for name in (str(file), encoder)]
    assert (vectors[0] * vectors[1]).sum(axis=1).min() > 0.99
    assert loaded.prompts == load(str(tiny_folder), device="cpu").prompts
    assert len({fingerprint.of_name(str(name)) for name in (file, encoder, tiny_folder)}) == 3


def test_is_made_once_and_every_version_has_its_own(file, tiny_folder, tmp_path, monkeypatch):
    first = difference.cached_folder(file, tmp_path / "cache")
    other = trained(tiny_folder, tmp_path / "other", seed=1)
    difference.between(str(tiny_folder), other).write(tmp_path / "other.safetensors")
    second = difference.cached_folder(tmp_path / "other.safetensors", tmp_path / "cache")
    assert first != second
    # A file that takes another's place is another encoder too.
    shutil.copy(tmp_path / "other.safetensors", file)
    assert difference.cached_folder(file, tmp_path / "cache") == second

    monkeypatch.setattr(difference, "_convert", lambda *_: pytest.fail("made again"))
    assert difference.cached_folder(file, tmp_path / "cache") == second


def test_is_known_without_torch(file):
    fingerprint.of_name(str(file))
    code = f"""
import sys
from equilingua.encoder import fingerprint
fingerprint.of_name({str(file)!r})
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_same_change_of_another_base_is_another_encoder(file, tiny_folder, tmp_path):
    first = difference.cached_folder(file, tmp_path / "cache")
    settings = tiny_folder / "config_sentence_transformers.json"
    before = settings.read_text()
    try:
        settings.write_text(json.dumps(json.loads(before) | {"prompts": {"query": "ask: ", "document": ""}}))
        assert difference.cached_folder(file, tmp_path / "cache") != first
    finally:
        settings.write_text(before)


def test_the_card_comes_along(tiny_folder, encoder, tmp_path):
    from equilingua.training import model_card

    (tmp_path / "trained/README.md").write_text("---\nlicense: cc-by-4.0\n---\n# Théirs\n", encoding="utf-8")
    difference.between(str(tiny_folder), encoder).write(tmp_path / "small.safetensors")

    name = str(tmp_path / "small.safetensors")
    assert model_card.base_licence(name) == "CC-BY-4.0"
    assert model_card.hub_base(name) is None
    assert (
        "# Théirs"
        in (difference.cached_folder(tmp_path / "small.safetensors", tmp_path / "cache") / "README.md").read_text()
    )


def test_a_damaged_conversion_is_noticed(file, tmp_path):
    folder = difference.cached_folder(file, tmp_path / "cache")
    (folder / "config.json").write_text("{}")

    with pytest.raises(DataError, match="remove it, and it is converted anew"):
        load(str(file), device="cpu")


@pytest.mark.parametrize("place", [3, 40, 500, -1, -5000])
def test_any_flipped_bit_is_noticed(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 4
    file.write_bytes(content)

    with pytest.raises(DataError) as caught:
        load(str(file), device="cpu")
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"format": "pt"}, "is no difference file; an encoder is named by its folder"),
        ({"version": "2"}, "is a difference file of version 2, and this equilingua reads version 1"),
        ({"base": None}, "names no base"),
        ({"base": "itself.safetensors"}, "names no base"),
        ({"base": "no/such/encoder"}, "damaged .*checksum"),
        ({"card": "of somebody else"}, "damaged .*checksum"),
        ({"weights": "0"}, "damaged .*checksum"),
    ],
)
def test_foreign_metadata_is_one_line(file, tmp_path, stated, message):
    other = changed(file, tmp_path / "changed.safetensors", stated)

    with pytest.raises(DataError, match=message) as caught:
        load(str(other), device="cpu")
    assert str(other) in str(caught.value)


def test_changed_tensors_are_noticed(file, tmp_path):
    other = changed(file, tmp_path / "changed.safetensors", **{VECTOR: torch.zeros(32)})

    with pytest.raises(DataError, match="its checksum is another"):
        load(str(other), device="cpu")


@pytest.mark.parametrize(
    "tensors",
    [
        {"0.no.such.weight": torch.zeros(3)},
        {VECTOR: torch.zeros(31)},
        {f"{MATRIX}.codes": torch.zeros(32, 32, dtype=torch.uint8)},
        {f"{MATRIX}.codes": torch.zeros(2, 32, dtype=torch.uint8), f"{MATRIX}.scales": torch.zeros(2)},
        {f"{MATRIX}.codes": torch.zeros(32, 32, dtype=torch.uint8), f"{MATRIX}.scales": torch.zeros(31)},
    ],
)
def test_tensors_that_do_not_fit_the_base_are_one_line(found, tmp_path, tensors):
    EncoderDifference(found.base, found.base_weights, found.weights, "", tensors).write(tmp_path / "odd.safetensors")

    with pytest.raises(DataError, match=r"odd\.safetensors: is damaged .*: get it anew") as caught:
        load(str(tmp_path / "odd.safetensors"), device="cpu")
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "cache/encoders").iterdir() if not path.name.startswith(".")]


def test_another_base_and_other_results_are_said(found, tiny_folder, tmp_path):
    path = tmp_path / "odd.safetensors"
    EncoderDifference(found.base, "0" * 32, found.weights, "", found.tensors).write(path)
    with pytest.raises(DataError, match=f"belongs to another version of '{tiny_folder}' than the one at hand"):
        load(str(path), device="cpu")

    EncoderDifference(found.base, found.base_weights, "0" * 32, "", found.tensors).write(path)
    with pytest.raises(DataError, match="gives other weights here than it was made with"):
        load(str(path), device="cpu")


def test_what_is_no_file_of_ours_is_said(tiny_folder, tmp_path):
    with pytest.raises(UsageError, match=r"unknown encoder '.*none\.safetensors': no such file"):
        load(str(tmp_path / "none.safetensors"))
    with pytest.raises(DataError, match="is no difference file; an encoder is named by its folder"):
        load(str(tiny_folder / "model.safetensors"))
    (tmp_path / "text.safetensors").write_text("no tensors")
    with pytest.raises(DataError, match=r"text\.safetensors: is damaged"):
        load(str(tmp_path / "text.safetensors"))


def test_encoders_of_two_kinds_or_without_a_difference_are_refused(tiny_folder, xlmr_folder, tmp_path):
    with pytest.raises(UsageError, match="were not trained from one base"):
        difference.between(str(tiny_folder), str(xlmr_folder))
    with pytest.raises(UsageError, match="there is no difference to write"):
        difference.between(str(tiny_folder), str(shutil.copytree(tiny_folder, tmp_path / "same")))
    with pytest.raises(UsageError, match=r"base 'a\.safetensors' is a difference itself"):
        difference.between("a.safetensors", str(tiny_folder))


def test_weights_that_are_no_numbers_are_refused(tiny_folder, tmp_path):
    broken = trained(tiny_folder, tmp_path / "broken", size=float("nan"))

    with pytest.raises(DataError, match="has weights that are no numbers"):
        difference.between(str(tiny_folder), broken)


@pytest.fixture
def tiny_embedded(monkeypatch, tmp_path):
    """An embedded base of a few weights, and no difference beside it yet."""
    (tmp_path / "weights.bin").write_bytes(packed_file())
    monkeypatch.setattr(embedded, "weight_file", lambda: tmp_path / "weights.bin")
    monkeypatch.setattr(embedded, "DIFFERENCE", tmp_path / "package/embedded.safetensors")


@pytest.mark.usefixtures("tiny_embedded")
def test_embedded_is_refused_until_its_difference_is_there():
    with pytest.raises(UsageError, match=r"unknown encoder 'embedded': this version ships 'embedded:base' only"):
        load("embedded")


@pytest.mark.usefixtures("tiny_embedded")
def test_embedded_is_the_base_with_the_package_s_difference(tmp_path):
    from equilingua.training import model_card

    load(EMBEDDED, device="cpu").save(str(tmp_path / "copy"), create_model_card=False)
    encoder = trained(tmp_path / "copy", tmp_path / "trained")
    found = difference.between(EMBEDDED, encoder)
    found.write(embedded.DIFFERENCE)

    assert difference.digest_of(difference.weights_of(load("embedded", device="cpu"))) == found.weights
    assert fingerprint.of_name("embedded") not in {fingerprint.of_name(EMBEDDED), fingerprint.of_name(encoder)}
    assert model_card.hub_base("embedded") == model_card.hub_base(EMBEDDED)
    # Another base, as another version of its package brings along, is not taken for the one that it was made for.
    (tmp_path / "weights.bin").write_bytes(packed_file(tensors(seed=1)))
    with pytest.raises(DataError, match="belongs to another version of 'embedded:base'"):
        load("embedded", device="cpu")


@pytest.mark.slow
@pytest.mark.usefixtures("embedded_folder")
@pytest.mark.skipif(not embedded.DIFFERENCE.is_file(), reason="no difference is shipped yet")
def test_the_shipped_difference_is_small_and_fits_its_base(monkeypatch, cache):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(cache))

    assert embedded.DIFFERENCE.stat().st_size <= 12_000_000
    assert difference.read(embedded.DIFFERENCE).base == EMBEDDED
    assert load("embedded", device="cpu").prompts == embedded.PROMPTS
    assert fingerprint.of_name("embedded") != fingerprint.of_name(EMBEDDED)
