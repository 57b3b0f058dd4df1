import json
import multiprocessing
import os
import re
import resource
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest

from equilingua.corpus import build
from equilingua.corpus.load import load_corpus
from equilingua.corpus.quality import EVERYTHING
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError
from tests.corpus.toy_source import ENGLISH, INFO, register, toy_pairs

processes = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)
    return tmp_path / "cache"


def files_in(cache):
    """What lies in the cache, locks apart."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock")


@contextmanager
def disk_of(bytes_left):
    """Let no file grow longer: what a full disk does to it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_pairs_are_filtered_counted_and_written_with_their_report(monkeypatch, cache):
    register(monkeypatch)
    steps = []

    corpus, report = build.build("toy", progress=lambda *step: steps.append(step))

    assert [(pair.group, pair.language) for pair in corpus] == [("toy:1", "en"), ("toy:2", "en"), ("toy:1", "de")]
    assert report.languages == {
        "de": {"found": 3, "no_text": 1, "short_passage": 1, "pairs": 1},
        "en": {"found": 2, "pairs": 2},
    }
    assert (report.pairs, report.groups, report.groups_by_languages) == (3, 2, {1: 1, 2: 1})
    assert (report.licence, report.options) == ("CC0-1.0", {"headings": "distinctive", "cap": "0"})
    assert report.peak_mebibytes > 1
    assert steps == [("reading", 1, 1)]
    path = build.corpus_path("toy")
    assert path == cache / "toy/distinctive+cap=0.parquet"
    assert list(ParallelCorpus.read_parquet(path)) == list(corpus)
    assert json.loads(path.with_suffix(".json").read_text()) == json.loads(json.dumps(asdict(report)))


def test_builds_of_some_languages_other_options_or_a_split_lie_beside_the_whole(monkeypatch, cache):
    register(monkeypatch)
    build.build("toy")

    german, report = build.build("toy", ["DE"])
    assert (german.languages, list(report.languages)) == (["de"], ["de"])
    build.build("toy", options={"headings": "a/b:c", "split": "test"})

    names = files_in(cache)
    assert names[:3] == ["a_b_c+cap=0+test-" + names[0].rpartition("-")[2], names[1], "distinctive+cap=0.de.json"]
    assert len(names) == 6
    assert len(load_corpus("toy")) == 3


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("starter", {}, "set 'starter' is shipped, not built: equilingua data fetch starter"),
        ("toi", {}, "unknown set 'toi': did you mean 'toy'"),
        ("toy", {"languages": ["sw"]}, "unknown language of toy 'sw': known: de, en"),
        ("toy", {"languages": ["klingonish"]}, "unknown language code 'klingonish'"),
        ("toy", {"options": {"heading": "all"}}, "unknown option of toy 'heading': did you mean 'headings'"),
        ("toy", {"options": {"split": "tets"}}, "unknown split of toy 'tets': did you mean 'test'"),
    ],
)
def test_wrong_requests_say_what_is_wrong(monkeypatch, cache, name, arguments, message):
    register(monkeypatch)

    with pytest.raises(UsageError, match=message):
        build.build(name, **arguments)
    assert files_in(cache) == []


def test_a_source_that_yields_nothing_usable_says_why(monkeypatch):
    register(monkeypatch, lambda _inputs: [Pair("toy:1", "en", "Short?", "No.", "toy")])

    with pytest.raises(DataError, match="toy: no pair is left of 1 items; the reasons: short passage"):
        build.build("toy")


def test_loading_builds_once_and_keeps_what_is_asked_for(monkeypatch, caplog):
    splits = []

    def pairs(inputs):
        splits.append(inputs.split)
        return toy_pairs(inputs)

    register(monkeypatch, pairs)

    assert load_corpus("toy", languages=["de"]).languages == ["de"]
    assert "toy is not in the cache: building it from nowhere" in caplog.text
    assert load_corpus("toy").languages == ["de", "en"]
    assert len(load_corpus("toy", split="train")) == 3
    assert splits == [None, "train"]
    with pytest.raises(UsageError, match="unknown language 'sw': known: de, en"):
        load_corpus("toy", languages=["sw"])


def test_a_large_set_is_built_in_the_languages_asked_for(monkeypatch, cache):
    asked = []

    def pairs(inputs):
        asked.append(inputs.languages)
        return toy_pairs(inputs)

    register(monkeypatch, pairs, replace(INFO, large=True, options={}))

    assert load_corpus("toy", languages=["de"]).languages == ["de"]
    assert asked == [{"de"}]
    assert files_in(cache) == ["whole.de.json", "whole.de.parquet"]


