import os
import resource
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from equilingua import durable
from equilingua.encoder import vector_cache
from equilingua.encoder.vector_cache import Segment, VectorCache, _write_segment
from equilingua.errors import DataError

DIM = 8


def vectors_of(texts):
    """What the encoder of these tests makes of texts."""
    seeds = [zlib.crc32(text.encode("utf-8", "surrogatepass")) for text in texts]
    return np.stack([np.random.default_rng(seed).standard_normal(DIM).astype(np.float32) for seed in seeds])


def numbered(start, stop):
    return [f"text {number}" for number in range(start, stop)]


def segments(cache):
    return sorted(cache.place.glob("*.safetensors"))


@pytest.fixture
def cache(tmp_path):
    return VectorCache(tmp_path / "vectors", "f" * 32, "query", precision="float32")


def test_an_empty_cache_lacks_every_text(cache):
    vectors, missing = cache.lookup(["a", "b"])
    assert vectors.shape == (2, 0)
    assert missing.tolist() == [0, 1]
    assert not cache.place.exists()


def test_what_was_added_is_found(cache):
    texts = ["one", "", "żółw", "one\ud800", "a" * 9999]
    cache.add(texts[:3], vectors_of(texts[:3]))
    cache.add(texts[3:], vectors_of(texts[3:4])[[0, 0]])
    vectors, missing = cache.lookup(["unknown", texts[2], texts[0], texts[2]])
    assert missing.tolist() == [0]
    np.testing.assert_array_equal(vectors[1:], vectors_of([texts[2], texts[0], texts[2]]))
    assert not vectors[0].any()
    assert len(cache.lookup(texts)[1]) == 0


def test_repeated_texts_are_kept_once(cache):
    cache.add(["a", "b", "a"], vectors_of(["a", "b", "a"]))
    assert Segment.read(segments(cache)[0], cache.label).rows == 2


@pytest.mark.parametrize(
    "other",
    [{"fingerprint": "0" * 32}, {"role": "passage"}, {"max_tokens": 64}, {"precision": "bfloat16"}, {"kind": "other"}],
    ids=lambda other: next(iter(other)),
)
def test_vectors_of_another_encoder_or_setting_are_never_used(cache, other, caplog):
    cache.add(["a"], vectors_of(["a"]))
    settings = {"fingerprint": cache.fingerprint, "role": "query", "precision": "float32"} | other
    stranger = VectorCache(cache.folder, **settings)
    assert len(stranger.lookup(["a"])[1]) == 1
    stranger.place.mkdir(parents=True)
    (stranger.place / "copied.safetensors").write_bytes(segments(cache)[0].read_bytes())
    assert len(stranger.lookup(["a"])[1]) == 1
    assert "copied.safetensors: is damaged (its vectors are of" in caplog.text


def test_unusable_vectors_are_not_kept(cache):
    vectors = vectors_of(["a", "b", "c"])
    vectors[0], vectors[2, 1] = 0, np.nan
    cache.add(["a", "b", "c"], vectors)
    assert cache.lookup(["a", "b", "c"])[1].tolist() == [0, 2]
    cache.add(["a"], np.zeros((1, DIM), np.float32))
    assert len(segments(cache)) == 1


@pytest.mark.parametrize("keep", [-1, -5, 3], ids=["short", "flipped", "header"])
def test_a_damaged_segment_is_said_and_its_texts_are_encoded_again(cache, caplog, keep):
    cache.add(["a"], vectors_of(["a"]))
    cache.add(["b"], vectors_of(["b"]))
    path = segments(cache)[0]
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data if keep == -5 else data[:keep])

    assert cache.lookup(["a", "b"])[1].tolist() == [0]
    assert f"{path}: is damaged (" in caplog.text
    assert "removed, its texts are encoded again" in caplog.text
    cache.add(["a"], vectors_of(["a"]))
    caplog.clear()
    vectors, missing = cache.lookup(["a", "b"])
    np.testing.assert_array_equal(vectors, vectors_of(["a", "b"]))
    assert not len(missing)
    assert not caplog.text


def test_a_damaged_segment_is_left_out_of_a_merge(cache, caplog):
    texts = numbered(0, vector_cache._MERGE_AT)
    for text in texts[:-1]:
        cache.add([text], vectors_of([text]))
    path = segments(cache)[3]
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    cache.add(texts[-1:], vectors_of(texts[-1:]))

    assert len(segments(cache)) == 1
    assert f"{path}: is damaged (a vector is not as it was written)" in caplog.text
    assert cache.lookup(texts)[1].tolist() == [3]


