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

from equilingua import durable
from equilingua.encoder import vector_cache, vector_segment
from equilingua.encoder.vector_cache import VectorCache
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
    assert vector_segment.read(segments(cache)[0], cache.label).rows == 2


@pytest.mark.parametrize(
    "other",
    [{"fingerprint": "0" * 32}, {"role": "passage"}, {"max_tokens": 64}, {"precision": "bfloat16"}, {"kind": "other"}],
    ids=lambda other: next(iter(other)),
)
def test_vectors_of_another_encoder_or_setting_are_never_used(cache, other):
    cache.add(["a"], vectors_of(["a"]))
    settings = {"fingerprint": cache.fingerprint, "role": "query", "precision": "float32"} | other
    stranger = VectorCache(cache.folder, **settings)
    assert len(stranger.lookup(["a"])[1]) == 1
    stranger.place.mkdir(parents=True)
    (stranger.place / "copied.safetensors").write_bytes(segments(cache)[0].read_bytes())
    with pytest.raises(DataError, match=r"copied\.safetensors: .*its vectors are of"):
        stranger.lookup(["a"])


def test_unusable_vectors_are_not_kept(cache):
    vectors = vectors_of(["a", "b", "c"])
    vectors[0], vectors[2, 1] = 0, np.nan
    cache.add(["a", "b", "c"], vectors)
    assert cache.lookup(["a", "b", "c"])[1].tolist() == [0, 2]
    cache.add(["a"], np.zeros((1, DIM), np.float32))
    assert len(segments(cache)) == 1


def test_a_corrupt_segment_is_named(cache):
    cache.add(["a"], vectors_of(["a"]))
    path = segments(cache)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{path.name}.*remove this file, its texts will be encoded again"):
        cache.lookup(["a"])
    path.unlink()
    assert len(cache.lookup(["a"])[1]) == 1


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
    sizes = [vector_segment.read(path, cache.label).rows for path in segments(cache)]
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
    read, vanished = vector_segment.read, []

    def racing(path, label):
        if not vanished:
            vanished.append(path)
            cache._merge_locked()
        return read(path, label)

    monkeypatch.setattr(vector_segment, "read", racing)
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
