import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from equilingua.batching.partners import AnyLanguage, Itself
from equilingua.batching.pools import Exclusion, sound_items
from equilingua.batching.rows import RowCodes, Translations

from .corpora import corpora, grid


def test_sound_items_of_shared_passages_are_as_many_as_there_are_passages():
    corpus = grid(30, 1, questions_per_passage=3)
    queries, passages = sound_items(RowCodes(corpus), np.arange(30), Itself(), 100)
    assert len(queries) == 10
    assert np.array_equal(queries, passages)


@given(corpora(), st.integers(1, 20))
def test_sound_items_share_nothing(corpus, wanted):
    codes = RowCodes(corpus)
    translations = Translations(codes, np.arange(len(corpus)))
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
