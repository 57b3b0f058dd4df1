import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import aligned_lines
from equilingua.errors import DataError
from equilingua.languages import normalise

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("tatoeba")
ARCHIVE = INFO.files[0].path


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
        return small_inputs(INFO, {ARCHIVE: tar(members, "gz")}, tmp_path, monkeypatch, languages)

    return make


def test_sentences_with_one_translation_share_a_group(inputs_of):
    pairs = list(aligned_lines.pairs(inputs_of()))
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
    assert {pair.language for pair in aligned_lines.pairs(inputs_of({"af"}))} == {"af", "en"}


def test_the_published_test_is_had_a_language_at_a_time(inputs_of):
    inputs = inputs_of()

    assert list(aligned_lines.bitexts(inputs.file(), inputs.layout(aligned_lines.Layout))) == [
        ("cmn", "zh", ["我们试试看！", "你好。"], ["Let's try.", "Hello."]),
        ("afr", "af", ["Hallo.", "Baie\x85 dankie."], ["Hello.", "Thanks a lot."]),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"afr_eng0afr": "Hallo.\n"}, "afr has 1 sentences and 2 translations: the files are not aligned"),
        ({"afr_eng0afr": None}, "one of the two files is missing for afr"),
        ({"afr_eng0afr": b"\xff\n\n"}, r"tatoeba\.afr-eng\.afr:1: byte 1 of the line is not UTF-8"),
    ],
)
def test_what_does_not_fit_is_named(inputs_of, change, message):
    with pytest.raises(DataError, match=message):
        list(aligned_lines.pairs(inputs_of(**change)))


@pytest.mark.slow
def test_the_real_archive_has_112_languages(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)
    pairs = list(aligned_lines.pairs(inputs))
    languages = {pair.language for pair in pairs}

    bitexts = list(aligned_lines.bitexts(inputs.file(), inputs.layout(aligned_lines.Layout)))
    assert len(bitexts) == 112
    assert all(len(sentences) <= 1_000 for _, _, sentences, _ in bitexts)
    assert sum(pair.language != "en" for pair in pairs) == 88_877
    assert len(languages) == 112  # English among them; two codes have become one
    assert all(normalise(code) == code for code in languages)
