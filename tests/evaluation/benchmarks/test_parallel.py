import pytest

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.parallel import from_corpus
from tests.evaluation.benchmarks.reading import relevant


def pair(group, language, number, passage_id=None):
    return Pair(group, language, f"query {number}", f"passage {number}", "made", passage_id)


def test_a_corpus_gives_its_passages_by_language():
    made = from_corpus(
        "made",
        ParallelCorpus.from_pairs([pair("a", "en", 1), pair("b", "de", 2), pair("a", "de", 3), pair("b", "en", 4)]),
    )
    assert made.languages == ("de", "en")
    assert made.queries == ["query 1", "query 2", "query 3", "query 4"]
    assert made.query_language.tolist() == [1, 0, 0, 1]
    assert made.candidates == ["passage 2", "passage 3", "passage 1", "passage 4"]
    assert relevant(made, "a") == [1, 2]
    assert relevant(made, "b") == [0, 3]


def test_a_passage_that_answers_two_questions_is_one_candidate_a_language():
    rows = [pair("a", "en", 1, "p"), pair("b", "en", 1, "p"), pair("a", "de", 2, "p"), pair("b", "de", 2, "p")]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.candidates == ["passage 2", "passage 1"]
    assert relevant(made, "a") == relevant(made, "b") == [0, 1]


def test_an_empty_corpus():
    with pytest.raises(DataError, match="there is no question"):
        from_corpus("made", ParallelCorpus.from_pairs([]))


def test_a_question_with_several_answers_is_asked_once():
    rows = [pair("a", "en", 1, "p"), Pair("a", "en", "query 1", "passage 9", "made", "q"), pair("a", "en", 2, "r")]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.queries == ["query 1", "query 2"]
    assert sorted(made.candidates[place] for place in relevant(made, "a")) == ["passage 1", "passage 2", "passage 9"]
