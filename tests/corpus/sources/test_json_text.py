import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_passed_over(mark):
    assert json_text.parse(mark + b'{"a": 1}', "file") == {"a": 1}
    assert list(json_text.lines(io.BytesIO(mark + b'{"a": 1}\n'), "file")) == [("file:1", {"a": 1})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n"a": }', r"set\.json:2: not JSON: Expecting value at column 6"),
        (b'{"a": "\xff"}', r"set\.json: byte 7 is not UTF-8: invalid start byte"),
        ('{"a": 1}'.encode("utf-16"), r"set\.json: byte 0 is not UTF-8"),
        (b'{"a": [\n {"b": 1,\n  "c": "b:", "b": 2}]}', r"json:3: the key 'b' at column 14 .* set\.json:2, column 3$"),
        (b'{"a": {"a": 1}, "\\u0061": 1}', r"set\.json:1: the key 'a' at column 17 is in its object already"),
        (b"[" * 100_000, r"set\.json: not usable JSON: nested too deeply"),
        (b"1" * 5_000, r"set\.json: not usable JSON: Exceeds the limit"),
    ],
    ids=["cut short", "latin-1", "utf-16", "repeated key", "repeated by escape", "deep", "long number"],
)
def test_what_is_no_json_is_named(content, message):
    with pytest.raises(DataError, match=message):
        json_text.parse(content, "set.json")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b'{"a"', "l:2: not JSON"),
        (b'{"a": 1, "a": 1}', "l:2: the key 'a' at column 10 is in its object already, at column 2$"),
        (b"[1]", "l:2: is not a JSON object"),
        (b'{"a": "\xe9"}', "l:2: byte 7 is not UTF-8"),
    ],
)
def test_a_bad_line_is_named(second, message):
    with pytest.raises(DataError, match=message):
        list(json_text.lines(io.BytesIO(b'{"a": 1}\n' + second + b"\n"), "l"))


def test_equal_keys_of_different_objects_are_fine():
    content = b'[{"a": "\\"a\\": {", "b": {"a": 1}}, {"a": 2}]'

    assert json_text.parse(content, "f") == [{"a": '"a": {', "b": {"a": 1}}, {"a": 2}]


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), max_size=5))
def test_lines_read_back_what_was_written(records):
    content = "\n\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()

    assert [record for _, record in json_text.lines(io.BytesIO(content), "l")] == records


@pytest.mark.parametrize(
    ("record", "kind", "message"),
    [
        ([], str, "at: is not an object with the key 'k'"),
        ({}, str, "at: the key 'k' is missing"),
        ({"k": 1}, str, "at: the key 'k' is not text"),
        ({"k": True}, int, "at: the key 'k' is not a whole number"),
        ({"k": None}, list, "at: the key 'k' is not a list"),
    ],
)
def test_a_field_of_another_kind_is_named(record, kind, message):
    with pytest.raises(DataError, match=message):
        json_text.field(record, "k", kind, "at")
