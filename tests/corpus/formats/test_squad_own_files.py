import json

import pytest

from equilingua.corpus.formats import squad as squad_json
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError


def squad(*paragraphs):
    return {
        "version": "1.1",
        "data": [
            {
                "title": "Bees",
                "paragraphs": [
                    {
                        "context": context,
                        "qas": [
                            {"id": key, "question": question, "answers": [{"text": context[:3], "answer_start": 0}]}
                            for key, question in questions.items()
                        ],
                    }
                    for context, questions in paragraphs
                ],
            }
        ],
    }


def write(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8-sig")
    return path


def test_a_file_in_one_language(tmp_path):
    path = write(tmp_path / "train-v1.1.json", squad((" Bienen tanzen.", {"b": "Wer tanzt? ", "a": "Was tun sie?"})))

    assert list(squad_json.of_folder(path, "de")) == [
        Pair("train-v1.1:b", "de", "Wer tanzt?", "Bienen tanzen.", "train-v1.1", "a"),
        Pair("train-v1.1:a", "de", "Was tun sie?", "Bienen tanzen.", "train-v1.1", "a"),
    ]


@pytest.mark.parametrize("names", [("de.json", "zh-hans.json"), ("de/x.json", "zh-hans/x.json")])
def test_a_folder_with_a_file_or_folder_a_language(tmp_path, names):
    write(tmp_path / names[0], squad(("Bienen tanzen.", {"1": "Wer tanzt?"})))
    write(tmp_path / names[1], squad(("蜜蜂跳舞。", {"1": "谁跳舞?"})))

    found = list(squad_json.of_folder(tmp_path, source="bees"))
    assert [(pair.group, pair.language, pair.passage_id) for pair in found] == [
        ("bees:1", "de", "1"),
        ("bees:1", "zh-Hans", "1"),
    ]


def test_questions_without_an_answer_are_left_out(tmp_path):
    record = squad(("Bees dance.", {"1": "Who?", "2": "Why?", "3": "When?"}))
    qas = record["data"][0]["paragraphs"][0]["qas"]
    qas[0]["is_impossible"], qas[1]["answers"] = True, []
    del qas[2]["answers"]

    assert [pair.query for pair in squad_json.of_folder(write(tmp_path / "en.json", record))] == ["When?"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("data"), "en.json: the key 'data' is missing"),
        (lambda record: record["data"][0].pop("paragraphs"), r"en.json: data\[0\]: the key 'paragraphs' is missing"),
        (
            lambda record: record["data"][0]["paragraphs"][0].update(context=7),
            r"data\[0\].paragraphs\[0\]: the key 'context' is not text",
        ),
        (
            lambda record: record["data"][0]["paragraphs"][0]["qas"][1].update(question=" "),
            r"data\[0\].paragraphs\[0\].qas\[1\]: the key 'question' is empty",
        ),
        (
            lambda record: record["data"][0]["paragraphs"][0]["qas"][1].update(id="1"),
            r"qas\[1\]: question id '1' is there twice, first in .*qas\[0\]",
        ),
    ],
)
def test_the_key_of_what_is_wrong_is_named(tmp_path, change, message):
    record = squad(("Bees dance.", {"1": "Who?", "2": "Why?"}))
    change(record)

    with pytest.raises(DataError, match=message):
        list(squad_json.of_folder(write(tmp_path / "en.json", record)))


def test_a_question_id_in_two_files_of_a_language(tmp_path):
    for name in ("train", "dev"):
        write(tmp_path / "en" / f"{name}.json", squad(("Bees dance.", {"1": f"Who, {name}?"})))

    with pytest.raises(DataError, match=r"train\.json: .*question id '1' is there twice, first in .*dev\.json: data"):
        list(squad_json.of_folder(tmp_path))


def test_files_that_are_not_what_they_should_be(tmp_path):
    (tmp_path / "en.json").write_text('{"data": [')
    with pytest.raises(DataError, match=r"en\.json:1: not JSON"):
        list(squad_json.of_folder(tmp_path))
    with pytest.raises(DataError, match="there is no such file or folder"):
        list(squad_json.of_folder(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"neither the folder nor one in it has a file \*\.json"):
        list(squad_json.of_folder(tmp_path / "empty"))


@pytest.mark.parametrize("name", ["dev.json", "train-v2.0.json", "bees.json"])
def test_a_name_that_tells_no_language_is_refused(tmp_path, name):
    path = write(tmp_path / name, squad(("Bees dance.", {"1": "Who?"})))

    with pytest.raises(DataError, match=r"is no language code: name it by its language, or add \?language=CODE"):
        list(squad_json.of_folder(path))
    with pytest.raises(UsageError, match="unknown language code 'klingonish'"):
        list(squad_json.of_folder(path, "klingonish"))
