import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.mining import vectors as module
from equilingua.mining.kept import write_array
from equilingua.mining.vectors import Vectors, encode_rows, part_path


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART", 4)


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Ten vectors in parts of four, and the same in one array."""
    folder = tmp_path_factory.mktemp("vectors")
    whole = np.random.default_rng(0).random((10, 3), np.float32)
    for number, start in enumerate(range(0, 10, 4)):
        write_array(part_path(folder, number), whole[start : start + 4])
    return Vectors(folder, 10, 3), whole


@given(st.data())
def test_rows_come_from_their_parts(stored, data):
    vectors, whole = stored
    start = data.draw(st.integers(0, 9))
    stop = data.draw(st.integers(start + 1, 10))
    rows = np.array(data.draw(st.lists(st.integers(0, 9), max_size=20)), np.int64)

    np.testing.assert_array_equal(vectors.between(start, stop), whole[start:stop])
    np.testing.assert_array_equal(vectors.take(rows), whole[rows])


def encode_all(encoder, corpus, folder, progress=None):
    return encode_rows(encoder, corpus.queries, 10, "query", folder, precision="float32", progress=progress)


def test_are_the_encoder_s_vectors(encoder, starter, tmp_path):
    done = []
    vectors = encode_all(encoder, starter, tmp_path, done.append)

    expected = encode(encoder, starter.queries(range(10)), "query", precision="float32")
    np.testing.assert_allclose(vectors.between(0, 10), expected, atol=1e-6)
    assert sum(done) == 10


def test_a_stopped_run_goes_on_after_its_last_whole_part(encoder, starter, tmp_path):
    done = []

    def stop_in_the_second_part(texts):
        done.append(texts)
        if sum(done) > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_all(encoder, starter, tmp_path, stop_in_the_second_part)
    kept = part_path(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]

    write_array(kept, np.zeros((4, 32), np.float32))  # so that an encoded one would be noticed
    done.clear()
    vectors = encode_all(encoder, starter, tmp_path, done.append)
    assert not vectors.between(0, 4).any()
    assert vectors.between(4, 10).any(axis=1).all()
    assert sum(done) == 10


def test_a_damaged_part_is_encoded_again(encoder, starter, tmp_path):
    before = encode_all(encoder, starter, tmp_path).between(0, 10)
    part_path(tmp_path, 1).write_bytes(b"\x93NUMPY")

    np.testing.assert_array_equal(encode_all(encoder, starter, tmp_path).between(0, 10), before)
