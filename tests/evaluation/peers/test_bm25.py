import math
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import MissingExtraError
from equilingua.evaluation.counting import count
from equilingua.evaluation.peers.bm25 import Bm25, Bm25Scores, tokens
from tests.evaluation.factory import benchmark

bm25s = pytest.importorskip("bm25s")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The cat’s Naïve_x", ["the", "cat", "s", "naïve", "x"]),
        ("ＦＵＬＬ ﬁn Straße", ["full", "fin", "strasse"]),
        # Vowel signs and the virama are marks: no word ends at them.
        ("हिन्दी में क्षमा", ["हिन्दी", "में", "क्षमा"]),
        ("日本語 x 猫", ["日本", "本語", "x", "猫"]),
        ("第2章", ["第", "2", "章"]),
        ("ไทย!", ["ไท", "ทย"]),
        ("한국어 단어", ["한국어", "단어"]),
        ("–…", []),
    ],
)
def test_words_and_pairs_of_characters(text, found):
    assert tokens(text) == found


def plain(passages, query):
    """BM25 as Lucene has it."""
    lengths = [len(passage) for passage in passages]
    scores = []
    for passage in passages:
        counts, score = Counter(passage), 0.0
        for word in query:
            holding = sum(word in other for other in passages)
            if not holding:
                continue
            rarity = math.log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
            length = 0.25 + 0.75 * len(passage) / (sum(lengths) / len(lengths))
            score += rarity * counts[word] / (counts[word] + 1.5 * length)
        scores.append(score)
    return scores


WORDS = st.lists(st.sampled_from("abcdefg"), max_size=6).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=8), st.lists(WORDS, min_size=1, max_size=4))
def test_scores_are_those_of_the_formula(passages, queries):
    found = Bm25Scores(passages, queries).all()
    assert found.shape == (len(queries), len(passages))
    split = [passage.split() for passage in passages]
    expected = [plain(split, query.split()) if any(split) else [0] * len(passages) for query in queries]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_one_index_over_the_pool_of_a_benchmark():
    made = benchmark([0, 1], [0, 1], [0, 0, 1], [[0], [2]])
    object.__setattr__(made, "candidates", ["rote Biene", "blaue Ameise", "red bee"])
    object.__setattr__(made, "queries", ["eine Biene?", "which bee?"])
    told = []
    scores = Bm25().scores(made, told.append)
    assert told == [2]
    counts = count(scores, made)
    assert counts.top[:, 0].tolist() == [0, 2]
    # What shares no word is not retrieved.
    assert counts.best[0, 1] == -np.inf
    assert counts.listed.tolist() == [1, 1]


def test_the_package_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'equilingua\[bm25\]'"):
        Bm25Scores(["word"], ["word"])
