import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import DataError
from equilingua.evaluation import encoding as encodings
from equilingua.evaluation.encoding import Encoding

TEXTS = ["topic1 de", "topic2 en sayen", "topic1 de", "topic3 hi", "topic2 en sayen"]


class Counted:
    """A peer that tells which texts it was asked for."""

    name, dim, fingerprint = "counted", 3, "counted-1"

    def __init__(self):
        self.asked = Counter()

    def encode(self, texts, role, progress=None):
        self.asked.update((role, text) for text in texts)
        if progress is not None:
            progress(len(texts))
        return np.array([[len(text), role == "query", 1] for text in texts], np.float32)


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "notes"))


@pytest.fixture
def folder(encoder_folder, tmp_path):
    return shutil.copytree(encoder_folder, tmp_path / "encoder")


def test_each_text_and_role_is_encoded_once_ever():
    peer = Counted()
    for _ in range(2):
        for role in ("query", "passage"):
            Encoding(peer).vectors(TEXTS, role)
    assert set(peer.asked.values()) == {1}
    assert len(peer.asked) == 6


def test_the_same_vectors_with_and_without_the_cache(encoder, encoder_folder):
    plain = encode(encoder, TEXTS, "query")
    for given in (encoder, str(encoder_folder)):
        for cached in (0, 5):
            vectors, number = Encoding(given, device="cpu").vectors(TEXTS, "query")
            np.testing.assert_array_equal(vectors, plain)
            assert number == cached
    vectors, number = Encoding(encoder, cache=False).vectors(TEXTS, "query")
    np.testing.assert_array_equal(vectors, plain)
    assert number == 0


def test_the_encoder_is_not_loaded_when_everything_is_cached(encoder_folder, monkeypatch):
    first = Encoding(str(encoder_folder), device="cpu")
    assert first.vectors(TEXTS, "query")[1] == 0
    assert first.load_seconds > 0
    monkeypatch.setattr("equilingua.encoder.load.load", lambda *_, **__: pytest.fail("loaded"))
    second = Encoding(str(encoder_folder), device="cpu")
    assert second.vectors(TEXTS, "query")[1] == 5
    assert second.load_seconds == 0


def test_vectors_of_another_kind_of_processor_are_not_used(encoder_folder):
    program = (
        "import sys; from equilingua.evaluation.encoding import Encoding; "
        f"print(Encoding(sys.argv[1], device='cpu').vectors({TEXTS}, 'query')[1], 'torch' in sys.modules)"
    )
    printed = []
    # Twice by torch's plain kernels, whatever this machine has besides; then by its own.
    for limit in ("default", "default", "avx2"):
        environment = os.environ | {"ATEN_CPU_CAPABILITY": limit}
        command = [sys.executable, "-c", program, str(encoder_folder)]
        printed.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert printed == ["0 True\n", "5 False\n", "0 True\n"]


def test_progress_shows_cached_texts_at_once_and_adds_up(encoder):
    Encoding(encoder).vectors(TEXTS[:2], "query")
    told = []
    vectors, cached = Encoding(encoder).vectors(TEXTS, "query", told.append)
    assert cached == 4
    assert told[0] == 4
    assert sum(told) == 5
    assert len(vectors) == 5
    told.clear()
    Encoding(Counted(), cache=False).vectors(TEXTS, "query", told.append)
    assert sum(told) == 5


def test_no_cache_writes_nothing(encoder, vectors_folder):
    Encoding(encoder, cache=False).vectors(TEXTS, "query")
    Encoding(encoder).vectors(TEXTS, "query", keep=False)
    assert not vectors_folder.exists()


def test_changed_weights_in_the_same_folder_are_another_encoder(folder):
    first, _ = Encoding(str(folder), device="cpu").vectors(TEXTS, "query")
    changed = load(str(folder), device="cpu")
    changed[0].embedding.weight.data += 0.5
    changed.save(str(folder))
    second, cached = Encoding(str(folder), device="cpu").vectors(TEXTS, "query")
    assert cached == 0
    np.testing.assert_array_equal(second, encode(changed, TEXTS, "query"))
    assert not np.allclose(first, second)


def test_weights_that_change_while_the_encoder_is_loaded(folder, monkeypatch):
    """As where the hub sends a newer version than the one on this machine."""
    Encoding(str(folder), device="cpu").vectors(TEXTS[:1], "query")
    real = load

    def newer(name, device=None):
        encoder = real(name, device=device)
        encoder[0].embedding.weight.data += 0.5
        encoder.save(name)
        return encoder

    monkeypatch.setattr("equilingua.encoder.load.load", newer)
    vectors, cached = Encoding(str(folder), device="cpu").vectors(TEXTS, "query")
    monkeypatch.undo()
    assert cached == 0
    np.testing.assert_array_equal(vectors, encode(real(str(folder), device="cpu"), TEXTS, "query"))


def test_an_interrupted_run_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(encodings, "PART", 2)
    peer, texts = Counted(), [f"text {number}" for number in range(9)]
    real = peer.encode

    def interrupted(some, role, progress=None):
        if "text 6" in some:
            raise KeyboardInterrupt
        return real(some, role, progress)

    peer.encode = interrupted
    with pytest.raises(KeyboardInterrupt):
        Encoding(peer).vectors(texts, "query")
    peer.encode = real
    vectors, cached = Encoding(peer).vectors(texts, "query")
    assert cached == 6
    assert set(peer.asked.values()) == {1}
    np.testing.assert_array_equal(vectors, Encoding(peer, cache=False).vectors(texts, "query")[0])


def test_a_cache_whose_vectors_have_another_size():
    peer = Counted()
    Encoding(peer).vectors(TEXTS[:1], "query")
    peer.encode = lambda texts, *_: np.ones((len(texts), 5), np.float32)
    with pytest.raises(DataError, match="holds vectors of 3 dimensions and the encoder's have 5"):
        Encoding(peer).vectors(TEXTS, "query")


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from equilingua.evaluation import encoding as encodings

encodings.PART = 10

class Slow:
    name, dim, fingerprint = "slow", 3, "slow-1"

    def encode(self, texts, role, progress=None):
        print(texts[0], flush=True)
        time.sleep(float(sys.argv[1]))
        return np.array([[len(text), 1, 2] for text in texts], np.float32)

texts = [f"text {number}" for number in range(100)]
vectors, cached = encodings.Encoding(Slow()).vectors(texts, "query")
print("cached", cached, flush=True)
"""


def test_killed_midway_then_resumed(tmp_path):
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": f"{root}/src", "EQUILINGUA_CACHE": str(tmp_path / "cache")}

    def start(seconds):
        return subprocess.Popen(
            [sys.executable, "-c", KILLED, str(seconds)], stdout=subprocess.PIPE, text=True, env=environment
        )

    process = start(0.05)
    for _ in range(4):
        assert process.stdout.readline().startswith("text")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    lines = start(0).communicate(timeout=60)[0].splitlines()
    cached = int(lines[-1].removeprefix("cached "))
    assert 30 <= cached < 100
    # Nothing that was kept is encoded again.
    assert lines[0] == f"text {cached}"
