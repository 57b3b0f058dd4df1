import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.formats import squad
from equilingua.errors import DataError

FILE = {
    "data": [
        {
            "title": "Panthers",
            "paragraphs": [
                {
                    "context": "\ufeffThey gave up 308 points. Short had 11 sacks.",
                    "sentence_breaks": [[0, 25], [26, 45]],
                    "sentences": ["ignored", "ignored"],
                    "qas": [
                        {
                            "id": "q1",
                            "question": "How many\ufeff sacks?",
                            "answers": [{"answer_start": 36, "text": "11"}],
                        }
                    ],
                }
            ],
        }
    ]
}


def with_change(path, value):
    """The file above with one place changed; `None` removes it."""
    record = copy.deepcopy(FILE)
    place = record
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return record


def test_sentences_are_slices_and_byte_order_marks_are_dropped_where_offsets_do_not_count_them():
    (paragraph,) = squad.parse(FILE)

    assert paragraph.title == "Panthers"
    assert paragraph.sentences == ("They gave up 308 points.", "Short had 11 sacks.")
    assert paragraph.context.startswith("\ufeff")
    assert paragraph.questions == (squad.SquadQuestion("q1", "How many sacks?", 36),)
    assert paragraph.sentence_at(36) == 1
    assert paragraph.sentence_at(25) is None


PARAGRAPH = ("data", 0, "paragraphs", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("data",), None, r"data: the key is missing"),
        (("data",), {}, r"data: is not a list"),
        (("data",), [], r"data: there is no paragraph"),
        (("data", 0, "title"), None, r"data\[0\]\.title: the key is missing"),
        ((*PARAGRAPH, "context"), 7, r"data\[0\]\.paragraphs\[0\]\.context: is not text"),
        ((*PARAGRAPH, "sentence_breaks"), None, r"paragraphs\[0\]\.sentence_breaks: the key is missing"),
        ((*PARAGRAPH, "sentence_breaks", 1), [27, 99], r"sentence_breaks\[1\]: \[27, 99\] is not a \[start, end\)"),
        ((*PARAGRAPH, "sentence_breaks", 1), [30, 30], r"sentence_breaks\[1\]: \[30, 30\]"),
        ((*PARAGRAPH, "sentence_breaks", 0), "0-26", r"sentence_breaks\[0\]: 0-26"),
        ((*PARAGRAPH, "qas", 0), "q", r"qas\[0\]: is not an object with the key 'answers'"),
        ((*PARAGRAPH, "qas", 0, "answers"), [], r"qas\[0\]\.answers: there is no answer"),
        ((*PARAGRAPH, "qas", 0, "answers", 0, "answer_start"), "37", r"answers\[0\]\.answer_start: is not a whole"),
        ((*PARAGRAPH, "qas", 0, "answers", 0, "answer_start"), True, r"answers\[0\]\.answer_start: is not a whole"),
        ((*PARAGRAPH, "qas", 0, "answers", 0, "answer_start"), 25, r"25 is in no sentence .*question q1"),
    ],
)
def test_a_malformed_place_is_named(tmp_path, path, value, message):
    file = tmp_path / "en.json"
    file.write_text(json.dumps(with_change(path, value)), encoding="utf-8")

    with pytest.raises(DataError, match=message) as error:
        squad.read(file)
    assert str(error.value).startswith(f"{file}: ")


def test_files_that_are_no_json_are_named_with_the_line(tmp_path):
    file = tmp_path / "en.json"
    with pytest.raises(DataError, match=r"en\.json: cannot be read: No such file"):
        squad.read(file)
    file.write_text('{"data": [\n{"title": }')
    with pytest.raises(DataError, match=r"en\.json:2: not JSON"):
        squad.read(file)
    file.write_bytes(b'{"data": "\xff"}')
    with pytest.raises(DataError, match=r"en\.json:1: byte 11 of the line is not UTF-8"):
        squad.read(file)
    file.write_text("[]")
    with pytest.raises(DataError, match=r"en\.json: the file is not a JSON object"):
        squad.read(file)
    file.write_text("\ufeff" + json.dumps(FILE), encoding="utf-8")
    assert len(squad.read(file)) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["data", "paragraphs", "context", "qas", "title", "answers"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_json_value_makes_the_parser_fail_otherwise_than_by_a_data_error(value):
    with pytest.raises(DataError):
        squad.parse(value)
