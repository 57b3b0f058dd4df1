import gzip
import json

import pytest

from equilingua.corpus.schema import Pair
from equilingua.corpus.sources import beir
from equilingua.errors import DataError, UsageError

CORPUS = [
    {"_id": "p1", "title": "Bees", "text": "Bees dance.", "metadata": {}},
    {"_id": "p2", "title": "", "text": "Ants walk."},
    {"_id": "p3", "text": "Nobody asks."},
]
QUERIES = [{"_id": "q1", "text": "Who dances?"}, {"_id": "q2", "text": "Who walks?"}, {"_id": "q3", "text": "Why?"}]
HEADER = "query-id\tcorpus-id\tscore\n"


def write(folder, corpus=CORPUS, queries=QUERIES, **qrels):
    (folder / "qrels").mkdir(parents=True)
    for name, records in (("corpus", corpus), ("queries", queries)):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    for split, lines in (qrels or {"test": "q1\tp1\t1\nq1\tp2\t0\nq2\tp2\t2\n"}).items():
        (folder / "qrels" / f"{split}.tsv").write_text(HEADER + lines)
    return folder


def test_a_folder_in_one_language(tmp_path):
    folder = write(tmp_path / "insects")

    assert list(beir.pairs(folder, "en")) == [
        Pair("insects:en/q1", "en", "Who dances?", "Bees\nBees dance.", "insects", "en/p1", ("Ants walk.",)),
        Pair("insects:en/q2", "en", "Who walks?", "Ants walk.", "insects", "en/p2"),
    ]
    (collection,) = beir.read(folder, "en")
    assert list(collection.passages) == ["p1", "p2", "p3"]
    assert list(collection.questions) == ["q1", "q2", "q3"]
    assert collection.judged == {"q1": {"p1": 1, "p2": 0}, "q2": {"p2": 2}}


def test_a_folder_with_one_for_each_language(tmp_path):
    for language in ("de", "pt_br"):
        write(tmp_path / "insects" / language)
    folder = tmp_path / "insects"

    assert [pair.group for pair in beir.pairs(folder)] == [
        "insects:de/q1",
        "insects:de/q2",
        "insects:pt-BR/q1",
        "insects:pt-BR/q2",
    ]
    assert [(pair.group, pair.passage_id) for pair in beir.pairs(folder, source="i", parallel=True)][2:] == [
        ("i:q1", "p1"),
        ("i:q2", "p2"),
    ]
    with pytest.raises(UsageError, match="has 2 folders, so they cannot all be in de"):
        list(beir.pairs(folder, "de"))


def test_splits(tmp_path):
    folder = write(tmp_path / "x", train="q1\tp1\t1\n", test="q2\tp2\t1\n")

    assert [pair.query for pair in beir.pairs(folder, "en", "train")] == ["Who dances?"]
    assert len(list(beir.pairs(folder, "en"))) == 2
    with pytest.raises(UsageError, match=r"unknown split of .*x 'tets': did you mean 'test'"):
        list(beir.pairs(folder, "en", "tets"))


def test_the_splits_that_every_language_has(tmp_path):
    write(tmp_path / "de", train="q1\tp1\t1\n", test="q2\tp2\t1\n")
    write(tmp_path / "en", test="q2\tp2\t1\n", dev="q2\tp2\t1\n")

    assert beir.splits(tmp_path) == ("test",)


@pytest.mark.parametrize("empty", [{"_id": "e", "text": ""}, {"_id": "e", "title": " ", "text": "\u200b"}])
def test_a_passage_without_text(tmp_path, empty):
    assert len(list(beir.pairs(write(tmp_path / "a", corpus=[*CORPUS, empty]), "en"))) == 2
    with pytest.raises(DataError, match=r"test\.tsv:2: judges the passage 'e', whose text is empty"):
        list(beir.pairs(write(tmp_path / "b", corpus=[*CORPUS, empty], test="q1\te\t0\n"), "en"))


