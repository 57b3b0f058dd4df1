import json
import shutil
import subprocess
from dataclasses import asdict

import pytest

from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.corpus.sources import debian, libreoffice_help
from equilingua.errors import DataError, UsageError

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")

PAGE = """<html><head><title>{0}</title></head><body><div id="DisplayArea"><h1 id="hd_id1">{0}</h1>
<p id="par_id1">{1}</p></div></body></html>"""
TEXTS = {
    "en-US": ("Moving an Anchor", "An anchor moves with the element it is attached to."),
    "de": ("Anker verschieben", "Ein Anker bewegt sich mit dem Element, an dem er hängt."),
    "zh-CN": ("移动锚点", "锚点会随它所附着的元素一起移动位置。"),
    "pt-BR": ("Mover uma âncora", "Uma âncora acompanha o elemento ao qual está ligada."),
    "ca": ("Moure una àncora", "Una àncora es mou amb l'element al qual està lligada."),
    "ca-valencia": ("Moure una àncora", "Una àncora es mou amb l'element a què està lligada."),
}
PACKAGES = {"en-us": ["en-US"], "de": ["de"], "zh-cn": ["zh-CN"], "pt-br": ["pt-BR"], "ca": ["ca", "ca-valencia"]}
GROUP = "libreoffice-help:text/swriter/anchor#hd_id1"


def pack(folder, name, languages):
    """Build a real package that holds one help page in each language, and a link such as Slovak's."""
    tree = folder / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 4:7.4\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n"
    )
    for language in languages:
        text = tree / "usr/share/libreoffice/help" / language / "text/swriter"
        text.mkdir(parents=True)
        (text / "anchor.html").write_text(PAGE.format(*TEXTS[language]), encoding="utf-8")
    (tree / "usr/share/libreoffice/help/sk").symlink_to(languages[0])
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, folder / f"{name}_7.4.deb"], check=True)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    for suffix, languages in PACKAGES.items():
        pack(folder, f"libreoffice-help-{suffix}", languages)
    return folder


@pytest.fixture(autouse=True)
def apt(archive, monkeypatch, tmp_path):
    """Stand in for apt alone: the packages are real ones, from a folder."""

    def download(packages, folder):
        for name in packages:
            shutil.copy(archive / f"{name}_7.4.deb", folder)
        return {name: folder / f"{name}_7.4.deb" for name in packages}

    names = [f"libreoffice-help-{suffix}" for suffix in [*PACKAGES, "common", "en-gb", "sk"]]
    monkeypatch.setattr(debian, "available", lambda _prefix: names)
    monkeypatch.setattr(debian, "download", download)
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def test_the_whole_is_built_and_written_with_its_report(tmp_path):
    steps = []

    corpus, report = libreoffice_help.build(tmp_path, progress=lambda *step: steps.append(step))

    assert corpus.languages == ["ca", "ca-valencia", "de", "en", "pt-BR", "zh-Hans"]
    assert corpus.groups == [GROUP]
    assert Pair(GROUP, "de", *TEXTS["de"], "libreoffice-help", "text/swriter/anchor#hd_id1") in list(corpus)
    assert list(ParallelCorpus.read_parquet(tmp_path / "distinctive.parquet")) == list(corpus)
    assert steps[0] == ("libreoffice-help-en-us", 1, 5)
    assert steps[-1][1:] == (5, 5)
    assert report.packages == {f"libreoffice-help-{suffix}": "4:7.4" for suffix in PACKAGES}
    assert report.languages["zh-Hans"] == {"sections": 1, "pairs": 1}
    assert (report.pairs, report.groups, report.groups_by_languages) == (6, 1, {6: 1})
    written = json.loads((tmp_path / "distinctive.json").read_text())
    assert written == json.loads(json.dumps(asdict(report)))


def test_some_languages_do_not_take_the_place_of_the_whole(tmp_path):
    libreoffice_help.build(tmp_path)

    corpus, report = libreoffice_help.build(tmp_path, languages=["pt_br", "ca-valencia"], headings="all")

    assert corpus.languages == ["ca-valencia", "pt-BR"]
    assert list(report.packages) == ["libreoffice-help-en-us", "libreoffice-help-ca", "libreoffice-help-pt-br"]
    assert (tmp_path / "all.ca-valencia+pt-BR.parquet").is_file()
    assert len(ParallelCorpus.read_parquet(tmp_path / "distinctive.parquet")) == 6


def test_loading_builds_once_and_says_so(caplog, monkeypatch):
    assert load_corpus("libreoffice-help", languages=["de", "zh-Hans"]).languages == ["de", "zh-Hans"]
    assert "building it from Debian packages" in caplog.text

    monkeypatch.setattr(debian, "download", None)
    assert len(load_corpus("libreoffice-help")) == 6


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (["de", "ar"], "unknown language of libreoffice-help 'ar'"),
        (["sk"], "unknown language of libreoffice-help 'sk'"),
        (["klingonish"], "unknown language code 'klingonish'"),
        ([], "no language is chosen; there are ca, ca-valencia, de"),
    ],
)
def test_languages_that_there_are_not(tmp_path, languages, message):
    with pytest.raises(UsageError, match=message):
        libreoffice_help.build(tmp_path, languages=languages)


def test_without_the_english_package_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "available", lambda _prefix: [])

    with pytest.raises(DataError, match="apt knows no package libreoffice-help-en-us: run 'apt-get update' as root"):
        libreoffice_help.build(tmp_path)


def test_a_package_without_help_is_named(tmp_path, archive, monkeypatch):
    def download(packages, folder):
        shutil.copy(archive / "libreoffice-help-de_7.4.deb", folder / "libreoffice-help-en-us_7.4.deb")
        return dict.fromkeys(packages, folder / "libreoffice-help-en-us_7.4.deb")

    monkeypatch.setattr(debian, "download", download)
    with pytest.raises(DataError, match=r"libreoffice-help-en-us_7\.4\.deb holds no English help"):
        libreoffice_help.build(tmp_path, languages=["de"])


def test_a_folder_that_cannot_be_written_to_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DataError, match=r"distinctive\.parquet: cannot be written: File exists"):
        libreoffice_help.build(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_headings_are_chosen_by_name():
    assert libreoffice_help.headings_named("all") == "all"
    with pytest.raises(UsageError, match="unknown choice of headings 'distinct': did you mean 'distinctive'"):
        libreoffice_help.headings_named("distinct")
