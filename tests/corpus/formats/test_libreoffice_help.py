import pytest

from equilingua.corpus import build, debian
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.packages import needs_dpkg, pack, stand_in_for_apt

pytestmark = needs_dpkg

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


NAME = "libreoffice-help"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A package a language with one help page in it, and a link such as Slovak's."""
    folder = tmp_path_factory.mktemp("archive")
    found = {}
    for suffix, languages in PACKAGES.items():
        files = {
            f"usr/share/libreoffice/help/{language}/text/swriter/anchor.html": PAGE.format(*TEXTS[language])
            for language in languages
        }
        links = [("usr/share/libreoffice/help/sk", languages[0])]
        found[f"{NAME}-{suffix}"] = pack(folder, f"{NAME}-{suffix}", files, links)
    return found | dict.fromkeys([f"{NAME}-common", f"{NAME}-en-gb", f"{NAME}-sk"])


@pytest.fixture(autouse=True)
def apt(packages, monkeypatch, tmp_path):
    stand_in_for_apt(monkeypatch, packages)
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))


def test_the_whole_is_built_and_written_with_its_report(tmp_path):
    steps = []

    corpus, report = build.build(NAME, progress=lambda *step: steps.append(step))

    assert corpus.languages == ["ca", "ca-valencia", "de", "en", "pt-BR", "zh-Hans"]
    assert corpus.groups == [GROUP]
    assert Pair(GROUP, "de", *TEXTS["de"], NAME, "text/swriter/anchor#hd_id1") in list(corpus)
    assert list(ParallelCorpus.read_parquet(tmp_path / NAME / "distinctive.parquet")) == list(corpus)
    assert steps == [("reading packages", done, 5) for done in range(1, 6)]
    assert report.packages == {f"{NAME}-{suffix}": "1:7.4" for suffix in PACKAGES}
    assert report.languages["zh-Hans"] == {"found": 1, "pairs": 1}
    assert (report.pairs, report.groups, report.groups_by_languages) == (6, 1, {6: 1})


def test_some_languages_do_not_take_the_place_of_the_whole(tmp_path):
    build.build(NAME)

    corpus, report = build.build(NAME, ["pt_br", "ca-valencia"], {"headings": "all"})

    assert corpus.languages == ["ca-valencia", "pt-BR"]
    assert list(report.packages) == [f"{NAME}-en-us", f"{NAME}-ca", f"{NAME}-pt-br"]
    assert (tmp_path / NAME / "all.ca-valencia+pt-BR.parquet").is_file()
    assert len(load_corpus(NAME)) == 6


def test_loading_builds_once_and_says_so(caplog, monkeypatch):
    assert load_corpus(NAME, languages=["de", "zh-Hans"]).languages == ["de", "zh-Hans"]
    assert "building it from Debian packages" in caplog.text

    monkeypatch.setattr(debian, "download", None)
    assert len(load_corpus(NAME)) == 6


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (["de", "ar"], "unknown language of libreoffice-help 'ar'"),
        (["sk"], "unknown language of libreoffice-help 'sk'"),
        (["klingonish"], "unknown language code 'klingonish'"),
        ([], "no language is chosen; there are ca, ca-valencia, de"),
    ],
)
def test_languages_that_there_are_not(languages, message):
    with pytest.raises(UsageError, match=message):
        build.build(NAME, languages)


def test_without_the_english_package_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(debian, "available", lambda _prefix: [])

    with pytest.raises(DataError, match="apt knows no package libreoffice-help-en-us: run 'apt-get update' as root"):
        build.build(NAME)


def test_a_package_without_help_is_named(packages, monkeypatch):
    stand_in_for_apt(monkeypatch, packages | {f"{NAME}-en-us": packages[f"{NAME}-de"]})

    with pytest.raises(DataError, match=r"libreoffice-help-de_7\.4_all\.deb holds no English help"):
        build.build(NAME, ["de"])


def test_headings_are_chosen_by_name():
    with pytest.raises(UsageError, match="unknown headings of libreoffice-help 'distinct': did you mean 'distinctive'"):
        build.build(NAME, options={"headings": "distinct"})