def test_a_compressed_corpus(tmp_path):
    folder = write(tmp_path / "en")
    plain = folder / "corpus.jsonl"
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()

    assert len(list(beir.pairs(folder))) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"corpus": [{"id": "p1", "text": "x"}]}, r"corpus\.jsonl:1: the key '_id' is missing"),
        ({"corpus": [CORPUS[0], {"_id": "p9", "text": 7}]}, r"corpus\.jsonl:2: the key 'text' is not text"),
        ({"corpus": [CORPUS[0], CORPUS[0]]}, r"corpus\.jsonl:2: the id 'p1' is there twice, first in .*:1$"),
        ({"queries": [*QUERIES, QUERIES[1]]}, r"queries\.jsonl:4: the id 'q2' is there twice, first in .*:2$"),
        ({"queries": [{"_id": "q1", "text": " "}]}, r"queries\.jsonl:1: the key 'text' is empty"),
        ({"test": "q1\tp9\t1\n"}, r"test\.tsv:2: judges the passage 'p9', which .*x does not have"),
        ({"test": "q9\tp1\t1\n"}, r"test\.tsv:2: judges the question 'q9', which"),
        ({"test": "q1\tp1\n"}, r"test\.tsv:2: has 2 fields between tabs, not 3"),
        ({"test": "q1\tp1\tyes\n"}, r"test\.tsv:2: score 'yes' is not a number"),
        ({"test": "q1\tp1\tnan\n"}, r"test\.tsv:2: relevance nan is not a finite number"),
        ({"test": "q1\tp1\t1\nq1\tp1\t0\n"}, r"test\.tsv:3: passage 'p1' is judged 0 .*, and 1 in .*test\.tsv:2"),
        ({"dev": "q1\tp1\t1\n", "test": "q1\tp1\t0\n"}, r"test\.tsv:2: passage 'p1' .* 1 in .*dev\.tsv:2"),
    ],
)
def test_the_line_of_what_is_wrong_is_named(tmp_path, change, message):
    folder = write(tmp_path / "x", **change)

    with pytest.raises(DataError, match=message):
        list(beir.pairs(folder, "en"))
    if "p9" not in message:  # of passages that are streamed the judgements' ids are not looked up
        with pytest.raises(DataError, match=message):
            [list(streamed.passages()) for streamed in beir.stream(folder, "en")]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("corpus.jsonl", r"neither the folder nor one in it has a file corpus\.jsonl"),
        ("queries.jsonl", r"has no queries\.jsonl"),
        ("qrels/test.tsv", r"has no judgements qrels/\*\.tsv"),
    ],
)
def test_missing_files(tmp_path, missing, message):
    folder = write(tmp_path / "x")
    (folder / missing).unlink()

    with pytest.raises(DataError, match=message):
        list(beir.pairs(folder, "en"))


def test_passages_that_are_a_title_alone(tmp_path):
    folder = write(tmp_path / "en", corpus=[{"_id": "p1", "title": "Bees", "text": ""}, *CORPUS[1:]])

    assert next(beir.read(folder)).passages["p1"] == "Bees"


def test_two_folders_of_one_language(tmp_path):
    for name in ("zh-CN", "zh_cn"):
        write(tmp_path / name)

    with pytest.raises(DataError, match=r"zh_cn: is in zh-CN, as is .*zh-CN: put them together"):
        list(beir.pairs(tmp_path))


def test_ids_compare_in_nfc_and_alike_judgements_are_counted(tmp_path, caplog):
    corpus = [{"_id": "caf\u00e9", "text": "Bees dance."}]
    folder = write(tmp_path / "en", corpus=corpus, test="q1\tcafe\u0301\t1\nq1\tcaf\u00e9\t1\n")

    assert [pair.passage for pair in beir.pairs(folder)] == ["Bees dance."]
    assert "qrels: judgements that are there more than once, all alike: 1" in caplog.text


def test_a_folder_that_tells_no_language(tmp_path):
    with pytest.raises(DataError, match=r"'insects' is no language code: .* add \?language=CODE"):
        list(beir.pairs(write(tmp_path / "insects")))
