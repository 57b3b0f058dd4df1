from equilingua.corpus import statistics
from equilingua.corpus.formats.squad import SquadParagraph, SquadQuestion
from equilingua.corpus.schema import Pair, ParallelCorpus


def test_pairs_by_split_source_and_language():
    corpus = ParallelCorpus.from_pairs(
        [
            Pair("1", "en", "ab?", "abcdef", "s"),
            Pair("1", "th", "กข?", "กขค", "s"),
            Pair("2", "en", "abcd?", "ab", "s"),
            Pair("3", "en", "a?", "ab", "t"),
        ]
    )

    record = statistics.of_corpus({"train": corpus, "test": corpus.select([])})

    assert record["pairs"] == [
        {"split": "train", "source": "s", "language": "en", "pairs": 2, "mean_query": 4.0, "mean_passage": 4.0},
        {"split": "train", "source": "s", "language": "th", "pairs": 1, "mean_query": 3.0, "mean_passage": 3.0},
        {"split": "train", "source": "t", "language": "en", "pairs": 1, "mean_query": 2.0, "mean_passage": 2.0},
    ]
    assert record["groups_by_languages"] == {"train": {1: 2, 2: 1}, "test": {}}
    assert record["groups_without"] == {"train": {"th": 2}, "test": {}}
    assert record["untranslated"] == {"train": {}, "test": {}}


def test_passages_of_another_language_of_the_group_are_counted():
    corpus = ParallelCorpus.from_pairs(
        [
            Pair("1", "en", "a", "The same text", "s"),
            Pair("1", "de", "b", "the  same Text", "s"),
            Pair("1", "fr", "c", "Un autre", "s"),
            Pair("2", "de", "d", "The same text", "s"),
            Pair("3", "fr", "e", "twice", "s"),
            Pair("3", "fr", "f", "twice", "s"),
            Pair("4", "de", "g", "kept", "s"),
            Pair("4", "en", "g", "kept", "s"),
        ]
    )

    assert statistics.untranslated(corpus) == {"de": 2, "en": 2}
    assert statistics.groups_without(corpus) == {"en": 2, "fr": 2, "de": 1}


def test_a_group_with_two_pairs_of_one_language_is_in_one_language():
    corpus = ParallelCorpus.from_pairs([Pair("1", "en", "a", "b", "s"), Pair("1", "en", "c", "d", "s")])

    assert statistics.groups_by_languages(corpus) == {1: 1}


def test_documents_by_language():
    paragraph = SquadParagraph("t", "Ab. Cdef.", ("Ab.", "Cdef."), ((0, 3), (4, 9)), (SquadQuestion("1", "What?", 0),))

    assert statistics.of_documents({"en": [paragraph], "de": []})["documents"] == [
        {"language": "en", "paragraphs": 1, "sentences": 2, "questions": 1, "mean_sentence": 4.0, "mean_question": 5.0},
        {"language": "de", "paragraphs": 0, "sentences": 0, "questions": 0, "mean_sentence": 0.0, "mean_question": 0.0},
    ]
