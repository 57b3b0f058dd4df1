import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from equilingua.corpus import fetch
from equilingua.corpus.registry import RemoteFile
from equilingua.errors import ChecksumError, DataError, UsageError
from equilingua.places import cache_folder

TEXT = b'{"data": []}' * 1000


def remote(url=None):
    return RemoteFile("eval/toy/en.json", hashlib.sha256(TEXT).hexdigest(), len(TEXT), url)


@contextmanager
def origin(body, announced=None, status=200):
    """A web server that answers every request with `body`, announced with a length of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests += 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.requests = 0
    server.url = f"http://127.0.0.1:{server.server_port}/en.json"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    (folder / "eval/toy").mkdir(parents=True)
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(folder))
    return folder


def left_in_cache(tmp_path):
    return [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_the_mirror_comes_first_and_is_read_in_place(mirror):
    (mirror / "eval/toy/en.json").write_bytes(TEXT)

    assert fetch.local_path(remote("http://127.0.0.1:1/never-asked")) == mirror / "eval/toy/en.json"


def test_fetch_copies_from_the_mirror_into_the_cache(mirror, tmp_path):
    (mirror / "eval/toy/en.json").write_bytes(TEXT)

    path = fetch.fetch(remote())

    assert path == tmp_path / "cache/eval/toy/en.json"
    assert path.read_bytes() == TEXT


def test_a_wrong_file_in_the_mirror_is_named_with_both_checksums(mirror):
    (mirror / "eval/toy/en.json").write_bytes(TEXT + b" ")
    found = hashlib.sha256(TEXT + b" ").hexdigest()

    with pytest.raises(ChecksumError) as error:
        fetch.local_path(remote())

    message = str(error.value)
    assert str(mirror / "eval/toy/en.json") in message
    assert f"expected sha256 {remote().sha256} (12000 bytes)" in message
    assert f"found {found} (12001 bytes)" in message


def test_a_file_is_downloaded_once(tmp_path):
    with origin(TEXT) as server:
        path = fetch.local_path(remote(server.url))
        assert fetch.local_path(remote(server.url)) == path
        assert server.requests == 1

    assert path.read_bytes() == TEXT
    assert left_in_cache(tmp_path) == ["en.json"]


def test_a_damaged_copy_in_the_cache_is_fetched_again(tmp_path, caplog):
    damaged = tmp_path / "cache/eval/toy/en.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(TEXT[:100])

    with origin(TEXT) as server:
        assert fetch.local_path(remote(server.url)).read_bytes() == TEXT
    assert "fetching it again" in caplog.text


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ({"body": TEXT[:500]}, ChecksumError, "the download broke off: expected sha256 .* found .*500 bytes"),
        ({"body": TEXT[:500], "announced": len(TEXT)}, DataError, "cannot be downloaded"),
        ({"body": TEXT.replace(b"data", b"tada")}, ChecksumError, "expected sha256"),
        ({"body": b"gone", "status": 404}, DataError, "404"),
    ],
    ids=["short", "cut off on the way", "another file", "not found"],
)
def test_a_bad_download_leaves_nothing_behind(tmp_path, answer, error, message):
    with origin(**answer) as server, pytest.raises(error, match=message) as raised:
        fetch.local_path(remote(server.url))

    assert server.url in str(raised.value)
    assert "\n" not in str(raised.value)
    assert left_in_cache(tmp_path) == []


def test_no_origin_and_no_network_say_where_to_put_the_file():
    with pytest.raises(DataError, match=r"not in the mirror or the cache.*EQUILINGUA_MIRROR"):
        fetch.local_path(remote())
    with pytest.raises(DataError, match=r"cannot be downloaded.*EQUILINGUA_MIRROR"):
        fetch.local_path(remote("http://127.0.0.1:1/en.json"))


def test_a_mirror_that_is_no_folder_is_a_usage_error(monkeypatch, tmp_path):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path / "nowhere"))

    with pytest.raises(UsageError, match=r"EQUILINGUA_MIRROR=.*nowhere is not a folder"):
        fetch.local_path(remote())


def test_a_cache_that_cannot_be_written_to_is_one_line(mirror, monkeypatch, tmp_path):
    (mirror / "eval/toy/en.json").write_bytes(TEXT)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "file/cache"))

    with pytest.raises(DataError, match="cannot be written: Not a directory"):
        fetch.fetch(remote())


def test_the_default_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("EQUILINGUA_CACHE")

    assert cache_folder().name == "equilingua"
