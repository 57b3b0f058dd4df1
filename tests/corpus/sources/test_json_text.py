import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError


def lines(content):
    return json_text.objects(text_lines.of_stream(io.BytesIO(content), "l"))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_passed_over(mark):
    assert json_text.parse(mark + b'{"a": 1}', "file") == {"a": 1}
    assert list(lines(mark + b'{"a": 1}\n' + mark + b"{}\n")) == [("l:1", {"a": 1}), ("l:2", {})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n"a": }', r"set\.json:2: not JSON: Expecting value at column 6"),
        (b'{"a": "\xff"}', r"set\.json:1: byte 8 of the line is not UTF-8 \(0xff\)"),
        ('{"a": 1}'.encode("utf-16"), r"set\.json: is UTF-16: save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), r"set\.json: holds NUL bytes"),
        (b'{"a": [\n {"b": 1,\n  "c": "b:", "b": 2}]}', r"json:3: the key 'b' at column 14 .* set\.json:2, column 3$"),
        (b'{"a": {"a": 1}, "\\u0061": 1}', r"set\.json:1: the key 'a' at column 17 is in its object already"),
        (b"[" * 100_000, r"set\.json: not usable JSON: nested too deeply"),
        (b"1" * 5_000, r"set\.json: not usable JSON: Exceeds the limit"),
        (rb'["fine: \ud83d\ude00", "cut: \ud83d"]', r"set\.json: \\ud83d is half a character"),
        (b"PK\x03\x04", r"set\.json: is a zip archive or a spreadsheet: unpack it, or save the sheet as CSV"),
    ],
    ids=["cut", "latin-1", "utf-16", "no mark", "repeated key", "repeated by escape", "deep", "long", "half", "zip"],
)
def test_what_is_no_json_is_named(content, message):
    with pytest.raises(DataError, match=message) as error:
        json_text.parse(content, "set.json")
    assert "\n" not in str(error.value)


def test_a_file_may_be_compressed_whatever_its_name(tmp_path):
    (tmp_path / "a.json").write_bytes(gzip.compress(b"[1]"))

    assert json_text.read(tmp_path / "a.json") == [1]
    (tmp_path / "a.json").write_bytes(gzip.compress(b"[1]")[:-3])
    with pytest.raises(DataError, match=r"a\.json: damaged or cut short"):
        json_text.read(tmp_path / "a.json")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        json_text.read(tmp_path)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b'{"a"', "l:2: not JSON: .* at column 5"),
        (b'{"a": 1, "a": 1}', "l:2: the key 'a' at column 10 is in its object already, at column 2$"),
        (b"[1]", "l:2: is not a JSON object"),
        (b'{"a": "\xe9"}', "l:2: byte 8 of the line is not UTF-8"),
        (b"[" * 100_000, "l:2: not usable JSON: nested too deeply"),
    ],
)
def test_a_bad_line_is_named(second, message):
    with pytest.raises(DataError, match=message):
        list(lines(b'{"a": 1}\n' + second + b"\n"))


def test_equal_keys_of_different_objects_are_fine():
    content = b'[{"a": "\\"a\\": {", "b": {"a": 1}}, {"a": 2}]'

    assert json_text.parse(content, "f") == [{"a": '"a": {', "b": {"a": 1}}, {"a": 2}]


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), max_size=5))
def test_lines_read_back_what_was_written(records):
    content = "\n\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()

    assert [record for _, record in lines(content)] == records


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
