import json
from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import multiple_choice

from .small_inputs import real_inputs, small_inputs

INFO = registry.find("c3")


def file(text, answers):
    return json.dumps([[text, [{"question": "对吗?", "choice": answers, "answer": answers[0]}], "8-707"]]).encode()


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    files = {}
    for name in ("train", "dev", "test"):
        files[f"domains/dialogue/c3/data/c3-d-{name}.json"] = file(
            ["男：你好。", "女：您好。"], ["是", "不是", "不知道"]
        )
        files[f"domains/dialogue/c3/data/c3-m-{name}.json"] = file(["我不住在这儿。"], ["正确", "错误"])

    def make(**options):
        return small_inputs(INFO, files, tmp_path, monkeypatch, **options)

    return make


def test_dialogues_alone_are_read_unless_more_is_asked_for(inputs_of):
    pairs = list(multiple_choice.pairs(inputs_of(split="train")))

    assert [(pair.group, pair.language) for pair in pairs] == [("c3:train/d/8-707/0", "zh-Hans")]
    assert pairs[0].query == "对吗?\n是\n不是\n不知道"
    assert pairs[0].passage == "男：你好。\n女：您好。"


def test_the_parts_are_told_apart(inputs_of):
    both = list(multiple_choice.pairs(inputs_of(part="all", query="question")))
    mixed = list(multiple_choice.pairs(inputs_of(part="mixed", split="test")))

    assert len({pair.group for pair in both}) == len({pair.passage_id for pair in both}) == len(both) == 6
    assert {pair.query for pair in both} == {"对吗?"}
    assert [pair.passage_id for pair in mixed] == ["test/m/8-707"]


def test_the_real_files_have_the_published_counts(data_folder, tmp_path, monkeypatch):
    pairs = multiple_choice.pairs(real_inputs(INFO, data_folder, tmp_path, monkeypatch, part="all"))
    counts = Counter(tuple(pair.group.partition(":")[2].split("/")[:2]) for pair in pairs)

    assert counts == {
        ("train", "d"): 5856,
        ("validation", "d"): 1825,
        ("test", "d"): 1890,
        ("train", "m"): 6013,
        ("validation", "m"): 1991,
        ("test", "m"): 2002,
    }