def test_a_segment_that_must_not_be_read_is_no_damage(cache, as_nobody):
    cache.add(["a"], vectors_of(["a"]))
    segments(cache)[0].chmod(0o600)

    def refused():
        with pytest.raises(DataError, match=r"safetensors: cannot be read: Permission denied"):
            cache.lookup(["a"])

    as_nobody(refused)
    assert segments(cache)[0].is_file()


def test_a_segment_of_another_dimension_is_named(cache):
    cache.add(["a"], vectors_of(["a"]))
    cache.add(["b"], np.ones((1, DIM + 1), np.float32))
    with pytest.raises(DataError, match=f"{segments(cache)[1].name}: has vectors of 9 dimensions .* of 8"):
        cache.lookup(["a"])


def test_what_is_written_aside_is_not_read(cache):
    cache.add(["a"], vectors_of(["a"]))
    (cache.place / ".half.safetensors.17.part").write_text("half")
    (cache.place / ".half.safetensors").write_text("half")
    assert len(cache.lookup(["a"])[1]) == 0


def test_small_segments_are_merged(cache):
    texts = numbered(0, 200)
    for start in range(0, 200, 5):
        cache.add(texts[start : start + 6], vectors_of(texts[start : start + 6]))
        assert len(segments(cache)) < vector_cache._MERGE_AT
    vectors, missing = cache.lookup(texts)
    assert len(missing) == 0
    np.testing.assert_array_equal(vectors, vectors_of(texts))


def test_merging_leaves_large_segments_alone_and_drops_duplicates(cache, monkeypatch):
    monkeypatch.setattr(vector_cache, "_SMALL", 10)
    cache.add(numbered(0, 30), vectors_of(numbered(0, 30)))
    large = segments(cache)[0]
    written = large.stat().st_mtime_ns
    for _ in range(vector_cache._MERGE_AT):
        cache.add(["a", "b"], vectors_of(["a", "b"]))
    assert large.stat().st_mtime_ns == written
    sizes = [Segment.read(path, cache.label).rows for path in segments(cache)]
    # As many were merged as reach the size of a large one.
    assert sizes[0] == 30
    assert len(sizes) == vector_cache._MERGE_AT - 5 + 2
    assert len(cache.lookup(["a", "b", "text 29"])[1]) == 0


def test_abandoned_parts_are_cleared_when_merging(cache):
    cache.place.mkdir(parents=True)
    old, new = (cache.place / f".{name}.safetensors.17.part" for name in ("old", "new"))
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    for number in range(vector_cache._MERGE_AT):
        cache.add([str(number)], vectors_of([str(number)]))
    assert not old.exists()
    assert new.exists()


def test_nobody_waits_for_the_lock(cache):
    with durable.locked(cache.place / "segments"):
        for number in range(vector_cache._MERGE_AT + 3):
            cache.add([str(number)], vectors_of([str(number)]))
    assert len(segments(cache)) == vector_cache._MERGE_AT + 3
    cache.add(["last"], vectors_of(["last"]))
    assert len(segments(cache)) == 1


def test_a_reader_survives_a_merge_that_takes_its_files_away(cache, monkeypatch):
    cache.add(["a"], vectors_of(["a"]))
    cache.add(["b"], vectors_of(["b"]))
    read, vanished = Segment.read, []

    def racing(path, label):
        if not vanished:
            vanished.append(path)
            cache._merge_locked()
        return read(path, label)

    monkeypatch.setattr(Segment, "read", racing)
    vectors, missing = cache.lookup(["a", "b"])
    assert vanished
    assert not vanished[0].exists()
    assert len(missing) == 0
    np.testing.assert_array_equal(vectors, vectors_of(["a", "b"]))


def test_a_full_disk(cache):
    cache.add(["a"], vectors_of(["a"]))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    texts = numbered(0, 4000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(DataError, match=r"make room, choose another place with .*, or go without by --no-cache"):
            cache.add(texts, vectors_of(texts))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(cache.lookup(["a", texts[0]])[1]) == 1
    assert not list(cache.place.glob(".*.part"))


def test_a_place_that_cannot_be_written_to(cache):
    cache.folder.mkdir(parents=True)
    (cache.folder / cache.fingerprint).write_text("a file where a folder should be")
    with pytest.raises(DataError, match="vectors cannot be kept"):
        cache.add(["a"], vectors_of(["a"]))


WRITER = """
import sys
from pathlib import Path
from equilingua.encoder.vector_cache import VectorCache
from tests.encoder.test_vector_cache import numbered, vectors_of

cache = VectorCache(Path(sys.argv[1]), "f" * 32, "query", precision="float32")
first, last = int(sys.argv[2]), int(sys.argv[3])
for start in range(first, last, 20):
    texts = numbered(start, min(start + 20, last))
    cache.add(texts, vectors_of(texts))
    print(start, flush=True)
"""


def writer(cache, first, last):
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(cache.folder), str(first), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])},
    )


