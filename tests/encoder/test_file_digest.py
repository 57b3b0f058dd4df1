import hashlib
import json
import os
import time

import pytest

from equilingua.encoder import file_digest

LARGE = 2**20 + 1


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
    assert file_digest.sha256(large) == digest(large)
    assert len(list(notes.iterdir())) == 1
    monkeypatch.setattr(file_digest, "_read", lambda _: pytest.fail("read again"))
    assert file_digest.sha256(large) == digest(large)


@pytest.mark.usefixtures("notes")
def test_a_change_of_content_alone_is_seen(large):
    before = file_digest.sha256(large)
    large.write_bytes(b"\1" + bytes(LARGE - 1))
    settle(large, 30)
    assert file_digest.sha256(large) == digest(large) != before


@pytest.mark.usefixtures("notes")
def test_the_same_size_and_time_of_change_do_not_hide_a_replaced_file(large, tmp_path):
    file_digest.sha256(large)
    times = large.stat()
    other = tmp_path / "other"
    other.write_bytes(b"\1" + bytes(LARGE - 1))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(large)
    assert large.stat().st_mtime_ns == times.st_mtime_ns
    assert file_digest.sha256(large) == digest(large)


def test_a_file_that_was_just_written_is_not_remembered(notes, tmp_path):
    path = tmp_path / "fresh"
    path.write_bytes(bytes(LARGE))
    assert file_digest.sha256(path) == digest(path)
    assert not notes.exists()


def test_a_small_file_needs_no_note(notes, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    settle(path)
    assert file_digest.sha256(path) == digest(path)
    assert not notes.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"sha256": "00", "state": []})])
def test_a_damaged_note_is_not_believed(notes, large, content):
    file_digest.sha256(large)
    next(notes.iterdir()).write_text(content)
    assert file_digest.sha256(large) == digest(large)


def test_without_a_place_for_notes_only_time_is_lost(notes, large, caplog):
    notes.parent.write_text("a file, not a folder")
    assert file_digest.sha256(large) == digest(large)
    assert "not written" in caplog.text
