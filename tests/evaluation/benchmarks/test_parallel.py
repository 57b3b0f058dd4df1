import numpy as np
import pytest

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.evaluation.measure import evaluate_vectors
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


@pytest.mark.parametrize("ids", [(None,) * 3, ("p", "p", "q"), (None, "p", "q"), ("p", "q", "r")])
def test_equal_texts_of_a_language_are_one_candidate_whatever_their_ids(ids):
    rows = [
        Pair(
            f"g{number}", language, f"question {number} {language}", f"paragraph {number // 2} {language}", "made", name
        )
        for language in ("de", "en")
        for number, name in enumerate(ids)
    ]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.candidates == ["paragraph 0 de", "paragraph 1 de", "paragraph 0 en", "paragraph 1 en"]
    assert [relevant(made, f"g{number}") for number in range(3)] == [[0, 2], [0, 2], [1, 3]]

    perfect = evaluate_vectors(np.eye(2)[made.query_group // 2], np.eye(2)[[0, 1, 0, 1]], made)
    assert [perfect.settings[name].mean()["map"] for name in ("monolingual", "multilingual")] == [1, 1]


def test_translations_of_an_equal_text_answer_its_questions():
    ids = {"a": "p", "b": "q", "c": "r"}
    numbers = [("a", "en", 1), ("b", "en", 1), ("a", "de", 2), ("b", "de", 3), ("c", "de", 4)]
    rows = [pair(group, language, number, ids[group]) for group, language, number in numbers]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.candidates == ["passage 2", "passage 3", "passage 4", "passage 1"]
    assert relevant(made, "a") == relevant(made, "b") == [0, 1, 3]
    assert relevant(made, "c") == [2]


def test_an_empty_corpus():
    with pytest.raises(DataError, match="there is no question"):
        from_corpus("made", ParallelCorpus.from_pairs([]))


def test_a_question_with_several_answers_is_asked_once():
    rows = [pair("a", "en", 1, "p"), Pair("a", "en", "query 1", "passage 9", "made", "q"), pair("a", "en", 2, "r")]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.queries == ["query 1", "query 2"]
    assert sorted(made.candidates[place] for place in relevant(made, "a")) == ["passage 1", "passage 2", "passage 9"]
