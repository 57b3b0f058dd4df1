import pytest

from equilingua.corpus.augment import translation_filters
from equilingua.corpus.augment.translation_filters import TranslationFilters, copied_share
from equilingua.errors import UsageError

ENGLISH = "You can insert a table of contents at the beginning of the document."
GALICIAN = "Pode inserir un índice de contidos ao comezo do documento de texto."


@pytest.mark.parametrize(
    ("translated", "fault"),
    [
        (GALICIAN, None),
        ("  ", "empty"),
        ("\u200b", "empty"),
        ("Pode inserir.", "length_ratio"),
        (GALICIAN * 3, "length_ratio"),
        ("Pode insert a table of contents at the beginning of the documento.", "copied"),
        ("Man kann am Anfang des Dokuments ein Inhaltsverzeichnis einfügen lassen.", "wrong_language"),
    ],
)
def test_each_fault_is_found(translated, fault):
    assert TranslationFilters().fault(ENGLISH, translated, "en", "gl") == fault


def test_short_texts_may_grow_and_wide_characters_count_three():
    filters = TranslationFilters(language=False)

    assert filters.fault("Rows", "Reihenbeschriftung", "en", "de") is None
    assert filters.fault(ENGLISH, "文書の先頭に目次を挿入することができます。", "en", "ja") is None


def test_near_languages_may_keep_most_words_but_not_all():
    filters = TranslationFilters(language=False)
    spanish, asturian = "Configurar la página del documento", "Configurar la páxina del documentu"

    assert filters.most_copied("es", "ast") == filters.most_copied("pt-BR", "gl") == 0.95
    assert filters.most_copied("en", "gl") == filters.most_copied("es", "eu") == 0.6
    assert filters.fault(spanish, asturian, "es", "ast") is None
    assert filters.fault(spanish, spanish, "es", "ast") == "copied"
    assert TranslationFilters(copied=0.5, language=False).fault(spanish, asturian, "es", "ast") == "copied"


def test_the_copied_share_counts_words_as_often_as_they_stand():
    assert copied_share("the table", "the the mesa táboa") == 0.25
    assert copied_share("The table", "THE TABLE!") == 1
    assert copied_share("12 + 3", "12 + 3") == 0


def test_chrf_is_sacrebleus():
    sacrebleu = pytest.importorskip("sacrebleu", reason="the extra 'translate' is not installed")

    assert translation_filters.chrf("same", "same") == 100
    assert translation_filters.corpus_chrf([GALICIAN], [ENGLISH]) == pytest.approx(
        sacrebleu.corpus_chrf([GALICIAN], [[ENGLISH]]).score
    )


@pytest.mark.parametrize("wrong", [{"length_ratio": 0.5}, {"copied": 0}, {"copied": 1.5}, {"round_trip": 101}])
def test_numbers_out_of_range(wrong):
    with pytest.raises(UsageError, match="use a "):
        TranslationFilters(**wrong)
