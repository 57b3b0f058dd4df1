import pytest

from equilingua.corpus.language_id import is_other

ENGLISH = "Move the pointer over the edge of the window until it changes shape, then drag the edge to a new place."


def test_english_that_should_be_something_else_is_found():
    for language in ("de", "ru", "zh-Hans", "vi", "pt-BR"):
        assert is_other(ENGLISH, language)
    assert not is_other(ENGLISH, "en")
    assert not is_other(ENGLISH, "en-GB")


def test_languages_that_it_does_not_know_and_short_texts_are_not_judged():
    assert not is_other(ENGLISH, "mni")
    assert not is_other(ENGLISH[:25], "de")
    assert not is_other("", "de")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Flytt vinduet til et annet skjerm ved å dra det med musen mens du holder inne tasten.", "nb"),
        ("Flytt vinduet til et annet skjerm ved å dra det med musen mens du holder inne tasten.", "da"),
        ("Premjestite prozor na drugi zaslon tako da ga povučete mišem dok držite tipku pritisnutu.", "sr-Latn"),
        ("Premjestite prozor na drugi zaslon tako da ga povučete mišem dok držite tipku pritisnutu.", "bs"),
        ("將視窗拖曳到另一個螢幕，然後放開滑鼠按鍵，視窗就會停留在新的位置，並保持原來的大小。", "zh-Hant"),
    ],
)
def test_near_relatives_are_no_proof(text, language):
    assert not is_other(text, language)


def test_the_starter_corpus_is_what_it_says(starter):
    wrong = [(pair.group, pair.language) for pair in starter if is_other(pair.passage, pair.language)]

    assert len(wrong) <= len(starter) * 0.002
