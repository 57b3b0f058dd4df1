import hashlib
import json
import os
import time

import numpy as np
import pytest
import torch

from equilingua import digests

LARGE = 2**20 + 1


def test_texts_of_any_letters():
    assert digests.of_text("a") == hashlib.blake2b(b"a", digest_size=16).digest()
    assert digests.of_text("\ud800", 8) != digests.of_text("\ud801", 8)
    assert digests.of_text("a", key="1") != digests.of_text("a", key="2")


def test_numbers_are_those_of_the_texts():
    found = digests.numbers(["a", "b", "a"], "key")
    assert found.dtype == np.uint64
    assert found[0] == found[2] != found[1]
    assert int(found[1]) == int.from_bytes(digests.of_text("b", 8, "key"), "big")
    assert len(digests.numbers([])) == 0


def test_records_tell_parts_apart():
    assert digests.of_record({"a": 1, "b": "é"}) == digests.of_record({"b": "é", "a": 1})
    assert len({digests.of_record(each) for each in (["a", "b"], ["ab"], [["a"], "b"], ["b", "a"])}) == 4


@pytest.mark.parametrize("algorithm", ["blake2b", "sha256"])
def test_parts_of_any_kind(algorithm):
    array = np.arange(6, dtype="<i4")
    tensor = torch.arange(6, dtype=torch.int32)
    expected = digests.of_parts([b"a", array.tobytes()], algorithm=algorithm)

    for same in (array, tensor, tensor.reshape(3, 2).T.T, tensor.reshape(2, 3).t().contiguous().t()):
        assert digests.of_parts(["a", same], algorithm=algorithm) == expected
    assert digests.of_parts(["a", tensor.reshape(3, 2).T], algorithm=algorithm) != expected
    assert digests.of_parts([torch.ones(2, dtype=torch.bfloat16)]) == digests.of_parts([b"\x80\x3f\x80\x3f"])


@pytest.fixture
def notes(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fingerprints"


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(bytes(LARGE))
    settle(path)
    return path


def settle(path, seconds=60):
    """As if it had been written a while ago."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_large_file_is_read_once(notes, large, monkeypatch):
    assert digests.remembered(large) == digest(large)
    assert len(list(notes.iterdir())) == 1
    monkeypatch.setattr(digests, "of_file", lambda _: pytest.fail("read again"))
    assert digests.remembered(large) == digest(large)


@pytest.mark.usefixtures("notes")
def test_a_change_of_content_alone_is_seen(large):
    before = digests.remembered(large)
    large.write_bytes(b"\1" + bytes(LARGE - 1))
    settle(large, 30)
    assert digests.remembered(large) == digest(large) != before


@pytest.mark.usefixtures("notes")
def test_the_same_size_and_time_of_change_do_not_hide_a_replaced_file(large, tmp_path):
    digests.remembered(large)
    times = large.stat()
    other = tmp_path / "other"
    other.write_bytes(b"\1" + bytes(LARGE - 1))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(large)
    assert large.stat().st_mtime_ns == times.st_mtime_ns
    assert digests.remembered(large) == digest(large)


def test_a_file_that_was_just_written_is_not_remembered(notes, tmp_path):
    path = tmp_path / "fresh"
    path.write_bytes(bytes(LARGE))
    assert digests.remembered(path) == digest(path)
    assert not notes.exists()


def test_a_small_file_needs_no_note(notes, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    settle(path)
    assert digests.remembered(path) == digest(path)
    assert not notes.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"sha256": "00", "state": []})])
def test_a_damaged_note_is_not_believed(notes, large, content):
    digests.remembered(large)
    next(notes.iterdir()).write_text(content)
    assert digests.remembered(large) == digest(large)


def test_without_a_place_for_notes_only_time_is_lost(notes, large, caplog):
    notes.parent.write_text("a file, not a folder")
    assert digests.remembered(large) == digest(large)
    assert "not written" in caplog.text