def test_two_processes_write_the_same_cache_at_once(cache):
    both = [writer(cache, 0, 1200), writer(cache, 600, 1800)]
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0
    texts = numbered(0, 1800)
    vectors, missing = cache.lookup(texts)
    assert len(missing) == 0
    np.testing.assert_array_equal(vectors, vectors_of(texts))
    assert len(segments(cache)) < 2 * vector_cache._MERGE_AT


def test_a_killed_process_leaves_what_it_had_done(cache):
    process = writer(cache, 0, 1_000_000)
    for _ in range(23):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    texts = numbered(0, 440)
    assert len(cache.lookup(texts)[1]) == 0
    rest = writer(cache, 440, 900)
    rest.communicate(timeout=120)
    assert rest.returncode == 0
    vectors, missing = cache.lookup(numbered(0, 900))
    assert len(missing) == 0
    np.testing.assert_array_equal(vectors, vectors_of(numbered(0, 900)))


def test_many_vectors_load_quickly(cache):
    texts = numbered(0, 26_000)
    vectors = np.random.default_rng(0).standard_normal((len(texts), 384)).astype(np.float32)
    for start in range(0, len(texts), 4096):
        cache.add(texts[start : start + 4096], vectors[start : start + 4096])
    seconds = []
    for _ in range(3):
        started = time.process_time()
        found, missing = cache.lookup(texts)
        seconds.append(time.process_time() - started)
    assert len(missing) == 0
    np.testing.assert_array_equal(found, vectors)
    assert min(seconds) < 0.5


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
    _write_segment(path, keys, vectors, LABEL)
    segment = Segment.read(path, LABEL)
    assert (segment.rows, segment.dim) == (rows, dim)
    np.testing.assert_array_equal(segment.take(segment.find(keys)), vectors)
    unknown = keys.copy()
    unknown[1] ^= np.uint64(1)
    assert (segment.find(unknown) == -1).all()


def test_any_reader_of_safetensors_can_open_it(path):
    keys, vectors = made()
    _write_segment(path, keys, vectors, LABEL)
    stored = load_file(path)
    np.testing.assert_array_equal(stored["vectors"], vectors[np.argsort(keys[0])])
    np.testing.assert_array_equal(stored["sums"], vector_cache._checksums(stored["vectors"]))


def test_vectors_of_something_else(path):
    _write_segment(path, *made(), LABEL)
    with pytest.raises(ValueError, match=r"its vectors are of fingerprint 'abc', not 'xyz'"):
        Segment.read(path, LABEL | {"fingerprint": "xyz"})


def test_a_flipped_bit_is_found(path):
    keys, vectors = made()
    _write_segment(path, keys, vectors, LABEL)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    segment = Segment.read(path, LABEL)
    with pytest.raises(ValueError, match="a vector is not as it was written"):
        segment.take(np.arange(segment.rows))


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_an_unusable_vector_is_found(path, value):
    keys, vectors = made()
    vectors[7] = value
    _write_segment(path, keys, vectors, LABEL)
    segment = Segment.read(path, LABEL)
    with pytest.raises(ValueError, match="a vector is zero, NaN or infinite"):
        segment.take(segment.find(keys))
    assert len(segment.take(segment.find(keys[:, :7]))) == 7


def test_a_file_that_is_cut_anywhere(path):
    _write_segment(path, *made(), LABEL)
    whole = path.read_bytes()
    for length in (0, 3, 8, 40, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r".+"):
            Segment.read(path, LABEL)


@given(content=st.binary(max_size=300))
def test_garbage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("segment") / "garbage.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r".+"):
        Segment.read(path, LABEL)


def test_tensors_that_do_not_fit_together(path):
    for change in (
        {"sums": np.zeros(3, np.uint32)},
        {"vectors": np.zeros((50, 0), np.float32)},
        {"vectors": np.zeros((50, 6), np.float16)},
        {"keys": np.zeros((3, 50), np.uint64)},
    ):
        _write_segment(path, *made(), LABEL)
        rewrite(path, **change)
        with pytest.raises(ValueError, match=r".+"):
            Segment.read(path, LABEL)


def test_an_absent_file_is_told_apart(path):
    with pytest.raises(FileNotFoundError):
        Segment.read(path, LABEL)
