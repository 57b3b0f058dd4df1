import json

import pytest

from equilingua.corpus.formats import multiple_choice
from equilingua.errors import DataError

DIALOGUE = [
    ["M: Did you watch TV?", "F: No, I saw a film."],
    [
        {"question": " What did the man do? ", "choice": ["Saw a film.", "Watched TV."], "answer": "Watched TV."},
        {"question": "What did the woman do?", "choice": ["Saw a film.", "Slept."], "answer": "Saw a film."},
    ],
    "12-497",
]


def write(tmp_path, record):
    path = tmp_path / "set.json"
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return path


def test_questions_keep_dialogue_choices_and_answer(tmp_path):
    first, second = multiple_choice.questions(write(tmp_path, [DIALOGUE]))

    assert (first.dialogue_id, first.number, second.number) == ("12-497", 0, 1)
    assert first.passage == "M: Did you watch TV?\nF: No, I saw a film."
    assert first.query("question") == "What did the man do?"
    assert first.query("choices") == "What did the man do?\nSaw a film.\nWatched TV."
    assert (first.choices, first.answer) == (("Saw a film.", "Watched TV."), "Watched TV.")


def changed(**change):
    return [[DIALOGUE[0], [DIALOGUE[1][0] | change], DIALOGUE[2]]]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "is not a list of"),
        ([], "is not a list of"),
        ([[["M: Hi"], []]], r"dialogue \[0\] is not \[turns, questions, id\]"),
        ([[[], [], "1"]], r"dialogue \[0\] is not"),
        (changed(answer="Ran."), "dialogue 12-497, question 0: the answer 'Ran.' is none of the choices"),
        (changed(question=3), "dialogue 12-497, question 0: the key 'question' is not text"),
        (changed(choice=["Watched TV.", 3]), "is none of the choices"),
    ],
)
def test_what_is_malformed_is_named(tmp_path, record, message):
    with pytest.raises(DataError, match=message):
        list(multiple_choice.questions(write(tmp_path, record)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.json: cannot be read"):
        list(multiple_choice.questions(tmp_path / "absent.json"))
