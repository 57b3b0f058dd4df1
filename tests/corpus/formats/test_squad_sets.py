import json
from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import squad
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar, zipped

INFO = registry.find("jaquad")
ARCHIVE = INFO.files[0].path


def file(prefix, **change):
    question = {
        "question": "8世紀に日本の首都はどこでしたか。",
        "id": f"{prefix}-000-00-000",
        "answers": [{"text": "奈良", "answer_start": 5, "answer_type": "Location"}],
        "question_type": "Syntactic variation",
    }
    paragraph = {"context": "東大寺は奈良にある。\n", "qas": [question | change, question | {"id": f"{prefix}-1"}]}
    record = {"version": "JaQuAD-version-0.1.0", "data": [{"title": "東大寺の仏像", "paragraphs": [paragraph]}]}
    return json.dumps(record, indent="\t", ensure_ascii=False).encode()


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(train, **options):
        members = {
            "README.md": "…",
            "data/dev/jaquad_dev_0000.json": file("de"),
            "data/train/jaquad_train_0000.json": train,
        }
        return small_inputs(INFO, {ARCHIVE: tar(members)}, tmp_path, monkeypatch, **options)

    return make


def test_questions_of_a_paragraph_share_it(inputs_of):
    pairs = list(squad.pairs(inputs_of(b"\xef\xbb\xbf" + file("tr"))))

    assert [pair.group for pair in pairs] == [
        "jaquad:validation/de-000-00-000",
        "jaquad:validation/de-1",
        "jaquad:train/tr-000-00-000",
        "jaquad:train/tr-1",
    ]
    assert [pair.passage_id for pair in pairs] == ["jaquad_dev_0000/0/0"] * 2 + ["jaquad_train_0000/0/0"] * 2
    assert {(pair.language, pair.passage) for pair in pairs} == {("ja", "東大寺は奈良にある。")}


def test_sentences_that_answer_instead_of_paragraphs(inputs_of):
    context = "東大寺は奈良にある。大きい。" + "長" * 250
    asked = [
        {"question": f"{n}?", "id": f"q{n}", "answers": [{"text": "x", "answer_start": n}]} for n in (4, 10, 20, 259)
    ]
    record = {"data": [{"paragraphs": [{"context": context, "qas": asked}]}]}
    pairs = list(squad.pairs(inputs_of(json.dumps(record).encode(), split="train", passage="sentence")))

    assert [pair.passage for pair in pairs] == ["東大寺は奈良にある。", "大きい。", "長" * 200, "長" * 50]
    assert [pair.passage_id for pair in pairs] == [f"jaquad_train_0000/0/0/{number}" for number in range(4)]


def test_a_split_can_be_asked_for(inputs_of):
    pairs = squad.pairs(inputs_of(file("tr"), split="train"))

    assert {pair.group.partition("/")[0] for pair in pairs} == {"jaquad:train"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            file("tr", question=None),
            r"data\[0\]\.paragraphs\[0\]\.qas\[0\]: the key 'question' is not text",
        ),
        (
            file("1", id="1-1"),
            r"data\[0\]\.paragraphs\[0\]\.qas\[1\]: question id '1-1' is there twice",
        ),
        (file("tr")[:-40], r"train_0000\.json:\d+: not JSON"),
        (b"{}", r"train_0000\.json: the key 'data' is missing"),
    ],
)
def test_what_is_malformed_is_named(inputs_of, content, message):
    with pytest.raises(DataError, match=message):
        list(squad.pairs(inputs_of(content)))


def test_a_question_without_words_is_counted(inputs_of):
    inputs = inputs_of(file("tr", question=" "), split="train")

    assert [pair.group for pair in squad.pairs(inputs)] == ["jaquad:train/tr-1"]
    assert inputs.counts == {"ja": Counter(empty=1)}


@pytest.mark.parametrize(
    ("name", "language", "questions", "paragraphs"),
    [("arcd", "ar", {"arcd": 1_395}, 465), ("cmrc2018", "zh-Hans", {"validation": 3_219, "trial": 1_000}, 1_104)],
)
def test_sets_that_are_an_entry_alone(data_folder, tmp_path, monkeypatch, name, language, questions, paragraphs):
    pairs = list(squad.pairs(real_inputs(registry.find(name), data_folder, tmp_path, monkeypatch)))
    parts = Counter(
        pair.group.removeprefix(f"{name}:").partition("/")[0] if "/" in pair.group else name for pair in pairs
    )

    assert parts == questions
    assert {pair.language for pair in pairs} == {language}
    assert len({pair.passage_id for pair in pairs}) == paragraphs


@pytest.mark.slow
def test_the_real_archive_has_the_published_counts(data_folder, tmp_path, monkeypatch):
    pairs = list(squad.pairs(real_inputs(INFO, data_folder, tmp_path, monkeypatch)))

    assert Counter(pair.group.partition("/")[0] for pair in pairs) == {
        "jaquad:train": 31_748,
        "jaquad:validation": 3_939,
    }
    assert len({pair.passage_id for pair in pairs}) == 11_144
    assert len({pair.group for pair in pairs}) == len(pairs)


def thai(context, *questions):
    for number, (question, start) in enumerate(questions):
        answers = {"text": [context[start]], "answer_start": [start], "answer_end": [start + 1]}
        yield {"question_id": f"{len(context)}_{number}", "context": context, "question": question, "answers": answers}


def test_long_paragraphs_are_cut_around_the_answers(tmp_path, monkeypatch):
    info = registry.find("iapp-thai-qa")
    long = "\n" + "ก" * 600 + "\n" + "ข" * 700 + " " + "ค" * 200
    records = [*thai(long, ("where is ก?", 5), ("where is ข?", 700), ("and ค?", 1_400)), *thai("สั้น", ("short?", 2))]
    lines = "\n".join(json.dumps(record) for record in records)
    inner = zipped({"data/train.jsonl": lines, "data/valid.jsonl": "", "data/test.jsonl": "{}"})
    members = {"iapp-thai-qa/squad_format/data.zip": inner}
    given = small_inputs(info, {info.files[0].path: tar(members)}, tmp_path, monkeypatch, split="train")

    assert [(pair.query, pair.passage, pair.passage_id) for pair in squad.pairs(given)] == [
        ("where is ก?", "ก" * 600, "train/0/0/0"),
        ("where is ข?", "ข" * 700 + " " + "ค" * 200, "train/0/0/1"),
        ("and ค?", "ข" * 700 + " " + "ค" * 200, "train/0/0/1"),
        ("short?", "สั้น", "train/0/1"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), [("arcd", 1_395), ("cmrc2018", 4_219), ("iapp-thai-qa", 7_242)])
def test_the_real_packed_archives(name, number, data_folder, tmp_path, monkeypatch):
    given = real_inputs(registry.find(name), data_folder, tmp_path, monkeypatch)
    found = list(squad.pairs(given))

    assert len(found) == number
    if name == "iapp-thai-qa":
        assert max(len(pair.passage) for pair in found) <= 1_000
