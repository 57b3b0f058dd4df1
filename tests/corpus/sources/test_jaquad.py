import json
from collections import Counter

import pytest

from equilingua.corpus.sources import jaquad
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar

ARCHIVE = jaquad.INFO.files[0].path


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
        return small_inputs(jaquad.INFO, {ARCHIVE: tar(members)}, tmp_path, monkeypatch, **options)

    return make


def test_questions_of_a_paragraph_share_it(inputs_of):
    pairs = list(jaquad.pairs(inputs_of(b"\xef\xbb\xbf" + file("tr"))))

    assert [pair.group for pair in pairs] == [
        "jaquad:validation/de-000-00-000",
        "jaquad:validation/de-1",
        "jaquad:train/tr-000-00-000",
        "jaquad:train/tr-1",
    ]
    assert [pair.passage_id for pair in pairs] == ["jaquad_dev_0000/0/0"] * 2 + ["jaquad_train_0000/0/0"] * 2
    assert {(pair.language, pair.passage) for pair in pairs} == {("ja", "東大寺は奈良にある。")}


def test_a_split_can_be_asked_for(inputs_of):
    pairs = jaquad.pairs(inputs_of(file("tr"), split="train"))

    assert {pair.group.partition("/")[0] for pair in pairs} == {"jaquad:train"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file("tr", question=None), r"train_0000\.json: data\[0\]\.paragraphs\[0\]: the key 'question' is not text"),
        (file("tr")[:-40], r"train_0000\.json:\d+: not JSON"),
        (b"{}", r"train_0000\.json: the key 'data' is missing"),
    ],
)
def test_what_is_malformed_is_named(inputs_of, content, message):
    with pytest.raises(DataError, match=message):
        list(jaquad.pairs(inputs_of(content)))


@pytest.mark.slow
def test_the_real_archive_has_the_published_counts(data_folder, tmp_path, monkeypatch):
    pairs = list(jaquad.pairs(real_inputs(jaquad.INFO, data_folder, tmp_path, monkeypatch)))

    assert Counter(pair.group.partition("/")[0] for pair in pairs) == {
        "jaquad:train": 31_748,
        "jaquad:validation": 3_939,
    }
    assert len({pair.passage_id for pair in pairs}) == 11_144
    assert len({pair.group for pair in pairs}) == len(pairs)
