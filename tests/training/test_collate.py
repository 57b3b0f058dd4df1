import numpy as np
import pytest

from equilingua.encoder.load import load
from equilingua.encoder.token_store import token_store
from equilingua.encoder.tokens import tokenize
from equilingua.errors import UsageError
from equilingua.training.collate import TextSource, Translations


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture(scope="module")
def source(encoder, starter):
    return TextSource(token_store(encoder, starter))


def test_each_text_is_there_once_and_every_list_finds_its_own(source, encoder, starter):
    queries, passages = np.array([0, 5, 0, 9]), np.array([5, 5, 2])

    wanted = [(source.store.query_text[queries], 12), (source.store.passage_text[passages], 20)]
    texts, (query_places, passage_places) = source.distinct(wanted)
    assert len(texts) == 5
    expected = tokenize(encoder, starter.queries(queries), "query", 12)
    for place, number in enumerate(query_places):
        found = texts.tokens.ids[slice(*texts.tokens.offsets[number : number + 2])]
        np.testing.assert_array_equal(found, expected.ids[slice(*expected.offsets[place : place + 2])])
    expected = tokenize(encoder, starter.passages(passages), "passage", 20)
    for place, number in enumerate(passage_places):
        found = texts.tokens.ids[slice(*texts.tokens.offsets[number : number + 2])]
        np.testing.assert_array_equal(found, expected.ids[slice(*expected.offsets[place : place + 2])])


def test_a_text_cut_in_two_ways_is_two(source):
    lengths = np.diff(source.store.tokens.offsets)
    long, short = int(np.argmax(lengths)), int(np.argmin(lengths))
    assert lengths[short] < 20 < lengths[long]

    texts, _ = source.distinct([(np.array([long, short]), 20), (np.array([long, short]), 22)])
    assert sorted(texts.numbers) == sorted([long, long, short])


def test_no_further_texts(source):
    texts, places = source.distinct([(np.array([3]), 10), (np.zeros(0, np.int64), 10)])

    assert len(texts) == 1
    assert [len(each) for each in places] == [1, 0]


@pytest.fixture(scope="module")
def corpus(starter):
    """Four languages of some groups, one of the others."""
    group = starter.group_codes
    lone = (group % 3 == 0) & (starter.language_codes != starter.languages.index("en"))
    few = np.isin(starter.language_codes, [starter.languages.index(code) for code in ("en", "de", "ru", "zh-Hans")])
    return starter.select(np.flatnonzero(few & ~lone))


def test_is_the_same_question_in_another_language_or_none(corpus):
    rows = np.arange(len(corpus))

    drawn = Translations(corpus, 0).of_batch(rows, 3)
    has = drawn >= 0
    assert (corpus.group_codes[drawn[has]] == corpus.group_codes[has]).all()
    assert (corpus.language_codes[drawn[has]] != corpus.language_codes[has]).all()
    assert (np.bincount(corpus.group_codes)[corpus.group_codes] > 1).tolist() == has.tolist()
    assert 0 < has.sum() < len(rows)


def test_depends_on_seed_step_and_row_and_not_on_the_place(corpus):
    rows = np.random.default_rng(0).permutation(len(corpus))[:200]
    drawn = Translations(corpus, 0).of_batch(rows, 5)

    assert (Translations(corpus, 0).of_batch(rows[100:], 5) == drawn[100:]).all()
    assert (Translations(corpus, 0).of_batch(rows, 6) != drawn).any()
    assert (Translations(corpus, 1).of_batch(rows, 5) != drawn).any()


def test_all_other_languages_come_up(corpus):
    row = np.flatnonzero(corpus.group_codes == 1)[:1]
    translations = Translations(corpus, 0)

    drawn = [int(translations.of_batch(row, step)[0]) for step in range(300)]
    counts = np.bincount(corpus.language_codes[drawn], minlength=4)
    assert (np.sort(counts)[1:] > 70).all()


def test_a_corpus_without_translations_is_refused(starter):
    with pytest.raises(UsageError, match=r"loss\.consistency: no question of the training pairs has a translation"):
        Translations(starter.where(languages=["en"]), 0)
