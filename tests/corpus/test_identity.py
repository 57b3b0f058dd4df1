import json

import pytest

from equilingua.corpus import identity
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError


def pair(group, language="en", passage="A.", query="a?", passage_id=None):
    return Pair(group, language, query, passage, "s", passage_id)


def said(*pairs):
    return identity.remarks(ParallelCorpus.from_pairs(pairs))


def test_nothing_is_said_of_questions_that_share_a_passage_or_have_several():
    assert (
        said(pair("1"), pair("2", query="b?"), pair("1", passage="B."), pair("1", "de"), pair("3", passage="C.")) == []
    )


def test_rows_that_repeat_one_exactly_are_counted():
    assert said(pair("1"), pair("2"), pair("1"), pair("2"), pair("1")) == [
        "rows that repeat an earlier one exactly: 3, such as one of group '1' in en: training sees them as often as "
        "they are there, so take them away"
    ]


def test_ids_with_one_text_are_counted():
    rows = [pair("1", passage_id="a"), pair("2", passage_id="b"), pair("3", "de", passage_id="a"), pair("4")]

    assert said(*rows) == ["passages with the text of another passage id of their language: 1: they count as one"]


def test_codes_of_one_language_are_named():
    assert said(*(pair("1", code) for code in ("zh-CN", "en", "cmn", "zh-Hant", "zh_hans"))) == [
        "cmn and zh-CN and zh-Hans count as 3 languages and may be one: if so, give all its texts one code"
    ]


def test_what_is_odd_about_a_file_is_said_once(tmp_path, caplog):
    path = tmp_path / "pairs.jsonl"
    record = {"group": "1", "query": "a?", "passage": "A."}
    path.write_text("".join(json.dumps(record | {"language": code}) + "\n" for code in ("no", "nb", "no")))

    for source in (path, path, f"jsonl:{tmp_path}"):
        load_corpus(source)
    assert [message.partition(": ")[2][:28] for message in caplog.messages] == [
        "rows that repeat an earlier ",
        "nb and no count as 2 languag",
    ] * 2
    assert all(message.startswith((f"{path}: ", f"jsonl:{tmp_path}: ")) for message in caplog.messages)


def test_a_passage_id_with_two_texts_names_both_places_of_any_file(tmp_path):
    for number, text in enumerate(("A.", "B."), 1):
        record = {"group": str(number), "language": "en", "query": "a?", "passage": text, "passage_id": "p"}
        (tmp_path / f"{number}.jsonl").write_text("\n" + json.dumps(record))

    with pytest.raises(DataError, match=r"2\.jsonl:2: passage_id 'p' has another en text than in .*1\.jsonl:2: give"):
        load_corpus(f"jsonl:{tmp_path}")
    with pytest.raises(DataError, match=r"^row 1: passage_id 'p' has another en text than in row 0: give"):
        load_corpus([json.loads((tmp_path / f"{number}.jsonl").read_text()) for number in (1, 2)])
