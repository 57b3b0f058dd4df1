from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import udhr
from equilingua.errors import DataError
from equilingua.languages import normalise

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("udhr")
ARCHIVE = INFO.files[0].path


def version(code, language, numbers=range(1, 31), heading="<h2>Article {0}</h2>"):
    articles = "".join(
        f'<article data-number="{n}">\n{heading.format(n)}\n<p>{language} {n}.</p>'
        + (f"<ol><li><p>{language} {n}\n a.</p></li><li><p> </p></li></ol>" if n == 2 else "")
        + "</article>\n"
        for n in numbers
    )
    return (
        f'<!doctype html>\n<html data-code="{code}" data-iso6393="xxx" dir="ltr" lang="{language}">\n<head>'
        f"<title>X</title></head>\n<body><h1>Declaration</h1><header><h2>Preamble</h2><p>Whereas</p></header>\n{articles}</body></html>"
    )


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(*pages, languages=None, **options):
        members = {f"package/declaration/{number}.html": page for number, page in enumerate(pages)}
        archive = tar({"package/index.js": "export", **members}, "gz")
        return small_inputs(INFO, {ARCHIVE: archive}, tmp_path, monkeypatch, languages, **options)

    return make


def test_articles_are_parallel(inputs_of):
    pairs = list(udhr.pairs(inputs_of(version("eng", "en"), version("deu_1996", "de-1996"), version("cmn_hans", "zh"))))

    assert Counter(pair.language for pair in pairs) == {"de-1996": 30, "en": 30, "zh-Hans": 30}
    assert {pair.group for pair in pairs} == {f"udhr:article-{number}" for number in range(1, 31)}
    second = next(pair for pair in pairs if (pair.group, pair.language) == ("udhr:article-2", "en"))
    assert (second.query, second.passage) == ("Article 2", "en 2.\nen 2 a.")


def test_an_opening_asks_for_the_rest(inputs_of):
    (pair,) = udhr.pairs(inputs_of(version("eng", "en"), query="opening"))

    assert (pair.group, pair.query, pair.passage) == ("udhr:article-2", "en 2.", "en 2 a.")


def test_what_cannot_be_used_is_counted(inputs_of):
    inputs = inputs_of(
        version("013", "und"),
        version("chv", "cv", range(1, 20)),
        version("haw", "haw", heading=""),
        version("xyz", "not a code"),
    )

    assert list(udhr.pairs(inputs)) == []
    assert inputs.counts == {
        "und": Counter(no_language_code=60),
        "cv": Counter(not_all_articles=19),
        "haw": Counter(no_heading=30),
    }


def test_a_language_has_one_version_unless_all_are_asked_for(inputs_of):
    pages = [
        version("042", "es", heading="<h2>042</h2>"),
        version("spa", "es"),
        version("ron_1953", "ro"),
        version("ron_2006", "ro", heading="<h2>2006</h2>"),
    ]
    inputs = inputs_of(*pages)
    one = list(udhr.pairs(inputs))

    assert Counter(pair.language for pair in one) == {"es": 30, "ro": 30}
    assert (one[0].query, one[-1].query) == ("Article 1", "2006")
    assert inputs.counts["es"] == Counter(another_version=30)
    assert Counter(pair.language for pair in udhr.pairs(inputs_of(*pages, versions="all"))) == {"es": 60, "ro": 60}
    assert {pair.language for pair in udhr.pairs(inputs_of(*pages, languages={"ro"}))} == {"ro"}


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("", r"declaration/0\.html: cannot be parsed as HTML"),
        ("<html><body><p>moved</p></body></html>", r"declaration/0\.html: has no <article data-number"),
        ("<html>\n<article><p>x</p></article></html>", r"declaration/0\.html:2: <article> has no data-number"),
    ],
)
def test_a_page_in_another_layout_is_named(inputs_of, page, message):
    with pytest.raises(DataError, match=message):
        list(udhr.pairs(inputs_of(page)))


@pytest.mark.slow
def test_the_real_package_has_521_whole_versions(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)
    found = list(udhr.versions(inputs.file()))
    counts = Counter(pair.language for pair in udhr.pairs(inputs))

    assert (len(found), sum(version.whole for version in found)) == (532, 521)
    assert len(counts) == 442
    assert set(counts.values()) == {30}
    assert all(normalise(code) == code for code in counts)
