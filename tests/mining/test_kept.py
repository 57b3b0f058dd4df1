import errno

import numpy as np
import pytest

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import DataError
from equilingua.mining.kept import (
    corpus_identity,
    encoder_identity,
    identity,
    read_array,
    read_arrays,
    write_array,
    write_arrays,
)

PAIRS = [Pair("1", "en", "q", "p", "s"), Pair("2", "de", "r", "t", "s", "x")]


def test_identities_tell_parts_apart():
    assert identity("a", {"b": 1}) == identity("a", {"b": 1})
    assert len({identity("a", "b"), identity("ab"), identity(["a"], "b"), identity("b", "a")}) == 4


def test_a_corpus_is_the_same_by_its_pairs(tmp_path):
    corpus = ParallelCorpus.from_pairs(PAIRS)
    corpus.write_parquet(tmp_path / "c.parquet")

    with_negatives = ParallelCorpus.from_pairs([Pair("1", "en", "q", "p", "s", None, ("n",)), PAIRS[1]])
    assert corpus_identity(corpus) == corpus_identity(ParallelCorpus.read_parquet(tmp_path / "c.parquet"))
    assert corpus_identity(corpus) == corpus_identity(with_negatives)
    others = [PAIRS[::-1], PAIRS[:1], [PAIRS[0], Pair("2", "de", "r", "t", "s", "y")]]
    assert len({corpus_identity(ParallelCorpus.from_pairs(pairs)) for pairs in [PAIRS, *others]}) == 4


def test_an_encoder_is_the_same_by_what_it_does(tiny_folder, bert_folder):
    encoder = load(str(tiny_folder), device="cpu")
    before = encoder_identity(encoder)

    assert encoder_identity(load(str(tiny_folder), device="cpu")) == before
    encode(encoder, ["a text"], "query", max_tokens=12)
    encoder.encode(["a text"])
    assert encoder_identity(encoder) == before
    assert encoder_identity(load(str(bert_folder), device="cpu")) != before
    encoder.prompts["query"] = "ask: "
    prompted = encoder_identity(encoder)
    encoder[0].auto_model.embeddings.position_embeddings.weight.data[3, 3] += 1e-3
    assert len({before, prompted, encoder_identity(encoder)}) == 3


def test_arrays_are_whole_or_absent(tmp_path):
    path = tmp_path / "deep" / "block.npz"
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.float32([0.5, np.nan])}
    shapes = {"a": (2, 3), "b": (2,)}

    assert read_arrays(path, shapes) is None
    write_arrays(path, arrays)
    found = read_arrays(path, shapes)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert read_arrays(path, {"a": (2, 3)}) is None
    assert read_arrays(path, {"a": (3, 2), "b": (2,)}) is None
    content = path.read_bytes()
    for damaged in (b"", content[:20], content[: len(content) // 2], b"x" * 50):
        path.write_bytes(damaged)
        assert read_arrays(path, shapes) is None


def test_an_array_is_whole_or_absent(tmp_path):
    path = tmp_path / "deep" / "part.npy"
    array = np.random.default_rng(0).random((5, 3), np.float32)

    assert read_array(path, 5) is None
    write_array(path, array)
    np.testing.assert_array_equal(read_array(path, 5), array)
    assert read_array(path, 4) is None
    content = path.read_bytes()
    for damaged in (b"", content[:20], content[:-1], b"x" * 500):
        path.write_bytes(damaged)
        assert read_array(path, 5) is None


@pytest.mark.parametrize("write", [lambda path: write_array(path, np.ones(3)), lambda path: write_arrays(path, {})])
def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path, monkeypatch, write):
    def fail(_self, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)

    with pytest.raises(DataError, match=r"file: cannot be written: No space left on device; what is done is kept"):
        write(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
