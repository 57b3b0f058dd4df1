import dataclasses

import pytest

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.documents import from_documents
from tests.evaluation.benchmarks.reading import relevant
from tests.evaluation.factory import paragraph


def test_documents_give_every_sentence_as_a_candidate():
    made = from_documents(
        "made",
        {
            "en": [
                paragraph(["One.", "Two."], [("x", "x?", 1)]),
                paragraph(["One.", "Three."], [("y", "y?", 0), ("z", "z?", 0)]),
            ],
            "de": [paragraph(["Eins.", "Zwei."], [("x", "x??", 1)])],
        },
    )
    assert made.languages == ("de", "en")
    assert made.candidates == ["Eins.", "Zwei.", "One.", "Two.", "One.", "Three."]
    assert made.candidate_language.tolist() == [0, 0, 1, 1, 1, 1]
    assert made.candidate_offsets.tolist() == [0, 2, 6]
    assert made.queries == ["x??", "x?", "y?", "z?"]
    assert [made.groups[group] for group in made.query_group] == ["x", "x", "y", "z"]
    assert relevant(made, "x") == [1, 3]
    # The second "One.": its duplicate in another paragraph is a wrong candidate.
    assert relevant(made, "y") == relevant(made, "z") == [4]
    offsets, candidates = made.relevant_to_queries()
    assert offsets.tolist() == [0, 2, 4, 5, 6]
    assert candidates.tolist() == [1, 3, 1, 3, 4, 4]


def test_documents_whose_answer_is_in_no_sentence():
    whole = paragraph(["One.", "Two."], [("x", "x?", 1)])
    cut = dataclasses.replace(whole, sentence_spans=((0, 4), (5, 6)))
    with pytest.raises(DataError, match="en: question x: its answer starts in no sentence"):
        from_documents("made", {"en": [cut]})


def test_a_candidate_may_be_its_sentence_and_then_its_paragraph():
    sections = [paragraph(["One.", "\ufeffTwo."], [("x", "x?", 1)]), paragraph(["One."], [("y", "y?", 0)])]
    made = from_documents("made", {"en": sections}, paragraph=True)
    assert made.candidates == ["One.\nOne. Two.", "\ufeffTwo.\nOne. Two.", "One.\nOne."]
    assert relevant(made, "x") == [1]


def test_a_question_twice_in_one_language():
    section = paragraph(["One."], [("x", "x?", 0)])
    with pytest.raises(DataError, match="made: de: question x is there twice"):
        from_documents("made", {"de": [section, section]})


def test_a_question_in_one_language_only_has_one_relevant_sentence():
    made = from_documents(
        "made",
        {
            "de": [paragraph(["Eins.", "Zwei."], [("x", "x?", 1), ("y", "y?", 0)])],
            "en": [paragraph(["One.", "Two."], [("x", "x?", 1)])],
        },
    )
    assert relevant(made, "x") == [1, 3]
    assert relevant(made, "y") == [0]
