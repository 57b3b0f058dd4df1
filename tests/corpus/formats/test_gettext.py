import io
import re

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import gettext
from equilingua.corpus.formats.gettext import Message, messages
from equilingua.errors import DataError, UsageError

from .small_inputs import real_inputs, small_inputs, tar

FAQ = registry.find("phpmyadmin-faq")
MANUAL = registry.find("phpmyadmin-docs")
TEMPLATE = [
    ("Server", 10, "Servidor"),
    ("1.1 Why does `it` crash?", 12, "1.1 ¿Por qué?"),
    ("Try :file:`php.ini <x>` first.", 14, "Pruebe :file:`php.ini <x>`."),
    (":ref:`faq2_1`", 16, ":ref:`faq2_1`"),
    ("1.2 (withdrawn).", 18, "1.2 (retirada)."),
    ("Configuration", 20, "Configuración"),
    ("2.1 How do I set it?", 22, "2.1 ¿Cómo?"),
    ("With a form.", 24, ""),
]


def catalogue(language):
    header = 'msgid ""\nmsgstr ""\n"Project-Id-Version: phpMyAdmin\\n"\n'
    # A catalogue need not be in the order of the source.
    return header + "".join(
        f'\n#: ../docs/faq.rst:{line} ../docs/x.rst:1\nmsgid ""\n"{text[:4]}"\n"{text[4:]}"\n'
        f'msgstr "{translated if language == "es" else ""}"\n'
        for text, line, translated in reversed(TEMPLATE)
    )


def small(info, tmp_path, monkeypatch, languages=None):
    members = {f"phpmyadmin-docs/po/{name}": catalogue(name[:2]) for name in ("documentation.pot", "es.po", "pt_BR.po")}
    return small_inputs(info, {info.files[0].path: tar(members)}, tmp_path, monkeypatch, languages)


def test_messages_with_their_places():
    text = (
        'msgid ""\nmsgstr "Content: x"\n\n# by hand\n#: a/faq.rst:7 b.rst:9\nmsgid ""\n"One \\"two\\"\\n"\n'
        '"three"\nmsgstr "Eins"\n\n#, c-format, fuzzy\nmsgid "Four"\nmsgstr "Fünf"\n\n#~ msgid "O"\n#~ msgstr "A"\n\n'
        'msgctxt "menu"\nmsgid "File"\nmsgid_plural "Files"\nmsgstr[0] "Datei"\nmsgstr[1] "Dateien"'
    )

    assert list(messages(io.BytesIO(text.encode()), "de.po")) == [
        Message('One "two"\nthree', "Eins", (("a/faq.rst", 7), ("b.rst", 9))),
        Message("Four", ""),
        Message("menu\4File", "Datei"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('msgid "a\\x"', r'de\.po:2: not a gettext catalogue: "a\\x" is no string'),
        ("text", "'text' is neither text nor"),
    ],
)
def test_a_damaged_catalogue_is_named(line, message):
    with pytest.raises(DataError, match=message):
        list(messages(io.BytesIO(f"# comment\n{line}\n".encode()), "de.po"))


def test_questions_with_the_answers_that_follow_them(tmp_path, monkeypatch):
    given = small(FAQ, tmp_path, monkeypatch)
    found = [(pair.language, pair.query, pair.passage) for pair in gettext.pairs(given)]

    assert found == [
        ("en", "Why does it crash?", "Try php.ini first."),
        ("en", "How do I set it?", "With a form."),
        ("es", "¿Por qué?", "Pruebe php.ini."),
    ]
    assert given.counts == {"en": {"no_text": 1}, "es": {"no_text": 1}}


def test_messages_as_sentences(tmp_path, monkeypatch):
    found = list(gettext.pairs(small(MANUAL, tmp_path, monkeypatch, ["es"])))
    groups = {pair.query: pair.group for pair in found}

    assert groups["Server"] == groups["Servidor"] != groups["Configuration"]
    assert all(pair.query == pair.passage for pair in found)
    assert sorted(pair.query for pair in found if pair.language == "es") == [
        *("(retirada).", "Configuración", "Pruebe php.ini.", "Servidor", "¿Cómo?", "¿Por qué?"),
    ]


def test_what_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="unknown language of phpmyadmin-docs 'sw'"):
        list(gettext.pairs(small(MANUAL, tmp_path, monkeypatch, ["sw"])))
    members = {"phpmyadmin-docs/po/es.po": catalogue("es")}
    given = small_inputs(MANUAL, {MANUAL.files[0].path: tar(members)}, tmp_path, monkeypatch)
    with pytest.raises(DataError, match=r"phpmyadmin-docs\.tar\.xz: holds no template"):
        list(gettext.pairs(given))


@pytest.mark.slow
@pytest.mark.parametrize(("info", "fewest"), [(FAQ, {"es": 125, "zh-Hans": 55}), (MANUAL, {"ru": 2_700, "vi": 170})])
def test_the_real_catalogues(info, fewest, data_folder, tmp_path, monkeypatch):
    found = list(gettext.pairs(real_inputs(info, data_folder, tmp_path, monkeypatch)))

    for language, number in fewest.items():
        assert sum(pair.language == language for pair in found) >= number
    assert not any(re.match(r"\d+\.\d+\s", pair.query) for pair in found if info is FAQ)
