from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import question_xml
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("medquad")
ARCHIVE = INFO.files[0].path


def document(*asked):
    items = "".join(
        f'\t<QAPair pid="{number}">\n\t\t\t<Question qid="0000001-{number}" qtype="information">{question}</Question>\n'
        f"\t\t\t<Answer>{answer}</Answer>\n\t</QAPair>\n"
        for number, (question, answer) in enumerate(asked, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document id="0000001" source="GHR" url="https://ghr.nlm.nih.gov/">\n'
        f"<Focus>A syndrome</Focus>\n<QAPairs>\n{items}</QAPairs>\n</Document>\n"
    )


def test_answered_questions_are_grouped_by_their_words_and_answers_by_theirs(tmp_path, monkeypatch):
    members = {
        "3_GHR_QA/0000001.xml": document(
            ("What is (are) Gout ?", "A disease\n of joints."),
            ("How many ?", ""),
            ("What is (are) Gout ?", "Crystals."),
        ),
        "9_CDC_QA/0000001.xml": document(("Gout ?", "Crystals."), ("What is (are) Gout ?", "An arthritis &amp; more.")),
        "10_MPlus_ADAM_QA/0000001.xml": document(("What is gone ?", " ")),
        "readme.txt": "not XML",
    }
    inputs = small_inputs(INFO, {ARCHIVE: tar(members)}, tmp_path, monkeypatch)

    assert [(pair.group, pair.query, pair.passage, pair.passage_id) for pair in question_xml.pairs(inputs)] == [
        ("medquad:3_GHR_QA/0000001/1", "What is (are) Gout?", "A disease of joints.", "3_GHR_QA/0000001/1"),
        ("medquad:3_GHR_QA/0000001/1", "What is (are) Gout?", "Crystals.", "3_GHR_QA/0000001/3"),
        ("medquad:9_CDC_QA/0000001/1", "Gout?", "Crystals.", "3_GHR_QA/0000001/3"),
        ("medquad:3_GHR_QA/0000001/1", "What is (are) Gout?", "An arthritis & more.", "9_CDC_QA/0000001/2"),
    ]
    assert inputs.counts == {"en": Counter(no_answer=2)}


def test_a_malformed_document_is_named(tmp_path, monkeypatch):
    archive = tar({"3_GHR_QA/0000007.xml": document(("A & B ?", "Yes."))})

    with pytest.raises(DataError, match=r"3_GHR_QA/0000007\.xml:6: cannot be parsed as XML"):
        list(question_xml.pairs(small_inputs(INFO, {ARCHIVE: archive}, tmp_path, monkeypatch)))


def test_an_archive_cut_short_is_named(tmp_path, monkeypatch):
    archive = tar({f"3_GHR_QA/{n}.xml": document(("Q ?", f"A{n}.")) for n in range(50)})[:-200]

    with pytest.raises(DataError, match=r"MedQuAD\.tar\.xz: .*cut short"):
        list(question_xml.pairs(small_inputs(INFO, {ARCHIVE: archive}, tmp_path, monkeypatch)))


@pytest.mark.slow
def test_the_real_archive_has_the_published_count(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)

    assert sum(1 for _ in question_xml.pairs(inputs)) == 16_407
    assert inputs.counts["en"]["no_answer"] == 47_441 - 16_407
