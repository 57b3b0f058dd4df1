import numpy as np
import pytest

from equilingua.encoder.load import load
from equilingua.encoder.token_store import token_store
from equilingua.encoder.tokens import tokenize
from equilingua.training.texts import TextSource


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
