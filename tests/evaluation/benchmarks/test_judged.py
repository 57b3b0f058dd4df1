import logging

import pytest

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.judged import Passage, Question, from_judgements
from tests.evaluation.benchmarks.reading import answers

QUESTIONS = [
    Question("1", "sw", "nani?", "a"),
    Question("1", "en", "who?", "a"),
    Question("2", "sw", "nini?", "b"),
    Question("3", "sw", "wapi?", "c"),
]
PASSAGES = [Passage("x", "fr", "lui"), Passage("x", "en", "him"), Passage("y", "en", "it"), Passage("z", "en", "noise")]
RELEVANT = {"a": [("en", "x"), ("fr", "x")], "b": [("en", "y")], "c": [], "unasked": [("en", "nowhere")]}


def test_questions_and_passages_in_different_languages(caplog):
    made = from_judgements("made", QUESTIONS, PASSAGES, RELEVANT)
    assert made.languages == ("en", "fr", "sw")
    assert made.candidates == ["him", "it", "noise", "lui"]
    assert made.candidate_ids == ["x", "y", "z", "x"]
    assert answers(made) == {
        ("sw", "nani?"): ["him", "lui"],
        ("en", "who?"): ["him", "lui"],
        ("sw", "nini?"): ["it"],
    }
    assert made.dropped == {"questions_without_relevant_passage": 1}
    assert caplog.record_tuples == [
        (
            "equilingua.evaluation.benchmarks.judged",
            logging.WARNING,
            "made: left out questions with no relevant passage: sw 1",
        )
    ]


def test_nothing_dropped_is_nothing_said(caplog):
    assert from_judgements("made", QUESTIONS[:3], PASSAGES, RELEVANT).dropped == {}
    assert not caplog.records


@pytest.mark.parametrize(
    ("questions", "passages", "message"),
    [
        (QUESTIONS[:1] * 2, PASSAGES, "made: sw: question '1' is there twice"),
        (QUESTIONS, PASSAGES + PASSAGES[:1], "made: fr: passage 'x' is there twice"),
        (QUESTIONS, PASSAGES[1:], r"made: fr: passage 'x', which answers question '1', is not in the pool: "),
        (QUESTIONS, PASSAGES[3:], r"passage 'x', which answers question '1', is not in the pool \(nor are 2 others\)"),
        (QUESTIONS[3:], PASSAGES, r"made: there is no question with a relevant passage \(of 1 questions\)"),
        ([], PASSAGES, "there is no question"),
    ],
)
def test_what_is_wrong_is_named(questions, passages, message):
    with pytest.raises(DataError, match=message):
        from_judgements("made", questions, passages, RELEVANT)
