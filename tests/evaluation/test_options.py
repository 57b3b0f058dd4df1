import json

import numpy as np
import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats.multiple_choice import ChoiceQuestion
from equilingua.errors import DataError
from equilingua.evaluation import options
from equilingua.evaluation.extras import extras
from tests.corpus.formats.small_inputs import listed

VECTORS = {
    "M: At eight.\nW: Fine.": [1, 0, 0],
    "When?\nAt eight.": [0.9, 0.1, 0],
    "When?\nAt nine.": [0.1, 0.9, 0],
    "Who?\nA man.": [0.2, 0.5, 0],
    "Who?\nA cat.": [0.5, 0.2, 0],
    "Who?\nA bird.": [0, 0, 1],
    "Why?\nSo.": [1, 1, 1],
    "Why?\nNo.": [1, 1, 1],
}


def encode(texts, role):
    assert all(("\nW:" in text) == (role == "passage") for text in texts)
    return np.array([VECTORS[text] for text in texts], float)


def question(text, choices, answer):
    return ChoiceQuestion("d", 0, ("M: At eight.", "W: Fine."), text, tuple(choices), answer)


def test_the_closest_option_is_picked():
    asked = [
        question("When?", ["At nine.", "At eight."], "At eight."),
        question("Who?", ["A man.", "A cat.", "A bird."], "A man."),
        question("Why?", ["So.", "No."], "So."),
    ]
    # Right, wrong, and a tie, which is no success.
    assert options.accuracy(encode, asked) == {
        "accuracy": pytest.approx(1 / 3),
        "chance": pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3),
        "questions": 3,
    }
    with pytest.raises(DataError, match="no question with answers to choose from"):
        options.accuracy(encode, [])


def test_repeated_choices_never_beat_themselves():
    twice = question("When?", ["At eight.", "At eight.", "At nine."], "At eight.")
    assert options.accuracy(encode, [twice])["accuracy"] == 1


@pytest.mark.parametrize("name", ["dream", "c3"])
def test_figures_are_of_the_test_questions(name, tmp_path, monkeypatch):
    from dataclasses import replace
    from hashlib import sha256

    info = registry.find(name)
    file = next(file for file in info.files if file.path.endswith(f"/{options._FILES[name]}"))
    record = [[["M: At eight.", "W: Fine."], [{"question": "When?", "choice": ["At eight.", "At nine."], "answer": "At eight."}], "d"]]  # fmt: skip  # noqa: E501
    content = json.dumps(record).encode()
    target = tmp_path / file.path
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    known = replace(file, sha256=sha256(content).hexdigest(), bytes=len(content))
    listed(replace(info, files=(known,)), monkeypatch)
    assert extras(encode, name) == {"options": {"accuracy": 1.0, "chance": 0.5, "questions": 1}}
