import pytest

from equilingua.corpus.sources import tatoeba
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

from .small_inputs import real_inputs, small_inputs, tar

ARCHIVE = tatoeba.INFO.files[0].path


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(languages=None, **change):
        files = {
            "cmn-eng.cmn": "我们试试看！\n你好。\n",
            "cmn-eng.eng": "Let's try.\nHello.\n",
            "afr-eng.afr": "Hallo.\nBaie\x85 dankie.\n",
            "afr-eng.eng": "Hello.\nThanks a lot.\n",
        }
        files |= {name.replace("_", "-").replace("0", "."): text for name, text in change.items()}
        members = {"data/tatoeba/v1/README.md": "…"}
        members |= {f"data/tatoeba/v1/tatoeba.{name}": text for name, text in files.items() if text is not None}
        return small_inputs(tatoeba.INFO, {ARCHIVE: tar(members, "gz")}, tmp_path, monkeypatch, languages)

    return make


def test_sentences_with_one_translation_share_a_group(inputs_of):
    pairs = list(tatoeba.pairs(inputs_of()))
    groups = {}
    for pair in pairs:
        assert pair.query == pair.passage
        groups.setdefault(pair.group, []).append((pair.language, pair.query))

    assert list(groups.values()) == [
        [("en", "Let's try."), ("zh", "我们试试看！")],
        [("en", "Hello."), ("zh", "你好。"), ("af", "Hallo.")],
        [("en", "Thanks a lot."), ("af", "Baie\x85 dankie.")],
    ]


def test_a_language_can_be_asked_for(inputs_of):
    assert {pair.language for pair in tatoeba.pairs(inputs_of({"af"}))} == {"af", "en"}


@pytest.mark.parametrize("language", ["zh", "cmn"])
def test_the_published_test_is_had_a_language_at_a_time(inputs_of, language):
    path = inputs_of().file(ARCHIVE)

    assert tatoeba.bitext(path, language) == (["我们试试看！", "你好。"], ["Let's try.", "Hello."])


def test_an_unknown_language_is_named(inputs_of):
    with pytest.raises(UsageError, match="unknown language of Tatoeba 'de': known: af, zh"):
        tatoeba.bitext(inputs_of().file(ARCHIVE), "de")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"afr_eng0afr": "Hallo.\n"}, "afr-eng has 1 sentences, but 2 in English: the files are not aligned"),
        ({"afr_eng0afr": None}, "one of the two files is missing for afr"),
        ({"afr_eng0afr": b"\xff\n\n"}, r"tatoeba\.afr-eng\.afr:1: byte 1 of the line is not UTF-8"),
    ],
)
def test_what_does_not_fit_is_named(inputs_of, change, message):
    with pytest.raises(DataError, match=message):
        list(tatoeba.pairs(inputs_of(**change)))


@pytest.mark.slow
def test_the_real_archive_has_112_languages(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(tatoeba.INFO, data_folder, tmp_path, monkeypatch)
    pairs = list(tatoeba.pairs(inputs))
    languages = {pair.language for pair in pairs}

    assert len(list(tatoeba._bitexts(inputs.file(ARCHIVE)))) == 112
    assert sum(pair.language != "en" for pair in pairs) == 88_877
    assert len(languages) == 112  # English among them; two codes have become one
    assert all(normalise(code) == code for code in languages)
    assert all(len(tatoeba.bitext(inputs.file(ARCHIVE), code)[0]) <= 1_000 for code in ("de", "fa", "zh"))
