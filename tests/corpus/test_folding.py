import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.leaks.folding import DENSE_LETTERS, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("What's the “Panthers'” rank?", "whatsthepanthersrank"),
        ("STRASSE, Straße", "strassestrasse"),
        ("ISPARTA Iğdır İzmir ıspanak", "ispartaiğdirizmirispanak"),
        ("ΟΔΟΣ ὁδός", "οδοσὁδόσ"),
        ("ｆｕｌｌ ｗｉｄｔｈ ﬁ ²", "fullwidthfi2"),
        ("كـــتاب\u200f!", "كتاب"),
        ("ผู้ชนะ คือ", "ผู้ชนะคือ"),
        ("हुइहुई क्या थे?", "हुइहुईक्याथे"),
        ("谁演唱了国歌？", "谁演唱了国歌"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("a\0b", "ab"),
        ("\ud800 lone", "lone"),
        ("— ! ﹏", ""),
        ("", ""),
    ],
)
def test_what_is_left(text, folded):
    assert fold([text])[0] == unicodedata.normalize("NFKC", folded)


def test_no_texts():
    assert len(fold([])) == 0
    assert len(fold([""])) == 1


@given(st.lists(st.text()))
def test_folding_together_is_folding_each(texts):
    together = fold(texts)

    assert len(together) == len(texts)
    for number, text in enumerate(texts):
        alone = fold([text])
        assert together[number] == alone[0]
        assert together.letters[number] == alone.letters[0]


@given(st.lists(st.text(st.sampled_from("abçßıİσςдёقहि国แม"), min_size=1), min_size=1))
def test_case_punctuation_and_spaces_make_no_difference(words):
    plain = fold([" ".join(words)])[0]

    assert fold(["\u00a0–«".join(words)])[0] == plain
    assert fold(["".join(words)])[0] == plain
    assert fold([" ".join(words).upper()])[0] == fold([" ".join(words).upper().lower()])[0]


def test_letters_and_words():
    texts = fold(["two  words!", "a国歌xy z", " - ", "don't", "한국어 말"])

    assert texts.letters.tolist() == [8, 2 * DENSE_LETTERS + 4, 0, 4, 4 * DENSE_LETTERS]
    words = np.bincount(texts.owners[texts.word_starts], minlength=5)
    assert words.tolist() == [2, 5, 0, 1, 2]
