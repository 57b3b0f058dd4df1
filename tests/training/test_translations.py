import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.training.translations import Translations


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
