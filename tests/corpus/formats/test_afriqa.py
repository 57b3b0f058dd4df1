import json
from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import afriqa
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("afriqa")
ARCHIVE = INFO.files[0].path


def gold(number, question, translation, context, **change):
    record = {
        "answer_pivot": {"answer_start": [0], "text": ["1980"]},
        "context": context,
        "id": str(number),
        "question_lang": question,
        "question_translated": translation,
        "title": "Kapwepwe",
        "answer_lang": "1980",
    }
    return json.dumps(record | change) + "\n"


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(extra=None, **options):
        members = {
            "README.md": "…",
            "data/gold_passages/bem/gold_span_passages.afriqa.bem.en.dev.json": gold(
                0, "Mwaka nshi?", "When?", "In 1980. "
            )
            + gold(1, float("nan"), "Which year?", "In 1980.")
            + gold(2, "Inga?", "How many?", None),
            "data/gold_passages/fon/gold_span_passages.afriqa.fon.fr.train.json": gold(
                0, "Hwe tɛ nu?", "Quand?", "En 2016."
            ),
            "data/queries/wol/queries.afriqa.wol.fr.test.json": json.dumps(
                {"id": 0, "question": "Lan moo?", "translated_question": "Qui?", "lang": "wol", "split": "test"}
            ),
        } | (extra or {})
        return small_inputs(INFO, {ARCHIVE: tar(members)}, tmp_path, monkeypatch, **options)

    return make


def test_translated_questions_ask_for_their_passage(inputs_of):
    inputs = inputs_of()
    pairs = list(afriqa.pairs(inputs))

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in pairs] == [
        ("afriqa:validation/bem/0", "en", "When?", "In 1980."),
        ("afriqa:validation/bem/1", "en", "Which year?", "In 1980."),
        ("afriqa:train/fon/0", "fr", "Quand?", "En 2016."),
    ]
    assert pairs[0].passage_id == pairs[1].passage_id != pairs[2].passage_id
    assert inputs.counts == {"en": Counter(no_passage=1)}


def test_african_questions_are_had_under_the_ids_of_the_groups(inputs_of):
    inputs = inputs_of()
    questions = {question.id: question for question in afriqa.questions(inputs.file())}

    assert {pair.group.removeprefix("afriqa:") for pair in afriqa.pairs(inputs)} < set(questions)
    first = questions["validation/bem/0"]
    assert (first.language, first.text, first.pivot) == ("bem", "Mwaka nshi?", "en")
    assert questions["validation/bem/1"].text == ""
    assert questions["validation/bem/2"].passage == ""


def test_a_split_and_a_language_can_be_asked_for(inputs_of):
    assert [pair.language for pair in afriqa.pairs(inputs_of(split="train"))] == ["fr"]
    assert [pair.language for pair in afriqa.pairs(inputs_of(languages={"en"}))] == ["en", "en"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.bem.en.dev.json", gold(0, "q", "t", "c")[:-9], r"a\.bem\.en\.dev\.json:1: not JSON"),
        ("a.bem.en.dev.json", '\n{"answer_pivot": {"text": []}}', "dev.json:2: the key 'id' is missing"),
        ("a.xho.en.dev.json", gold(0, "q", "t", "c"), "is not named LANGUAGE.PIVOT.SPLIT.json"),
    ],
)
def test_what_is_malformed_is_named(inputs_of, name, content, message):
    with pytest.raises(DataError, match=message):
        list(afriqa.pairs(inputs_of({f"data/gold_passages/x/{name}": content})))


@pytest.mark.slow
def test_the_real_archive_has_the_published_counts(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)
    path = inputs.file()
    questions = list(afriqa.questions(path))

    assert len(questions) == len({question.id for question in questions}) == 7_210
    assert sum(1 for _ in afriqa.pairs(inputs)) == sum(bool(question.passage) for question in questions) == 7_054
    assert sum(not question.text for question in questions) == 1
