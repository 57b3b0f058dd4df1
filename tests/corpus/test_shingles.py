import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.leaks.folding import fold, shingles, windows, word_hashes

TEXTS = st.lists(st.text(st.sampled_from("abc国歌 "), max_size=12), max_size=5)


def runs_of(text, width, dense_width):
    """Each run by its start, by plain slicing."""
    found = []
    for start, character in enumerate(text):
        end = start + (dense_width if character in "国歌" else width)
        if end <= len(text):
            found.append(text[start:end])
    return found


@pytest.mark.parametrize(("cut", "widths"), [(shingles, (3, 2)), (lambda texts: windows(texts, 4), (4, 2))])
@given(texts=TEXTS)
def test_runs_have_equal_hashes_where_their_text_is_equal(cut, widths, texts):
    folded = fold(texts)
    runs = cut(folded)

    expected = [run for number in range(len(folded)) for run in runs_of(folded[number], *widths)]
    assert len(runs.hashes) == len(expected)
    hashes = {}
    for run, value in zip(expected, runs.hashes.tolist(), strict=True):
        assert hashes.setdefault(run, value) == value
    assert len(set(hashes.values())) == len(hashes)


@given(texts=TEXTS)
def test_words_have_equal_hashes_where_they_are_equal(texts):
    folded = fold(texts)

    # An ideograph is a word of its own.
    words = [word for text in texts for word in re.findall(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+", text)]
    hashes = word_hashes(folded).tolist()
    assert len(hashes) == len(words)
    assert sorted(Counter(words).values()) == sorted(Counter(hashes).values())


def test_a_run_starts_where_it_says():
    folded = fold(["xy", "abcd"])

    assert shingles(folded).starts.tolist() == [2, 3]
    assert windows(folded, 4).starts.tolist() == [2]
    assert np.array_equal(shingles(fold(["ab", "abc"])).hashes, shingles(fold(["abc"])).hashes)
