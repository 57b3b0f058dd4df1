from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.quality import EVERYTHING, Quality, each, extent, together, words
from equilingua.corpus.schema import Pair, ParallelCorpus

EN = "An anchor moves with the element that it is attached to. It never moves alone."
DE = "Ein Anker bewegt sich mit dem Element, an dem er hängt. Er bewegt sich nie allein."


def pair(group, language, query, passage=None):
    return Pair(group, language, query, passage or {"en": EN, "de": DE}[language], "toy")


def filtered(pairs, **changes):
    """Apply all filters; return the groups and languages left, and what was dropped."""
    dropped = Counter()

    def drop(language, reason, number):
        dropped[language, reason] += number

    quality = Quality(**changes)
    corpus = together(ParallelCorpus.from_pairs(each(pairs, quality, drop)), quality, drop)
    assert len(corpus) + sum(dropped.values()) == len(pairs)
    return [(found.group, found.language) for found in corpus], dict(dropped)


@pytest.mark.parametrize(
    ("query", "passage", "reason"),
    [
        ("?", EN, "short_query"),
        ("x" * 1001, EN, "long_query"),
        ("Anchors", "Too short.", "short_passage"),
        ("Anchors", "word " * 5000, "long_passage"),
        ("Anchors", "A" * 1_200_000, "long_passage"),
        ("\u200b\u00ad\u200e", EN, "short_query"),
        ("Anchors", "\u3164" * 50, "short_passage"),
        ("Anchors", DE, "wrong_language"),
    ],
)
def test_each_pair_is_judged_by_itself(query, passage, reason):
    assert filtered([pair("1", "en", query, passage)]) == ([], {("en", reason): 1})


def test_wide_characters_count_for_more():
    passage = "锚点会随它所附着的元素一起移动位置。"

    assert len(passage) == 18
    assert extent(passage) == 54
    assert filtered([Pair("1", "zh-Hans", "移动锚点", passage, "toy")])[0] == [("1", "zh-Hans")]


def test_pairs_are_read_as_they_are_asked_for():
    def endless():
        while True:
            yield pair("1", "en", "Moving an anchor")

    assert next(each(endless(), Quality(), lambda *_: None)).group == "1"


def test_what_was_left_untranslated_is_dropped():
    english = pair("1", "en", "Moving an anchor")
    half = f"{EN.partition('. ')[0]}. Er bewegt sich nie allein und bleibt immer bei dem Element, an dem er nun hängt."

    assert filtered([english, pair("1", "de", "Moving  an Anchor")])[1] == {("de", "query_as_in_en"): 1}
    for passage in (EN, half):
        dropped = filtered([english, pair("1", "de", "Anker verschieben", passage)], wrong_language=False)[1]
        assert dropped == {("de", "passage_as_in_en"): 1}
    assert filtered([english, pair("1", "de", "Anker verschieben")])[1] == {}
    assert filtered([english, pair("1", "de", "Moving an anchor")], untranslated=None)[1] == {}
    # Without the English pair, or with one of another group, there is nothing to compare with.
    assert filtered([pair("1", "de", "Moving an anchor")])[1] == {}
    assert filtered([pair("2", "en", "Moving an anchor"), pair("1", "de", "Moving an anchor")])[1] == {}


def test_repeated_pairs_within_a_group_and_across_groups():
    pairs = [
        pair("1", "en", "Moving an anchor"),
        pair("1", "en", "MOVING an anchor", EN.upper().lower()),
        pair("2", "en", "Moving an anchor"),
        pair("2", "de", "Moving an anchor", DE),
        pair("2", "en", "Another question"),
    ]

    left, dropped = filtered(pairs, wrong_language=False, untranslated=None)

    assert left == [("1", "en"), ("2", "de"), ("2", "en")]
    assert dropped == {("en", "repeated_in_group"): 1, ("en", "repeated_in_other_group"): 1}
    assert len(filtered(pairs, wrong_language=False, untranslated=None, repeated=False)[0]) == 5


def test_generic_headings_and_those_of_one_word():
    pairs = [
        pair("1", "en", "Example text", EN + " One."),
        pair("2", "en", "Example text", EN + " Two."),
        pair("3", "en", "Bold", EN + " Three."),
        pair("4", "en", "Page style", EN + " Four."),
        pair("4", "de", "Seitenvorlage", DE + " Vier."),
        pair("5", "de", "Fett", DE + " Fünf."),
    ]

    left, dropped = filtered(pairs, generic=True)

    assert left == [("4", "en"), ("4", "de")]
    assert dropped == {
        ("en", "repeated_heading"): 2,
        ("en", "one_word_heading"): 1,
        ("de", "one_word_heading"): 1,
    }
    assert len(filtered(pairs)[0]) == 6


def test_a_passage_of_several_groups_stays_in_the_first_if_it_is_not_to_be_shared():
    pairs = [pair("1", "en", "Moving anchors"), pair("2", "en", "Attached anchors"), pair("1", "en", "Third question")]

    assert len(filtered(pairs)[0]) == 3
    assert filtered(pairs, shared_passages=False) == (
        [("1", "en"), ("1", "en")],
        {("en", "repeated_passage"): 1},
    )


texts = st.sampled_from(["Alpha beta gamma", "alpha  BETA gamma", "Delta epsilon", "Zeta eta", "Theta"])


@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["en", "de"]), texts, texts), max_size=30))
def test_no_repeats_are_left_and_nothing_else_is_lost(rows):
    pairs = [Pair(*row, "toy") for row in rows]
    quality = Quality(shortest_passage=1, untranslated=None, wrong_language=False)

    left = list(together(ParallelCorpus.from_pairs(pairs), quality, lambda *_: None))

    plain = [(p.language, *(" ".join(text.casefold().split()) for text in (p.query, p.passage))) for p in pairs]
    firsts = [found for place, found in enumerate(pairs) if plain.index(plain[place]) == place]
    assert left == firsts


def test_everything_lets_everything_pass():
    pairs = [pair("1", "en", "?", "x"), pair("1", "en", "?", "x"), pair("1", "de", "?", "x"), pair("2", "de", "y", EN)]

    kept = list(together(ParallelCorpus.from_pairs(each(pairs, EVERYTHING, None)), EVERYTHING, None))
    assert kept == pairs


def test_words_have_letters():
    assert words("Mid Function 2 -- (x)") == 3
