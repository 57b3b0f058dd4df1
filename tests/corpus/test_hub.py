import gzip

import pytest

from equilingua.corpus import hub
from equilingua.errors import DataError
from tests.corpus.formats.hub_mirror import Mirror

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    return Mirror(tmp_path)


@pytest.mark.parametrize("name", ["x.tsv", "x.jsonl.gz"])
def test_lines_have_their_place(mirror, name):
    mirror.text(f"someone/set/{name}", '\ufeffone\u2028still one\n"two\n\nNA\n')

    assert list(hub.lines("someone/set", name)) == [
        (f"someone/set/{name}:1", "one\u2028still one"),
        (f"someone/set/{name}:2", '"two'),
        (f"someone/set/{name}:3", ""),
        (f"someone/set/{name}:4", "NA"),
    ]


def test_files_that_cannot_be_read(mirror):
    content = gzip.compress(b"a line that goes on and on\n" * 9000)
    mirror.text("someone/set/short.txt.gz", "").write_bytes(content[:-20])
    mirror.text("someone/set/latin.txt", "").write_bytes("gr\xfc\xdfe\n".encode("latin-1"))

    with pytest.raises(DataError, match=r"someone/set/short\.txt\.gz: damaged or cut short"):
        list(hub.lines("someone/set", "short.txt.gz"))
    with pytest.raises(DataError, match=r"someone/set/latin\.txt:1: byte 3 of the line is not UTF-8"):
        list(hub.lines("someone/set", "latin.txt"))
    with pytest.raises(DataError, match=r"someone/set/none\.txt: cannot be read: .* hub/someone/set below the folder"):
        list(hub.lines("someone/set", "none.txt"))
    mirror.text("someone/set/x.jsonl", '{"a": 1}\n{oops\n')
    with pytest.raises(DataError, match=r"someone/set/x\.jsonl:2: not JSON"):
        list(hub.records("someone/set", "x.jsonl"))


def test_files_are_listed_in_the_order_of_their_numbers(mirror):
    for number in (0, 2, 10):
        mirror.text(f"someone/set/part/docs-{number}.jsonl", "")

    assert hub.paths("someone/set", "part/docs-*.jsonl") == [f"part/docs-{number}.jsonl" for number in (0, 2, 10)]
    with pytest.raises(DataError, match=r"someone/set: has no file 'none-\*'"):
        hub.paths("someone/set", "none-*")


@pytest.mark.parametrize("streaming", [True, False])
def test_rows_of_a_set_with_configurations(mirror, streaming, monkeypatch, tmp_path):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    mirror.text(
        "someone/set/README.md",
        "---\nconfigs:\n- config_name: de\n  data_files:\n  - split: test\n    path: data/de.jsonl\n---\n",
    )
    mirror.jsonl("someone/set/data/de.jsonl", [{"text": "eins", "n": 1}, {"text": "zwei", "n": 2}])

    assert list(hub.rows("someone/set", "de", "test", streaming=streaming)) == [
        ("someone/set:de:test: row 1", {"text": "eins", "n": 1}),
        ("someone/set:de:test: row 2", {"text": "zwei", "n": 2}),
    ]
    with pytest.raises(DataError, match=r"someone/set:fr:test: cannot be read: .*fr"):
        list(hub.rows("someone/set", "fr", "test"))
    with pytest.raises(DataError, match=r"someone/set:de:tset: cannot be read: .*tset"):
        list(hub.rows("someone/set", "de", "tset"))


@pytest.mark.parametrize("streaming", [True, False])
def test_rows_that_cannot_be_parsed(mirror, streaming, monkeypatch, tmp_path):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    mirror.text("someone/set/train.jsonl", '{"a": 1}\n{oops\n')

    with pytest.raises(DataError, match=r"someone/set:train: (cannot be read|damaged)") as error:
        list(hub.rows("someone/set", None, "train", streaming=streaming))
    assert "\n" not in str(error.value)


def test_a_loading_script_is_never_run(mirror, tmp_path):
    ran = tmp_path / "ran"
    mirror.text("someone/set/set.py", f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n")

    with pytest.raises(DataError, match=r"someone/set:train: (the set has a loading script|cannot be read)"):
        list(hub.rows("someone/set", None, "train"))
    assert not ran.exists()


@pytest.mark.usefixtures("mirror")
def test_a_set_that_cannot_be_reached():
    with pytest.raises(DataError, match=r"no/where:train: cannot be read: .*put a copy at hub/no/where below") as error:
        list(hub.rows("no/where", None, "train"))
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match=r"no/where/x\.txt: cannot be read"):
        list(hub.lines("no/where", "x.txt"))
