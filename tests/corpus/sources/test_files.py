import csv
import gzip
import json
import os
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair
from equilingua.corpus.sources import files
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError, UsageError

RECORD = {"group": "bees/dance", "language": "zh-hans", "query": "蜜蜂怎样交流?", "passage": "它们跳舞。"}
FULL = RECORD | {"passage_id": "p7", "negatives": ["它们酿蜜。"], "source": "mine"}


def read(path, **options):
    return list(files.pairs(path, options))


def write(folder, records, suffix):
    path = folder / f"pairs{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    elif suffix == ".json":
        path.write_text(json.dumps(records), encoding="utf-8")
    elif suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(records[0]), delimiter="\t" if suffix == ".tsv" else ",")
            writer.writeheader()
            for record in records:
                cells = {key: json.dumps(value) if isinstance(value, list) else value for key, value in record.items()}
                writer.writerow(cells)
    return path


SUFFIXES = pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])


@SUFFIXES
def test_a_full_record(tmp_path, suffix):
    (pair,) = read(write(tmp_path, [FULL], suffix))

    assert pair == Pair("bees/dance", "zh-Hans", "蜜蜂怎样交流?", "它们跳舞。", "mine", "p7", ("它们酿蜜。",))


@SUFFIXES
def test_optional_keys_may_be_absent_and_the_source_is_the_stem(tmp_path, suffix):
    (pair,) = read(write(tmp_path, [RECORD | {"note": "other keys are ignored"}], suffix))

    assert (pair.source, pair.passage_id, pair.negatives) == ("pairs", None, ())


@SUFFIXES
def test_the_line_and_key_of_an_empty_text_are_named(tmp_path, suffix):
    path = write(tmp_path, [RECORD, RECORD | {"query": "  "}], suffix)
    line = {".jsonl": "2", ".json": "record 2", ".csv": "3", ".tsv": "3", ".parquet": "row 2"}[suffix]

    with pytest.raises(DataError, match=f":{line}: column 'query' is empty") as error:
        read(path)
    assert str(error.value).startswith(str(path))


@SUFFIXES
def test_a_missing_column_is_named_with_what_there_is(tmp_path, suffix):
    record = {("pasage" if key == "passage" else key): value for key, value in RECORD.items()}

    with pytest.raises(DataError, match=r"missing columns: passage; .* '.*\?passage=pasage'$"):
        read(write(tmp_path, [record], suffix))


@SUFFIXES
def test_a_misspelt_optional_key_is_not_lost_in_silence(tmp_path, suffix):
    with pytest.raises(DataError, match="optional column 'negatives' is misspelt: is 'negative' meant"):
        read(write(tmp_path, [RECORD | {"negative": ["x"]}], suffix))


@SUFFIXES
def test_an_unknown_language_is_named_with_its_line(tmp_path, suffix):
    with pytest.raises(DataError, match=r"pairs\..*: column 'language': unknown language code 'klingonish'"):
        read(write(tmp_path, [RECORD | {"language": "klingonish"}], suffix))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": 7}, "column 'query' holds int, not text"),
        ({"query": ["a"]}, "column 'query' holds list, not text; take its first with query=query.0"),
        ({"group": None}, "column 'group' is empty"),
        ({"group": True}, "column 'group' holds bool, not text"),
        ({"negatives": 1}, "column 'negatives' is not a list of texts"),
        ({"negatives": ["one", "\u00ad"]}, "column 'negatives' is not a list of texts"),
        ({"negatives": ["one", RECORD["passage"] + " "]}, "column 'negatives' holds the passage"),
        ({"passage_id": ""}, "column 'passage_id' is empty"),
    ],
)
def test_values_of_the_wrong_kind(tmp_path, change, message):
    with pytest.raises(DataError, match=f"jsonl:1: {message}"):
        read(write(tmp_path, [RECORD | change], ".jsonl"))


