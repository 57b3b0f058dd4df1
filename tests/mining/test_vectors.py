import errno

import numpy as np
import pytest

from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import DataError
from equilingua.mining import vectors as module
from equilingua.mining.vectors import encode_rows


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART", 4)


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


def encode_all(encoder, corpus, folder, progress=None):
    return encode_rows(encoder, corpus.queries, 10, "query", folder, precision="float32", progress=progress)


def test_are_the_encoder_s_vectors(encoder, starter, tmp_path):
    done = []
    vectors = encode_all(encoder, starter, tmp_path / "part", done.append)

    expected = encode(encoder, starter.queries(range(10)), "query", precision="float32")
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert sum(done) == 10


def test_a_stopped_run_goes_on_after_its_last_whole_part(encoder, starter, tmp_path, monkeypatch):
    whole = encode_all(encoder, starter, tmp_path / "whole")
    done = []

    def stop_in_the_second_part(texts):
        done.append(texts)
        if sum(done) > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_all(encoder, starter, tmp_path / "cut", stop_in_the_second_part)
    asked = []
    real = module.encode
    monkeypatch.setattr(module, "encode", lambda *args, **options: asked.append(args[1]) or real(*args, **options))
    done.clear()
    np.testing.assert_array_equal(encode_all(encoder, starter, tmp_path / "cut", done.append), whole)
    assert asked == [starter.queries(range(4, 8)), starter.queries(range(8, 10))]
    assert sum(done) == 10


def test_a_damaged_part_is_said(encoder, starter, tmp_path):
    encode_all(encoder, starter, tmp_path / "part")
    content = bytearray((tmp_path / "part/rows").read_bytes())
    content[5 * 32 * 4] ^= 8
    (tmp_path / "part/rows").write_bytes(content)

    with pytest.raises(DataError, match=r"is damaged \(block 1 has another checksum\): remove it"):
        encode_all(encoder, starter, tmp_path / "part")


def test_a_full_disk_is_said_and_keeps_what_is_done(encoder, starter, tmp_path, monkeypatch):
    def fail(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    encode_all(encoder, starter, tmp_path / "whole")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(DataError, match=r"cut cannot be written: No space left on device"):
        encode_all(encoder, starter, tmp_path / "cut")
    monkeypatch.undo()
    monkeypatch.setattr(module, "PART", 4)

    with pytest.raises(DataError, match=r"cut: cannot be written: No space left on device; what is done is kept"):
        encode_all(encoder, starter, tmp_path / "cut", lambda _done: monkeypatch.setattr("os.fsync", fail))