def test_an_error_midway_leaves_the_earlier_build_as_it_was(monkeypatch, cache):
    register(monkeypatch)
    build.build("toy")
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}

    def broken(inputs):
        yield from toy_pairs(inputs)
        raise DataError("page.html:7: cannot be parsed")

    register(monkeypatch, broken)
    with pytest.raises(DataError, match=r"page\.html:7"):
        build.build("toy")
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("bytes_left", [0, 200, 5_000])
def test_a_full_disk_leaves_the_earlier_build_as_it_was(monkeypatch, cache, bytes_left):
    register(monkeypatch)
    build.build("toy")
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}

    def large(_inputs):
        for number in range(2000):
            yield Pair(f"toy:{number}", "en", f"Question {os.urandom(20).hex()}", os.urandom(90).hex(), "toy")

    register(monkeypatch, large, quality=EVERYTHING)
    with disk_of(bytes_left), pytest.raises(DataError, match=r"cannot be (built|written): .*File too large") as error:
        build.build("toy")
    assert "\n" not in str(error.value)
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


def test_a_cache_that_cannot_be_written_to_is_one_line(monkeypatch, tmp_path):
    register(monkeypatch)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "file/cache"))

    with pytest.raises(DataError, match=r"toy: cannot be built: .*file.*: Not a directory"):
        build.build("toy")


def test_rows_over_a_megabyte_are_dropped_or_kept_whole(monkeypatch):
    long = "An anchor moves with its element. " * 40_000

    def pairs(_inputs):
        yield Pair("toy:1", "en", "Moving an anchor", ENGLISH, "toy")
        yield Pair("toy:2", "en", "Moving many anchors", long, "toy")

    register(monkeypatch, pairs)
    assert build.build("toy")[1].languages["en"] == {"found": 2, "long_passage": 1, "pairs": 1}
    register(monkeypatch, pairs, quality=EVERYTHING)
    assert build.build("toy")[0][1].passage == long
    assert ParallelCorpus.read_parquet(build.corpus_path("toy"))[1].passage == long


def built_elsewhere(results):
    corpus, report = build.build("toy")
    results.put((len(corpus), report.pairs, report.groups_by_languages))


def test_two_builds_at_once_are_one(monkeypatch, cache, tmp_path):
    def slow(inputs):
        with (tmp_path / "runs").open("a") as runs:
            runs.write("run\n")
        yield from toy_pairs(inputs)
        time.sleep(0.5)

    register(monkeypatch, slow)
    results = processes.Queue()
    builders = [processes.Process(target=built_elsewhere, args=(results,)) for _ in range(3)]
    for builder in builders:
        builder.start()
    found = [results.get(timeout=60) for _ in builders]
    for builder in builders:
        builder.join()

    assert found == [(3, 3, {1: 1, 2: 1})] * 3
    assert (tmp_path / "runs").read_text() == "run\n"
    assert files_in(cache) == ["distinctive+cap=0.json", "distinctive+cap=0.parquet"]


def test_two_builds_in_one_process_are_one(monkeypatch):
    runs = []

    def slow(inputs):
        runs.append(1)
        yield from toy_pairs(inputs)
        time.sleep(0.3)

    register(monkeypatch, slow)
    threads = [threading.Thread(target=build.build, args=("toy",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1


def test_a_build_that_is_killed_leaves_nothing_that_is_taken_for_a_whole_one(monkeypatch, cache, tmp_path):
    def killed(inputs):
        yield from toy_pairs(inputs)
        (tmp_path / "started").touch()
        time.sleep(60)

    register(monkeypatch, killed)
    builder = processes.Process(target=build.build, args=("toy",))
    builder.start()
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()

    assert files_in(cache) == []
    register(monkeypatch)
    assert len(load_corpus("toy")) == 3


def test_a_damaged_build_is_said_with_what_makes_it_anew(monkeypatch):
    register(monkeypatch)
    build.build("toy")
    path = build.corpus_path("toy")
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"cannot be read as Parquet: .*; equilingua data build toy makes it anew$"):
        load_corpus("toy")
    assert path.read_bytes() == content
    build.build("toy")
    assert len(load_corpus("toy")) == 3


def load_unasked(path):
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: cannot be read: Permission denied"):
        load_corpus("toy")


def test_a_build_that_must_not_be_read_is_let_be(monkeypatch, tmp_path, as_nobody):
    register(monkeypatch)
    build.build("toy")
    path = build.corpus_path("toy")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    path.chmod(0o600)

    as_nobody(load_unasked, path)
    assert path.is_file()
