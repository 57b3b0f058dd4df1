import hashlib

import pytest

from equilingua.corpus.inputs import Inputs
from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.errors import ChecksumError, DataError, UsageError
from tests.corpus.formats.packages import needs_dpkg, pack, stand_in_for_apt

FILE = RemoteFile("toy/pairs.tsv", hashlib.sha256(b"text").hexdigest(), 4)
INFO = SetInfo("toy", "corpus", "1", "CC0-1.0", "a toy", "nowhere", files=(FILE,), splits=("train", "test"))


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    (folder / "toy").mkdir(parents=True)
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(folder))
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    return folder


def test_a_file_is_checked_before_it_is_handed_out(mirror, tmp_path):
    inputs = Inputs(INFO, tmp_path)

    with pytest.raises(DataError, match=r"toy/pairs\.tsv: not in the mirror or the cache"):
        inputs.file("pairs.tsv")
    (mirror / "toy/pairs.tsv").write_bytes(b"other")
    with pytest.raises(ChecksumError, match=r"toy/pairs\.tsv: not the registered file: expected sha256"):
        inputs.file("pairs.tsv")
    (mirror / "toy/pairs.tsv").write_bytes(b"text")
    assert inputs.file("pairs.tsv").read_bytes() == inputs.file().read_bytes() == b"text"
    with pytest.raises(DataError, match=r"catalogue: toy: unknown file 'pears\.tsv': did you mean 'pairs\.tsv'"):
        inputs.file("pears.tsv")


@needs_dpkg
def test_packages_by_name_and_by_pattern_with_their_versions(tmp_path, monkeypatch):
    names = ["toy-faq", "toy-faq-de", "toy-faq-zh-cn", "toy-guide"]
    stand_in_for_apt(monkeypatch, {name: pack(tmp_path, name, {f"usr/{name}": "x"}) for name in names})
    (tmp_path / "scratch").mkdir()
    inputs = Inputs(INFO, tmp_path / "scratch")

    assert list(inputs.packages(["toy-guide"])) == ["toy-guide"]
    assert list(inputs.packages(["toy-faq", "toy-faq*"])) == names[:3]
    assert inputs.versions == dict.fromkeys(names, "1:7.4")
    with pytest.raises(DataError, match=r"apt knows no package 'other-\*': run 'apt-get update' as root"):
        inputs.packages(["other-*"])


def test_the_reference_language_is_read_whether_asked_for_or_not(tmp_path):
    chosen = Inputs(INFO, tmp_path, frozenset({"de", "fr"}))

    assert [code for code in ("de", "en", "sw") if chosen.wants(code)] == ["de", "en"]
    assert chosen.choose(["en", "de", "fr", "sw"]) == ["en", "de", "fr"]
    assert chosen.choose(["en", "de", "fr", "sw"], reference=False) == ["de", "fr"]
    assert Inputs(INFO, tmp_path).choose(["en", "sw"]) == ["en", "sw"]
    with pytest.raises(UsageError, match="unknown language of toy 'fr': known: de, en"):
        chosen.choose(["en", "de"])
    with pytest.raises(UsageError, match="toy: no language is chosen; there are de, en"):
        Inputs(INFO, tmp_path, frozenset()).choose(["en", "de"])


def test_what_is_dropped_is_counted_and_progress_may_go_unheard(tmp_path):
    inputs = Inputs(INFO, tmp_path, options={"split": "test"})

    inputs.drop("de", "no_text")
    inputs.drop("de", "no_text", 3)
    inputs.progress("reading", 1, 2)
    assert {code: dict(reasons) for code, reasons in inputs.counts.items()} == {"de": {"no_text": 4}}
    assert (inputs.split, inputs.splits) == ("test", ("test",))
    assert (Inputs(INFO, tmp_path).split, Inputs(INFO, tmp_path).splits) == (None, ("train", "test"))


def test_numbers_among_the_options(tmp_path):
    assert Inputs(INFO, tmp_path, options={"cap": "20"}).number("cap") == 20
    for wrong in ("many", "-1", "1.5", "", "²"):
        with pytest.raises(UsageError, match=f"option cap of toy: '{wrong}' is not a whole number"):
            Inputs(INFO, tmp_path, options={"cap": wrong}).number("cap")
