import os
from pathlib import Path

import pytest

from equilingua.corpus.formats import judgements
from equilingua.errors import DataError, UsageError

MIRROR = os.environ.get("EQUILINGUA_MIRROR")
needs_archive = pytest.mark.skipif(
    not MIRROR or not Path(MIRROR, judgements.ARCHIVE.path).is_file(),
    reason="EQUILINGUA_MIRROR holds no eval/miracl-mrtydi-topics-qrels",
)


@pytest.fixture(scope="module")
def dev():
    return judgements.topics("miracl", "dev"), judgements.qrels("miracl", "dev")


@needs_archive
def test_miracl_dev_has_the_published_numbers(dev):
    topics, qrels = dev

    assert len(topics) == 18
    assert sum(map(len, topics.values())) == 13_495
    assert {language: len(found) for language, found in topics.items()} == {
        "ar": 2896, "bn": 411, "de": 305, "en": 799, "es": 648, "fa": 632, "fi": 1271, "fr": 343, "hi": 350,
        "id": 960, "ja": 860, "ko": 213, "ru": 1252, "sw": 482, "te": 828, "th": 733, "yo": 119, "zh": 393,
    }  # fmt: skip
    for language, questions in topics.items():
        assert set(qrels[language]) == set(questions)
        assert all(any(score > 0 for score in judged.values()) for judged in qrels[language].values())
    assert topics["de"]["81674#0"] == "Wo ist das Gebiet der Irokesen-Indianer in Kanada?"
    assert qrels["de"]["10055536#0"]["2653#14"] == 1


@needs_archive
@pytest.mark.parametrize(
    ("collection", "split", "languages", "questions"),
    [
        ("miracl", "train", 16, 40_203),
        ("mr-tydi", "train", 11, 48_729),
        ("mr-tydi", "dev", 11, 12_317),
        ("mr-tydi", "test", 11, 8_661),
    ],
)
def test_the_other_collections(collection, split, languages, questions):
    topics, qrels = judgements.topics(collection, split), judgements.qrels(collection, split)

    assert len(topics) == len(qrels) == languages
    assert sum(map(len, topics.values())) == questions
    assert all(not text.startswith("\ufeff") for found in topics.values() for text in found.values())
    assert all(set(topics[language]) <= set(qrels[language]) for language in topics)


def test_what_there_is_not_is_refused_before_anything_is_read():
    with pytest.raises(UsageError, match="unknown judged collection 'mirakl': did you mean 'miracl'"):
        judgements.topics("mirakl", "dev")
    with pytest.raises(UsageError, match="unknown split of miracl 'test'"):
        judgements.topics("miracl", "test")
    with pytest.raises(UsageError, match="unknown language of miracl train 'de'"):
        judgements.qrels("miracl", "train", ["de"])
    with pytest.raises(UsageError, match="unknown language code 'klingonish'"):
        judgements.topics("miracl", "dev", ["klingonish"])


def test_without_the_archive_the_message_says_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path))

    assert not judgements.available()
    with pytest.raises(DataError, match=r"qrels\.tar\.gz: not in the mirror or the cache"):
        judgements.topics("miracl", "dev")
