import pytest

from equilingua.corpus import build, debian
from equilingua.errors import DataError, UsageError

ENTRY = """Package: {name}
Description-md5: {sum}
Description-{language}: {short}
 {long}
 .
  * {more}

"""
TEXTS = {
    "en": (
        "find the package of a file",
        "This program tells which of the installed packages a file comes from.",
        "quick",
    ),
    "de": ("Paket einer Datei finden", "Dieses Programm sagt, aus welchem der Pakete eine Datei stammt.", "schnell"),
    "pt_BR": (
        "encontrar o pacote de um arquivo",
        "Este programa diz de qual pacote instalado vem um arquivo.",
        "rápido",
    ),
}


def entry(sum_, language, changed=""):
    short, long, more = TEXTS[language]
    return ENTRY.format(name="toy", sum=sum_, language=language, short=short + changed, long=long + changed, more=more)


@pytest.fixture
def indexes(tmp_path, monkeypatch):
    """Stand in for apt alone: its indexes are files in a folder."""
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    texts = {
        "en": entry("a1", "en") + entry("b2", "en", " b") + entry("c3", "en", " c"),
        "de": entry("b2", "de", " b") + entry("b2", "de", " b again"),
        "pt_BR": entry("b2", "pt_BR", " b") + "Package: broken\nDescription-md5: d4\n\n",
        "zh": "",
    }
    files = {}
    for name, text in texts.items():
        files[name] = [tmp_path / f"i18n_Translation-{name}"]
        files[name][0].write_text(text, encoding="utf-8")
    monkeypatch.setattr(debian, "translations", lambda _scratch: sorted(texts))
    monkeypatch.setattr(debian, "indexes", lambda names, _scratch: {name: files[name] for name in names})
    return files


@pytest.mark.usefixtures("indexes")
def test_the_short_description_asks_for_the_long_one():
    corpus, report = build.build("apt-descriptions")

    assert [(pair.group, pair.language) for pair in corpus] == [
        *(("apt-descriptions:a1", "en"), ("apt-descriptions:b2", "en"), ("apt-descriptions:c3", "en")),
        *(("apt-descriptions:b2", "de"), ("apt-descriptions:b2", "pt-BR")),
    ]
    assert (corpus[0].query, corpus[0].passage) == (TEXTS["en"][0], f"{TEXTS['en'][1]} * quick")
    assert report.languages == {
        "de": {"found": 1, "pairs": 1},
        "en": {"found": 3, "pairs": 3},
        "pt-BR": {"found": 1, "pairs": 1},
    }


@pytest.mark.usefixtures("indexes")
def test_a_cap_keeps_what_most_languages_have():
    corpus, report = build.build("apt-descriptions", options={"cap": "1"})

    assert {pair.group for pair in corpus} == {"apt-descriptions:b2"}
    assert report.languages["en"] == {"found": 3, "over_cap": 2, "pairs": 1}
    with pytest.raises(UsageError, match="option cap of apt-descriptions: 'many' is not a whole number"):
        build.build("apt-descriptions", options={"cap": "many"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Package: toy\n\xff\n", r"Translation-de:2: byte 0xff is not utf-8"),
        (b"\n not of any field\n", r"Translation-de:2: neither a field nor the rest of one"),
        (b"<html>not found</html>\n", r"Translation-de:1: neither a field nor the rest of one"),
    ],
)
def test_what_is_no_index_is_named_with_its_line(indexes, content, message):
    indexes["de"][0].write_bytes(content)

    with pytest.raises(DataError, match=message):
        build.build("apt-descriptions")
