"""The manuals that are built from Debian packages, from small packages of the same shape."""

import pytest

from equilingua.corpus import build
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.packages import needs_dpkg, pack, stand_in_for_apt

pytestmark = needs_dpkg

SECTION = """<div class="section"><div class="titlepage"><div><div><h2 class="title"><a id="{0}"></a>{1}</h2></div>
</div></div><p>{2}</p></div>"""
PAGE = '<html><head><meta charset="utf-8"></head><body><div class="chapter">{}</div></body></html>'
TEXTS = {
    "en": ("Which package has a file?", "The program dpkg tells which of the installed packages a file comes from."),
    "de": ("Aus welchem Paket stammt eine Datei?", "Das Programm dpkg sagt, aus welchem Paket eine Datei stammt."),
    "ar": ("إلى أي حزمة ينتمي الملف؟", "يخبرك برنامج دي بي كي جي إلى أي من الحزم المثبتة ينتمي هذا الملف."),
    "zh": ("文件属于哪个软件包？", "这个程序会告诉您某个文件来自系统上已经安装的哪一个软件包。"),
}
MALLARD = """<page xmlns="http://projectmallard.org/1.0/" id="file"><info><desc>{0}</desc></info><title>{1}</title>
<p>{2}</p></page>"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def html(language, number="7.6. "):
    query, passage = TEXTS[language]
    return PAGE.format(SECTION.format("file", number + query, passage) + SECTION.format("idm7", "7.7. Empty", ""))


def found(name, languages=None):
    corpus, report = build.build(name, languages)
    assert corpus.sources == [name]
    return {(pair.group, pair.language): (pair.query, pair.passage) for pair in corpus}, report


def test_debian_faq(tmp_path, monkeypatch):
    folder = "usr/share/doc/debian/FAQ"
    packages = {
        "debian-faq": pack(
            tmp_path,
            "debian-faq",
            {f"{folder}/pkgtools.en.html": html("en")},
            [(f"{folder}/pkgtools.html", "pkgtools.en.html")],
        ),
        "debian-faq-de": pack(tmp_path, "debian-faq-de", {f"{folder}/de/pkgtools.de.html": html("de")}),
        "debian-faq-zh-cn": pack(tmp_path, "debian-faq-zh-cn", {f"{folder}/zh-cn/pkgtools.zh-cn.html": html("zh")}),
    }
    stand_in_for_apt(monkeypatch, packages)

    pairs, report = found("debian-faq")

    group = "debian-faq:pkgtools#file"
    assert pairs == {(group, "en"): TEXTS["en"], (group, "de"): TEXTS["de"], (group, "zh-Hans"): TEXTS["zh"]}
    assert report.languages["de"] == {"found": 2, "no_text": 1, "pairs": 1}
    assert report.packages == dict.fromkeys(packages, "1:7.4")
    assert list(found("debian-faq", ["de"])[0]) == [(group, "de")]
    with pytest.raises(UsageError, match="unknown language of debian-faq 'sw': known: de, en, zh-Hans"):
        build.build("debian-faq", ["sw"])


@pytest.mark.parametrize(
    ("name", "package", "folder", "locales"),
    [
        ("installation-guide", "installation-guide-amd64", "installation-guide-amd64", ("en", "de", "zh_CN")),
        ("debian-handbook", "debian-handbook", "debian-handbook/html", ("en-US", "de-DE", "zh-CN")),
    ],
)
def test_guides_with_a_folder_a_language(tmp_path, monkeypatch, name, package, folder, locales):
    files = {
        f"usr/share/doc/{folder}/{locale}/ch07.html": html(language)
        for locale, language in zip(locales, ("en", "de", "zh"), strict=True)
    }
    files |= {f"usr/share/doc/{folder}/copyright": "GPL", f"usr/share/doc/{folder}/{locales[1]}/new.html": html("de")}
    files |= {f"usr/share/doc/{folder}/images/logo.png": b"\x89PNG"}
    stand_in_for_apt(monkeypatch, {package: pack(tmp_path, package, files)})

    pairs, report = found(name)

    group = f"{name}:ch07#file"
    assert pairs == {(group, "en"): TEXTS["en"], (group, "de"): TEXTS["de"], (group, "zh-Hans"): TEXTS["zh"]}
    assert report.languages["de"] == {"found": 4, "no_text": 1, "not_in_english": 2, "pairs": 1}
    with pytest.raises(UsageError, match=f"unknown language of {name} 'ar': known: de, en, zh-Hans"):
        build.build(name, ["ar"])


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("Grüße".encode("latin-1"), r"ch07\.html: byte 0xfc is not utf-8"),
        (b"", r"de/ch07\.html: cannot be parsed as HTML"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(tmp_path, monkeypatch, page, message):
    folder = "usr/share/doc/installation-guide-amd64"
    files = {f"{folder}/en/ch07.html": html("en"), f"{folder}/de/ch07.html": page}
    stand_in_for_apt(monkeypatch, {"installation-guide-amd64": pack(tmp_path, "installation-guide-amd64", files)})

    with pytest.raises(DataError, match=message):
        build.build("installation-guide")


def test_a_guide_without_english_pages(tmp_path, monkeypatch):
    files = {"usr/share/doc/debian-handbook/html/de-DE/ch07.html": html("de")}
    stand_in_for_apt(monkeypatch, {"debian-handbook": pack(tmp_path, "debian-handbook", files)})

    with pytest.raises(DataError, match=r"debian-handbook_7\.4_all\.deb holds no English pages"):
        build.build("debian-handbook")


def test_gnome_help(tmp_path, monkeypatch):
    def pages(manual, language, locale):
        query, passage = TEXTS[language]
        return {f"usr/share/help/{locale}/{manual}/file.page": MALLARD.format(query, "dpkg " + language, passage)}

    user = pages("gnome-help", "en", "C") | pages("gnome-help", "de", "de") | pages("gnome-help", "en", "en_GB")
    user |= {
        "usr/share/help/C/gnome-help/figures/file.png": b"\x89PNG",
        "usr/share/help/C/gnome-help/legal.xml": "<a/>",
    }
    packages = {
        "gnome-user-docs": pack(tmp_path, "gnome-user-docs", user),
        "evolution-common": pack(
            tmp_path, "evolution-common", pages("evolution", "en", "C") | pages("evolution", "zh", "zh_CN")
        ),
    }
    stand_in_for_apt(monkeypatch, packages)

    pairs, report = found("gnome-help")

    # The same English text in both manuals is one pair, so the Chinese one stands alone.
    assert {key[1]: key[0] for key in pairs} == {
        "en": "gnome-help:evolution/file#page",
        "de": "gnome-help:gnome-help/file#page",
        "zh-Hans": "gnome-help:evolution/file#page",
    }
    assert pairs["gnome-help:gnome-help/file#page", "de"] == (f"dpkg de. {TEXTS['de'][0]}", TEXTS["de"][1])
    assert report.languages["en"] == {"found": 2, "repeated_in_other_group": 1, "pairs": 1}

    (tmp_path / "broken").mkdir()
    broken = pack(tmp_path / "broken", "gnome-user-docs", user | {"usr/share/help/de/gnome-help/file.page": "<page>"})
    stand_in_for_apt(monkeypatch, packages | {"gnome-user-docs": broken})
    with pytest.raises(DataError, match=r"de/gnome-help/file\.page:1: cannot be parsed as XML"):
        build.build("gnome-help")
