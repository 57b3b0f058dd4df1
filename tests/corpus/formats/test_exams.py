import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus import registry
from equilingua.corpus.formats import exams
from equilingua.errors import DataError
from equilingua.languages import normalise

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("exams")
ARCHIVE = INFO.files[0].path
FOLDER = "data/exams/cross-lingual/with_paragraphs"


def question(name, language, key="B", **change):
    choices = [
        {"text": "АТФ", "label": "A", "para": "Енергия."},
        {"text": "хемоглобин", "label": "B", "para": f"Кръвта {name}. "},
    ]
    record = {
        "id": name,
        "question": {"stem": "Кое е\n белтък?", "choices": choices},
        "answerKey": key,
        "info": {"grade": 12, "subject": "Biology", "language": language},
    }
    return json.dumps(record | change, ensure_ascii=False) + "\n"


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(bulgarian=None, parallel='{"b": ["c"]}\n{"c": ["b"]}\n', languages=None, **options):
        bulgarian = bulgarian if bulgarian is not None else question("b", "Bulgarian") + question("d", "Bulgarian")
        macedonian = question("c", "North Macedonian") + question("e", "Macedonian", key="@")
        members = {
            f"{FOLDER}/dev_bg_with_para.jsonl.tar.gz": tar({"dev_bg_with_para.jsonl": bulgarian}, "gz"),
            f"{FOLDER}/dev_mk_with_para.jsonl.tar.gz": tar({"dev_mk_with_para.jsonl": macedonian}, "gz"),
            "data/exams/multilingual/dev.jsonl.tar.gz": tar({"dev.jsonl": question("x", "Bulgarian")}, "gz"),
        }
        members |= {} if parallel is None else {"data/exams/parallel_questions.jsonl": parallel}
        return small_inputs(INFO, {ARCHIVE: tar(members, "")}, tmp_path, monkeypatch, languages, **options)

    return make


def test_questions_with_their_answer_ask_for_its_paragraph(inputs_of):
    inputs = inputs_of()

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in exams.pairs(inputs)] == [
        ("exams:b", "bg", "Кое е белтък? хемоглобин", "Кръвта b."),
        ("exams:d", "bg", "Кое е белтък? хемоглобин", "Кръвта d."),
        ("exams:b", "mk", "Кое е белтък? хемоглобин", "Кръвта c."),
    ]
    assert inputs.counts == {"mk": Counter(no_right_answer=1)}


def test_the_answer_can_be_left_out(inputs_of):
    assert {pair.query for pair in exams.pairs(inputs_of(query="question"))} == {"Кое е белтък?"}


def test_a_language_can_be_asked_for(inputs_of):
    assert [pair.language for pair in exams.pairs(inputs_of(languages={"mk"}))] == ["mk"]


@pytest.mark.parametrize(
    ("bulgarian", "message"),
    [
        (question("b", "Klingon"), r"dev_bg_with_para\.jsonl:1: unknown language 'Klingon'"),
        (question("b", "Bulgarian") + "{", r"dev_bg_with_para\.jsonl:2: not JSON"),
        (question("b", "Bulgarian", info=[]), "the key 'info' is not an object"),
        (question("b", "Bulgarian", question={"choices": [{}]}), "the key 'label' is missing"),
    ],
)
def test_what_is_malformed_is_named(inputs_of, bulgarian, message):
    with pytest.raises(DataError, match=message):
        list(exams.pairs(inputs_of(bulgarian)))


def test_an_archive_without_parallel_questions_is_named(inputs_of):
    with pytest.raises(DataError, match=r"exams\.tar: has no file data/exams/parallel_questions\.jsonl"):
        list(exams.pairs(inputs_of(parallel=None)))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=12))
def test_linked_questions_share_the_first_of_their_ids(edges):
    links = {node: set() for edge in edges for node in edge}
    for one, other in edges:
        links[one].add(other)
        links[other].add(one)
    expected = {node: {node} for node in links}
    for one, other in edges * len(edges):  # slowly, until nothing changes
        joined = expected[one] | expected[other]
        expected |= dict.fromkeys(joined, joined)

    assert exams._components(links) == {node: min(several) for node, several in expected.items()}


@pytest.mark.slow
def test_the_real_archive_has_the_published_counts(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)
    pairs = list(exams.pairs(inputs))

    assert len(pairs) == 13_551
    assert len(exams.parallel(inputs.file())) == 10_834
    assert len({(pair.group, pair.language) for pair in pairs}) == len(pairs)
    assert len({pair.language for pair in pairs}) == 11
    assert all(normalise(code) == code for code in {pair.language for pair in pairs})
