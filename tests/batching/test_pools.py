from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.batching.draws import derive_key, uniform
from equilingua.batching.pools import (
    AnyLanguage,
    Exclusion,
    Itself,
    OneLanguage,
    RowCodes,
    TranslationRows,
    sound_items,
)
from equilingua.corpus.schema import Pair, ParallelCorpus

from .corpora import corpora, grid


def test_sound_items_of_shared_passages_are_as_many_as_there_are_passages():
    corpus = grid(30, 1, questions_per_passage=3)
    queries, passages = sound_items(RowCodes(corpus), np.arange(30), Itself(), 100)
    assert len(queries) == 10
    assert np.array_equal(queries, passages)


@given(corpora(), st.integers(1, 20))
def test_sound_items_share_nothing(corpus, wanted):
    codes = RowCodes(corpus)
    translations = TranslationRows(codes, np.arange(len(corpus)))
    partners = AnyLanguage(codes, translations, np.ones(len(codes.languages)))
    rows = np.flatnonzero(translations.present(np.arange(len(corpus))).sum(axis=1) > 1)
    queries, passages = sound_items(codes, rows, partners, wanted)
    assert len(queries) <= wanted
    keys = [set(item) for item in codes.clash_keys(queries, passages).tolist()]
    assert len(set().union(*keys)) == sum(map(len, keys))
    if 0 < len(queries) < wanted:  # none could be added
        taken = set().union(*keys)
        for row in rows.tolist():
            for passage in partners.of(row).tolist():
                assert taken & set(codes.clash_keys(np.asarray([row]), np.asarray([passage]))[0].tolist())


def test_exclusions_read_as_one_line():
    assert str(Exclusion("cross-lingual", "s", "de", "fr", "why")) == "cross-lingual s de > fr: why"
    assert str(Exclusion("mixed", "s", None, None, "why")) == "mixed s: why"


@pytest.fixture
def corpus():
    # group g: de once, en twice, fr once from another source; group h: de and fr; group k: de alone
    rows = [("g", "de", "s"), ("g", "en", "s"), ("g", "en", "s"), ("g", "fr", "t")]
    rows += [("h", "de", "s"), ("h", "fr", "s"), ("k", "de", "s")]
    return ParallelCorpus.from_pairs(Pair(group, code, "q", f"p {group}", source) for group, code, source in rows)


@pytest.fixture
def indexed(corpus):
    codes = RowCodes(corpus)
    return codes, TranslationRows(codes, np.arange(len(corpus)))


def drawn(partners, query, draws=6000):
    numbers = uniform(derive_key(0, "draw"), np.arange(draws))
    return Counter(partners.draw(np.full(draws, query), numbers).tolist())


def test_present_languages(indexed):
    _, translations = indexed
    assert translations.present(np.asarray([1, 4, 6])).tolist() == [
        [True] * 3,
        [True, False, True],
        [True, False, False],
    ]


def test_passages_come_by_the_weights_of_the_other_languages(indexed):
    partners = AnyLanguage(*indexed, np.asarray([5.0, 3.0, 1.0]))
    counts = drawn(partners, 0)
    assert set(counts) == {1, 2, 3}  # never its own language
    assert counts[1] + counts[2] == pytest.approx(4500, abs=150)  # en : fr = 3 : 1, en shared by its two rows
    assert counts[1] == pytest.approx(2250, abs=150)
    assert set(drawn(partners, 3)) == {0, 1, 2}
    assert drawn(partners, 4) == {5: 6000}


def test_a_language_without_weight_is_never_drawn(indexed):
    partners = AnyLanguage(*indexed, np.asarray([1.0, 0.0, 1.0]))
    assert drawn(partners, 0) == {3: 6000}
    assert partners.of(0).tolist() == [3]


@pytest.mark.parametrize("number", [0.0, 1 - 2**-53])
@pytest.mark.parametrize("query", range(6))
def test_numbers_at_the_ends(indexed, query, number):
    partners = AnyLanguage(*indexed, np.asarray([1.0, 1e-9, 1.0]))
    assert partners.draw(np.asarray([query]), np.asarray([number]))[0] in partners.of(query)


def test_one_language(indexed):
    partners = OneLanguage(*indexed, 1)
    assert partners.having(np.arange(7)).tolist() == [0, 1, 2, 3]
    assert set(drawn(partners, 0)) == {1, 2} == set(partners.of(0).tolist())


def test_itself():
    assert Itself().draw(np.asarray([4, 2]), np.zeros(2)).tolist() == [4, 2]
    assert Itself().of(4).tolist() == [4]


def test_rows_that_are_not_kept_are_no_translations(corpus):
    codes = RowCodes(corpus)
    translations = TranslationRows(codes, np.asarray([0, 1, 4, 5]))
    assert translations.of(0, np.ones(3, dtype=bool)).tolist() == [1]


def test_clash_keys_of_groups_and_passages_never_meet(corpus):
    codes = RowCodes(corpus)
    keys = codes.clash_keys(np.arange(7), np.arange(7))
    assert keys[:, 0].tolist() == corpus.group_codes.tolist()
    assert not set(keys[:, 0]) & set(keys[:, 1:].ravel())
    assert keys.max() < codes.bound


def test_unless_distinct_only_the_same_row_clashes(corpus):
    codes = RowCodes(corpus, distinct=False)
    assert len(set(codes.clash_keys(np.arange(7), np.arange(7)).ravel())) == 14
