import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from equilingua.encoder import vector_segment
from equilingua.errors import DataError

LABEL = {"fingerprint": "abc", "role": "query"}


def made(rows=50, dim=6, seed=0):
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 2**64, (2, rows), np.uint64)
    return keys, rng.standard_normal((rows, dim)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made.safetensors"


def rewrite(path, **changes):
    """Change tensors of a file, checksums as they were."""
    save_file(load_file(path) | changes, path, LABEL)


@given(rows=st.integers(1, 80), dim=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_what_is_written_is_read(tmp_path_factory, rows, dim, seed):
    path = tmp_path_factory.mktemp("segment") / "made.safetensors"
    keys, vectors = made(rows, dim, seed)
    vector_segment.write(path, keys, vectors, LABEL)
    segment = vector_segment.read(path, LABEL)
    assert (segment.rows, segment.dim) == (rows, dim)
    np.testing.assert_array_equal(segment.take(segment.find(keys)), vectors)
    unknown = keys.copy()
    unknown[1] ^= np.uint64(1)
    assert (segment.find(unknown) == -1).all()


def test_any_reader_of_safetensors_can_open_it(path):
    keys, vectors = made()
    vector_segment.write(path, keys, vectors, LABEL)
    stored = load_file(path)
    np.testing.assert_array_equal(stored["vectors"], vectors[np.argsort(keys[0])])
    np.testing.assert_array_equal(stored["sums"], vector_segment.checksums(stored["vectors"]))


def test_vectors_of_something_else(path):
    vector_segment.write(path, *made(), LABEL)
    with pytest.raises(DataError, match=r"made\.safetensors: .*its vectors are of fingerprint 'abc', not 'xyz'"):
        vector_segment.read(path, LABEL | {"fingerprint": "xyz"})


def test_a_flipped_bit_is_found(path):
    keys, vectors = made()
    vector_segment.write(path, keys, vectors, LABEL)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    segment = vector_segment.read(path, LABEL)
    with pytest.raises(DataError, match=r"made\.safetensors: a vector is not as it was written: remove this file"):
        segment.take(np.arange(segment.rows))


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_an_unusable_vector_is_found(path, value):
    keys, vectors = made()
    vectors[7] = value
    vector_segment.write(path, keys, vectors, LABEL)
    segment = vector_segment.read(path, LABEL)
    with pytest.raises(DataError, match=r"made\.safetensors: a vector is zero, NaN or infinite"):
        segment.take(segment.find(keys))
    assert len(segment.take(segment.find(keys[:, :7]))) == 7


def test_a_file_that_is_cut_anywhere(path):
    vector_segment.write(path, *made(), LABEL)
    whole = path.read_bytes()
    for length in (0, 3, 8, 40, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"made\.safetensors: is damaged \(.*\): remove this file, its texts"):
            vector_segment.read(path, LABEL)


@given(content=st.binary(max_size=300))
def test_garbage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("segment") / "garbage.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"garbage\.safetensors"):
        vector_segment.read(path, LABEL)


def test_tensors_that_do_not_fit_together(path):
    for change in (
        {"sums": np.zeros(3, np.uint32)},
        {"vectors": np.zeros((50, 0), np.float32)},
        {"vectors": np.zeros((50, 6), np.float16)},
        {"keys": np.zeros((3, 50), np.uint64)},
        {"more": np.zeros(1, np.float32)},
    ):
        vector_segment.write(path, *made(), LABEL)
        rewrite(path, **change)
        with pytest.raises(DataError, match=r"made\.safetensors: is damaged \(.*\): remove this file, its texts"):
            vector_segment.read(path, LABEL)


def test_an_absent_file_is_told_apart(path):
    with pytest.raises(FileNotFoundError):
        vector_segment.read(path, LABEL)
