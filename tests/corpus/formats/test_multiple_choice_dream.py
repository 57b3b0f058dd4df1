import json
from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import multiple_choice

from .small_inputs import real_inputs, small_inputs

INFO = registry.find("dream")
FOLDER = "domains/dialogue/dream/data"
SPLITS = {"train": f"{FOLDER}/train.json", "validation": f"{FOLDER}/dev.json", "test": f"{FOLDER}/test.json"}


def file(name):
    asked = [
        {"question": "Who calls?", "choice": ["A man.", "A woman.", "A child."], "answer": "A man."},
        {"question": "Why?", "choice": ["To eat.", "To ask.", "To sing."], "answer": "To ask."},
    ]
    return json.dumps([[["M: Hello.", f"W: Hello, {name}."], asked, "1-1"]]).encode()


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    files = {path: file(split) for split, path in SPLITS.items()}

    def make(**options):
        return small_inputs(INFO, files, tmp_path, monkeypatch, **options)

    return make


def test_each_question_asks_for_its_dialogue(inputs_of):
    pairs = list(multiple_choice.pairs(inputs_of()))

    assert [pair.group for pair in pairs[:2]] == ["dream:train/1-1/0", "dream:train/1-1/1"]
    assert pairs[0].query == "Who calls?\nA man.\nA woman.\nA child."
    assert pairs[0].passage == "M: Hello.\nW: Hello, train."
    assert [pair.passage_id for pair in pairs] == ["train/1-1"] * 2 + ["validation/1-1"] * 2 + ["test/1-1"] * 2
    assert all(pair.negatives == () for pair in pairs)


def test_a_split_and_bare_questions_can_be_asked_for(inputs_of):
    pairs = list(multiple_choice.pairs(inputs_of(split="validation", query="question")))

    assert [pair.query for pair in pairs] == ["Who calls?", "Why?"]
    assert pairs[0].passage.endswith("validation.")


def test_the_real_files_have_the_published_counts(data_folder, tmp_path, monkeypatch):
    pairs = list(multiple_choice.pairs(real_inputs(INFO, data_folder, tmp_path, monkeypatch)))
    splits = Counter(pair.group.partition(":")[2].partition("/")[0] for pair in pairs)

    assert splits == {"train": 6116, "validation": 2040, "test": 2041}
    assert len({pair.passage_id for pair in pairs}) == 3869 + 1288 + 1287
