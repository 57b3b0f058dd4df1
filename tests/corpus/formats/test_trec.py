import logging
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.formats.trec import parse_qrels, parse_topics
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError


def numbered(*lines):
    return [(f"file:{number}", line) for number, line in enumerate(lines, start=1)]


def test_topics():
    assert parse_topics(numbered("1#0\tWer?\ufeff ", "", "2\tWas?")) == {"1#0": "Wer?", "2": "Was?"}


def test_qrels_with_tabs_at_the_end():
    lines = numbered("1\tQ0\tVOA#5\t1", "1\tQ0\tVOA#6\t0\t\t", "", "2 Q0 VOA#5 2")

    assert parse_qrels(lines) == {"1": {"VOA#5": 1, "VOA#6": 0}, "2": {"VOA#5": 2}}


@pytest.mark.parametrize(
    ("parse", "lines", "message"),
    [
        (parse_topics, ["1 no tab"], "file:1: has 1 fields between tabs, not 2"),
        (parse_topics, ["1\tWer?\tWas?"], "file:1: has 3 fields between tabs, not 2"),
        (parse_topics, ["1\t "], "file:1: is not an id, a tab and a question"),
        (parse_topics, ["1\tWer?", "1\tWas?"], "file:2: question '1' is there twice, first in file:1"),
        (parse_qrels, ["1 Q0 a"], "file:1: is not a question id, Q0, a passage id and a relevance"),
        (parse_qrels, ["1 Q0 a b"], "file:1: relevance 'b' is not a whole number"),
        (
            parse_qrels,
            ["1 Q0 a 1", "1 Q0 a 0"],
            "file:2: passage 'a' is judged 0 for question '1' here, and 1 in file:1",
        ),
        (parse_qrels, ["1 Q0 \u3164 1"], "file:1: is not a question id, Q0, a passage id and a relevance"),
    ],
)
def test_malformed_lines_are_named(parse, lines, message):
    with pytest.raises(DataError, match=message):
        parse(numbered(*lines))


def test_alike_judgements_are_counted_and_ids_compare_in_nfc(caplog):
    with caplog.at_level(logging.WARNING):
        assert parse_qrels(numbered("1 Q0 caf\u00e9 1", "1 Q0 cafe\u0301 1")) == {"1": {"caf\u00e9": 1}}
    assert "file: judgements that are there more than once, all alike: 1" in caplog.text


ids = st.text(st.characters(categories=["L", "N"]), min_size=1).map(lambda text: normalize("NFC", text)).filter(tidy)


@given(st.dictionaries(ids, st.dictionaries(ids, st.integers(-2, 3), min_size=1)))
def test_qrels_survive_being_written(qrels):
    lines = [f"{question}\tQ0\t{passage}\t{score}" for question in qrels for passage, score in qrels[question].items()]

    assert parse_qrels(numbered(*lines)) == qrels
