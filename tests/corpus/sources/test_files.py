import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair
from equilingua.corpus.sources import files
from equilingua.errors import DataError, UsageError

RECORD = {"group": "bees/dance", "language": "zh-hans", "query": "蜜蜂怎样交流?", "passage": "它们跳舞。"}
FULL = RECORD | {"passage_id": "p7", "negatives": ["它们酿蜜。"], "source": "mine"}


def write(folder, records, suffix):
    path = folder / f"pairs{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    elif suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(records[0]))
            writer.writeheader()
            for record in records:
                cells = {key: json.dumps(value) if isinstance(value, list) else value for key, value in record.items()}
                writer.writerow(cells)
    return path


SUFFIXES = pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])


@SUFFIXES
def test_a_full_record(tmp_path, suffix):
    (pair,) = files.read(write(tmp_path, [FULL], suffix))

    assert pair == Pair("bees/dance", "zh-Hans", "蜜蜂怎样交流?", "它们跳舞。", "mine", "p7", ("它们酿蜜。",))


@SUFFIXES
def test_optional_keys_may_be_absent_and_the_source_is_the_stem(tmp_path, suffix):
    (pair,) = files.read(write(tmp_path, [RECORD | {"note": "other keys are ignored"}], suffix))

    assert (pair.source, pair.passage_id, pair.negatives) == ("pairs", None, ())


@SUFFIXES
def test_the_line_and_key_of_an_empty_text_are_named(tmp_path, suffix):
    path = write(tmp_path, [RECORD, RECORD | {"query": "  "}], suffix)
    line = {".jsonl": "2", ".csv": "3", ".parquet": "row 2"}[suffix]

    with pytest.raises(DataError, match=f":{line}: key 'query' is empty") as error:
        files.read(path)
    assert str(error.value).startswith(str(path))


@SUFFIXES
def test_a_missing_key_is_named_and_a_misspelt_one_shown(tmp_path, suffix):
    record = {("pasage" if key == "passage" else key): value for key, value in RECORD.items()}

    with pytest.raises(DataError, match=r"(key|column) 'passage' is missing: is 'pasage' meant\?"):
        files.read(write(tmp_path, [record], suffix))


@SUFFIXES
def test_a_misspelt_optional_key_is_not_lost_in_silence(tmp_path, suffix):
    with pytest.raises(DataError, match="optional key 'negatives' is misspelt: is 'negative' meant"):
        files.read(write(tmp_path, [RECORD | {"negative": ["x"]}], suffix))


@SUFFIXES
def test_an_unknown_language_is_named_with_its_line(tmp_path, suffix):
    with pytest.raises(DataError, match=r"pairs\..*: key 'language': unknown language code 'klingonish'"):
        files.read(write(tmp_path, [RECORD | {"language": "klingonish"}], suffix))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": 7}, "key 'query' holds int, not text"),
        ({"query": ["a"]}, "key 'query' holds list, not text"),
        ({"group": None}, "the key 'group' is missing"),
        ({"group": True}, "key 'group' holds bool, not text"),
        ({"negatives": "one"}, "key 'negatives' is not a list of texts"),
        ({"negatives": ["one", "\u00ad"]}, "key 'negatives' is not a list of texts"),
        ({"passage_id": ""}, "key 'passage_id' is empty"),
    ],
)
def test_values_of_the_wrong_kind(tmp_path, change, message):
    with pytest.raises(DataError, match=f"jsonl:1: {message}"):
        files.read(write(tmp_path, [RECORD | change], ".jsonl"))


def test_numbers_are_ids_too(tmp_path):
    (pair,) = files.read(write(tmp_path, [RECORD | {"group": 17, "passage_id": 3}], ".jsonl"))

    assert (pair.group, pair.passage_id) == ("17", "3")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "the file has no pairs"),
        ("a.jsonl", b"\n\n", "the file has no pairs"),
        ("a.csv", b"", "the file has no pairs"),
        ("a.csv", b"group,language,query,passage\n", "the file has no pairs"),
        ("a.jsonl", b'{"group": 1}\n{"gr', "a.jsonl:1: the key 'language' is missing"),
        ("a.jsonl", b"[1]\n", "a.jsonl:1: is not an object"),
        ("a.jsonl", b"{oops}\n", "a.jsonl:1: not JSON: .* at column 2"),
        ("a.jsonl", b'\n{"a": "\xff"}\n', "a.jsonl:2: byte 8 of the line is not UTF-8"),
        ("a.csv", b"group,language,query\n1,en,q\n", "a.csv:1: the column 'passage' is missing"),
        ("a.csv", b"group,language,query,passage\n1,en,q\n", "a.csv:2: has 3 cells, the header has 4"),
        ("a.csv", b'group,language,query,passage\n1,en,q,"open', "a.csv:2: not CSV"),
        (
            "a.csv",
            b"group,language,query,passage,negatives\n1,en,q,p,[oops\n",
            "a.csv:2: key 'negatives': not JSON",
        ),
        (
            "a.csv",
            b"group,query,language,passage,query\n",
            "a.csv:1: the column 'query' is there 2 times, as columns 2, 5",
        ),
        ("a.jsonl", b'{"query": "a", "query": "b"}\n', "a.jsonl:1: the key 'query' at column 16 is in its object alr"),
        ("a.parquet", b"PAR1 no", "a.parquet: (not|cannot be read as) Parquet|a.parquet: not Parquet"),
    ],
)
def test_unreadable_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError, match=message) as error:
        files.read(path)
    assert "\n" not in str(error.value)


def test_a_column_that_is_there_twice(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([["a"], ["b"]], names=["query", "query"]), path)

    with pytest.raises(DataError, match=r"a\.parquet: the column 'query' is there 2 times, as columns 1, 2"):
        files.read(path)


def test_columns_without_a_name_may_repeat(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("group,language,query,passage,,\n1,en,q,p,,\n")

    assert len(files.read(path)) == 1


@SUFFIXES
@pytest.mark.parametrize("key", ["query", "passage"])
def test_texts_that_show_nothing_are_empty(tmp_path, suffix, key):
    with pytest.raises(DataError, match=f"key '{key}' is empty"):
        files.read(write(tmp_path, [RECORD | {key: "\u200b\u00a0\u3164"}], suffix))


def test_a_byte_order_mark_and_quoted_line_breaks_are_fine(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffgroup,language,query,passage\r\n1,en,q,"two\nlines, one cell"\r\n'.encode())

    assert [pair.passage for pair in files.read(path)] == ["two\nlines, one cell"]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"end in \.jsonl, \.csv, \.parquet"):
        files.read(tmp_path / "a.txt")
    with pytest.raises(DataError, match="there is no such file"):
        files.read(tmp_path / "a.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError, match="there is no such file"):
        files.read(tmp_path / "folder.jsonl")


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


@settings(max_examples=50)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_any_text_survives_every_format(tmp_path_factory, given_texts):
    records = [RECORD | {"query": query, "passage": passage} for query, passage in given_texts]
    folder = tmp_path_factory.mktemp("formats")
    expected = [(query.strip(), passage.strip()) for query, passage in given_texts]

    for suffix in (".jsonl", ".csv", ".parquet"):
        read = files.read(write(folder, records, suffix))
        assert [(pair.query, pair.passage) for pair in read] == expected