def test_numbers_are_ids_too(tmp_path):
    (pair,) = read(write(tmp_path, [RECORD | {"group": 17, "passage_id": 3}], ".jsonl"))

    assert (pair.group, pair.passage_id) == ("17", "3")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "the file has no pairs"),
        ("a.jsonl", b"\n\n", "the file has no pairs"),
        ("a.csv", b"", "the file has no pairs"),
        ("a.csv", b"group,language,query,passage\n", "the file has no pairs"),
        (
            "a.jsonl",
            b'{"group": 1}\n{"gr',
            "a.jsonl:1: missing columns: query, passage, language; there are group: say",
        ),
        ("a.jsonl", b"[1]\n", "a.jsonl:1: is not an object"),
        ("a.jsonl", b"{oops}\n", "a.jsonl:1: not JSON: .* at column 2"),
        ("a.jsonl", b'\n{"a": "\xff"}\n', "a.jsonl:2: byte 8 of the line is not UTF-8"),
        ("a.csv", b"group,language,query\n1,en,q\n", r"a.csv:2: missing columns: passage; .*\?passage=COLUMN'$"),
        ("a.jsonl", '{"query": "q"}'.encode("utf-16"), "a.jsonl: is UTF-16: save it as UTF-8"),
        ("a.csv", "query,passage".encode("utf-16-be"), "a.csv: holds NUL bytes"),
        ("a.csv", "query,passage\nwo?,Köln".encode("latin-1"), r"a.csv:2: byte 6 of the line is not UTF-8 \(0xf6\)"),
        ("a.csv", b"PK\x03\x04", "a.csv: is a zip archive or a spreadsheet"),
        ("a.jsonl.gz", gzip.compress(b"{}", mtime=0)[:-4], "a.jsonl.gz: damaged or cut short"),
        ("a.json", b'{"version": 1, "data": []}', r"a.json: seems to be in SQuAD's layout: use squad:.*a\.json"),
        ("a.json", b'{\n  "a": 1\n}', "a.json: is neither a list of objects nor an object a line"),
        ("a.json", b"[[]]", "a.json:record 1: is not an object"),
        ("a.json", b'["' + b"[" * 100_000, "a.json:1: not JSON"),
        ("a.jsonl", b'{"a": ' + b"[" * 100_000, "a.jsonl:1: not usable JSON: nested too deeply"),
        ("a.csv", b"group,language,query,passage\n1,en,q\n", "a.csv:2: has 3 cells, the header has 4"),
        ("a.csv", b'group,language,query,passage\n1,en,q,"open', "a.csv:2: not CSV"),
        (
            "a.csv",
            b"group,language,query,passage,negatives\n1,en,q,p,[oops\n",
            "a.csv:2: column 'negatives': not JSON",
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
        read(path)
    assert "\n" not in str(error.value)


def test_a_column_that_is_there_twice(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([["a"], ["b"]], names=["query", "query"]), path)

    with pytest.raises(DataError, match=r"a\.parquet: the column 'query' is there 2 times, as columns 1, 2"):
        read(path)


def test_columns_without_a_name_may_repeat(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("group,language,query,passage,,\n1,en,q,p,,\n")

    assert len(read(path)) == 1


@SUFFIXES
@pytest.mark.parametrize("key", ["query", "passage"])
def test_texts_that_show_nothing_are_empty(tmp_path, suffix, key):
    with pytest.raises(DataError, match=f"column '{key}' is empty"):
        read(write(tmp_path, [RECORD | {key: "\u200b\u00a0\u3164"}], suffix))


def test_a_byte_order_mark_and_quoted_line_breaks_are_fine(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffgroup,language,query,passage\r\n1,en,q,"two\nlines, one cell"\r\n'.encode())

    assert [pair.passage for pair in read(path)] == ["two\nlines, one cell"]


def test_other_files_are_refused(tmp_path):
    for name, advice in (("a.txt", "give it the suffix"), ("a.xlsx", "save the sheet as CSV"), ("a.zip", "unpack it")):
        with pytest.raises(UsageError, match=rf"end in \.jsonl, .*, or one of these and \.gz or \.zst: {advice}"):
            read(tmp_path / name)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read(tmp_path / "a.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="is no regular file"):
        read(tmp_path / "pipe.jsonl")


def test_a_text_that_is_not_utf_8_in_parquet(tmp_path):
    content = pa.array([b"fine", b"\xff\xfe"])
    broken = pa.Array.from_buffers(pa.string(), 2, content.buffers())
    columns = {name: ["en", "en"] for name in ("group", "language", "query")}
    pq.write_table(pa.table({**columns, "passage": broken}), tmp_path / "a.parquet")

    with pytest.raises(DataError, match=r"a\.parquet: a text in or after row 1 is not UTF-8"):
        read(tmp_path / "a.parquet")


def test_columns_that_nobody_asks_for_are_not_read(tmp_path):
    # No datetime can hold this.
    late = pa.array([2**62], pa.timestamp("us"))
    pq.write_table(pa.table({**{key: [value] for key, value in RECORD.items()}, "late": late}), tmp_path / "a.parquet")

    assert len(read(tmp_path / "a.parquet")) == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".json", ".csv", ".tsv"])
@pytest.mark.parametrize("pack", [gzip.compress, partial(pa.compress, codec="zstd", asbytes=True), bytes])
def test_compressed_files(tmp_path, suffix, pack):
    kind = ".jsonl" if suffix == ".ndjson" else suffix
    content = write(tmp_path, [FULL], kind).read_bytes()
    for ending in ("", ".gz", ".zst"):
        path = tmp_path / f"packed{suffix}{ending}"
        path.write_bytes(pack(content))
        assert [pair.source for pair in read(path, source="s")] == ["mine"]
    (pair,) = read(write(tmp_path, [RECORD], kind))
    assert pair.source == "pairs"


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_other_separators_are_found_and_told(tmp_path, caplog, separator, name):
    path = tmp_path / "a.csv"
    header, row = ("group", "language", "query", "passage"), ("1", "en", "who, and when?", '"a, b"')
    path.write_text("\n".join(map(separator.join, (header, row))))

    assert [(pair.query, pair.passage) for pair in read(path)] == [("who, and when?", "a, b")]
    assert f"a.csv: its columns are separated by {name}" in caplog.text


def test_long_cells(tmp_path):
    long = "word " * 60_000
    (pair,) = read(write(tmp_path, [RECORD | {"passage": long}], ".csv"))

    assert pair.passage == long.strip()


OTHERS = {
    "id": 7,
    "lang": "de",
    "question": "Wer?",
    "answers": {"text": ["Bienen."]},
    "title": "Tiere",
    "neg": "Ameisen.",
}


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_columns_of_other_names(tmp_path, suffix):
    names = {"query": "question", "passage": "answers.text.0", "language_column": "lang", "group": "id"}
    path = write(tmp_path, [OTHERS], suffix)

    assert read(path, **names) == [Pair("7", "de", "Wer?", "Bienen.", "pairs")]
    assert read(path, **names | {"passage_id": "id+lang"}, negatives="neg", title="title", source="s") == [
        Pair("7", "de", "Wer?", "Tiere\nBienen.", "s", "7+de", ("Ameisen.",))
    ]
    with pytest.raises(DataError, match=r"column 'answers' holds dict, not text"):
        read(path, **names | {"passage": "answers"})
    with pytest.raises(DataError, match=r"take its first with passage=answers.text.0"):
        read(path, **names | {"passage": "answers.text"})
    with pytest.raises(DataError, match="missing columns: ngatives"):
        read(path, **names, negatives="ngatives")


@SUFFIXES
def test_without_a_column_for_groups_every_row_is_one(tmp_path, suffix, caplog):
    records = [{"question": "Who?", "answer": "Bees."}, {"question": "What?", "answer": "Honey."}]
    options = {"query": "question", "passage": "answer", "language": "EN"}

    found = read(write(tmp_path, records, suffix), **options)
    assert [(pair.group, pair.language) for pair in found] == [("pairs:1", "en"), ("pairs:2", "en")]
    assert "without a column 'group', no two rows are translations of each other" in caplog.text
    with pytest.raises(UsageError, match="unknown language code"):
        read(write(tmp_path, records, suffix), **options | {"language": "klingonish"})
    with pytest.raises(UsageError, match="not both"):
        read(write(tmp_path, records, suffix), **options, language_column="lang")


@pytest.mark.parametrize(
    ("record", "proposal"),
    [
        ({"question": "q", "answer": "a", "lang": "en"}, "query=question&passage=answer&language_column=lang"),
        ({"Question": "q", "Context": "a"}, "query=Question&passage=Context&language=CODE"),
        (
            {"anchor": "q", "positive": "p", "negative": "n"},
            "query=anchor&passage=positive&language=CODE&negatives=neg",
        ),
        ({"id": 1, "frage": "q", "text": "p", "language": "de"}, "query=COLUMN&passage=text&group=id"),
        ({"query": "q", "passge": "p", "language": "de"}, "passage=passge"),
        ({"my question": "q", "a&b": "p"}, "query=COLUMN&passage=COLUMN&language=CODE"),
    ],
)
def test_a_mapping_is_proposed(tmp_path, record, proposal):
    path = write(tmp_path, [record], ".jsonl")

    with pytest.raises(DataError) as error:
        read(path)
    assert f"there are {', '.join(record)}: say which is which, as in '{path}?{proposal}" in str(error.value)


def test_files_of_a_folder_share_groups_and_a_source(tmp_path):
    folder = tmp_path / "bees"
    for name in ("more", ".hidden"):
        (folder / name).mkdir(parents=True)
    rows = {language: {"group": "1", "language": language, "query": "a?", "passage": "A."} for language in ("de", "en")}
    (folder / "de.jsonl").write_text(json.dumps(rows["de"]))
    (folder / "more/en.jsonl.gz").write_bytes(gzip.compress(json.dumps(rows["en"] | {"source": "own"}).encode()))
    (folder / "fr.csv").write_text("group,language,query,passage\n1,fr,q,p\n")
    (folder / "notes.txt").write_text("not pairs")
    (folder / ".hidden/copy.jsonl").write_text("not pairs")

    found = [(pair.group, pair.language, pair.source) for pair in read(folder)]
    assert found == [("1", "de", "bees"), ("1", "fr", "bees"), ("1", "en", "own")]
    (folder / "en\udcff.jsonl").write_text('{"query": "a?", "passage": "A.", "language": "en"}')
    assert [pair.group for pair in read(folder)] == ["1", "bees/en\ufffd.jsonl:1", "1", "1"]


def test_folders_that_are_something_else(tmp_path):
    with pytest.raises(DataError, match=r"holds no file of pairs, which end in \.jsonl.*: there is nothing"):
        read(tmp_path)
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(DataError, match=r"there is a\.xlsx"):
        read(tmp_path)
    collection = tmp_path / "bees/en"
    collection.mkdir(parents=True)
    for name in ("corpus.jsonl", "queries.jsonl.gz"):
        (collection / name).write_text("")
    with pytest.raises(DataError, match=rf"is in BEIR's layout: use beir:{tmp_path}/bees$"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"use beir:.*/bees/en\?language=CODE"):
        read(collection)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(tidy)


@settings(max_examples=50)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_any_text_survives_every_format(tmp_path_factory, given_texts):
    records = [RECORD | {"query": query, "passage": passage} for query, passage in given_texts]
    folder = tmp_path_factory.mktemp("formats")
    expected = [(tidy(query), tidy(passage)) for query, passage in given_texts]

    for suffix in (".jsonl", ".json", ".csv", ".tsv", ".parquet"):
        assert [(pair.query, pair.passage) for pair in read(write(folder, records, suffix))] == expected


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_whoever_asks_is_told_of_every_bad_record_and_gets_the_others(tmp_path, suffix):
    lines = {
        ".jsonl": [
            '{"group": "1", "language": "en", "query": "q", "passage": "p"}',
            '{"group": "1", "language": "xx-none", "query": "q", "passage": "p"}',
            "{",
            '{"group": "2", "language": "en", "query": " ", "passage": "p"}',
            "7",
            '{"group": "3", "language": "de", "query": "q", "passage": "p"}',
        ],
        ".csv": ["group,language,query,passage", "1,en,q,p", "1,xx-none,q,p", "1,en,q", "2,en, ,p", "3,de,q,p"],
    }[suffix]
    path = tmp_path / f"own{suffix}"
    path.write_text("\n".join(lines))

    told = []
    found = list(files.pairs(path, on_error=told.append))
    assert [pair.group for pair in found] == ["1", "3"]
    wrong = {".jsonl": [2, 3, 4, 5], ".csv": [3, 4, 5]}[suffix]
    assert [str(error).startswith(f"{path}:{line}: ") for line, error in zip(wrong, told, strict=True)] == [True] * len(
        wrong
    )
    with pytest.raises(DataError, match=f"own{suffix}:{wrong[0]}: "):
        list(files.pairs(path))
