import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.by_name import load_benchmark, open_benchmark
from equilingua.evaluation.benchmarks.collection import Collection
from tests.corpus.formats.hub_mirror import Mirror
from tests.evaluation.benchmarks.reading import answers


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    made = Mirror(tmp_path)
    for language in ("sw", "yo"):
        folder = f"miracl/miracl/miracl-v1.0-{language}"
        made.text(f"{folder}/topics/topics.miracl-v1.0-{language}-dev.tsv", f"1\t{language}?\n2\tother {language}?\n")
        made.text(
            f"{folder}/qrels/qrels.miracl-v1.0-{language}-dev.tsv", "1\tQ0\ta#0\t1\n1\tQ0\tb#0\t0\n2\tQ0\tc#0\t1\n"
        )
        for number, documents in enumerate((["a#0", "a#1"], ["b#0", "c#0"])):
            lines = [{"docid": document, "title": "T", "text": f"{language} {document}"} for document in documents]
            made.jsonl(f"miracl/miracl-corpus/miracl-corpus-v1.0-{language}/docs-{number}.jsonl.gz", lines)
    return made


@pytest.mark.usefixtures("mirror")
def test_miracl_ranks_every_passage():
    assert isinstance(open_benchmark("miracl", ["sw"]), Collection)
    made = load_benchmark("miracl", ["yo", "sw"])
    assert made.languages == ("sw", "yo")
    assert made.candidates[:4] == ["T\nsw a#0", "T\nsw a#1", "T\nsw b#0", "T\nsw c#0"]
    assert made.query_ids == ["1", "2", "1", "2"]
    assert answers(made)["yo", "other yo?"] == ["T\nyo c#0"]
    with pytest.raises(UsageError, match="unknown language of miracl dev 'pt'"):
        open_benchmark("miracl", ["pt"])


def test_codes_of_one_language_in_a_collection_are_named(tmp_path, caplog):
    for code in ("nb", "no"):
        (tmp_path / code / "qrels").mkdir(parents=True)
        for name in ("corpus", "queries"):
            (tmp_path / code / f"{name}.jsonl").write_text('{"_id": "1", "text": "x"}')
        (tmp_path / code / "qrels/test.tsv").write_text("1\t1\t1\n")

    assert load_benchmark(f"beir:{tmp_path}").languages == ("nb", "no")
    assert f"beir:{tmp_path}: nb and no count as 2 languages and may be one" in caplog.text


def test_a_collection_keeps_passages_of_equal_text_and_counts_them(tmp_path, caplog):
    (tmp_path / "en/qrels").mkdir(parents=True)
    passages = "".join(f'{{"_id": "{number}", "text": "{text}"}}\n' for number, text in enumerate("xxyx"))
    (tmp_path / "en/corpus.jsonl").write_text(passages)
    (tmp_path / "en/queries.jsonl").write_text('{"_id": "1", "text": "x?"}')
    (tmp_path / "en/qrels/test.tsv").write_text("1\t1\t1\n")

    assert load_benchmark(f"beir:{tmp_path}").candidates == ["x", "x", "y", "x"]
    assert "passages that repeat another's text: 2; each is ranked on its own, as published" in caplog.text


def test_a_judged_passage_that_is_not_published(mirror):
    mirror.text("miracl/miracl/miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv", "1\tQ0\tz#9\t1\n")
    with pytest.raises(DataError, match="miracl: sw: passage 'z#9', which answers question '1', is not in the pool"):
        load_benchmark("miracl", ["sw"])


def test_mr_tydi_ranks_every_passage(mirror):
    record = {
        "query_id": "1",
        "query": "nani?",
        "positive_passages": [{"docid": "5#1", "title": "T", "text": "b"}],
        "negative_passages": [],
    }
    mirror.jsonl("castorini/mr-tydi/mrtydi-v1.1-swahili/test.jsonl.gz", [record])
    passages = [{"docid": f"5#{number}", "title": "T", "text": text} for number, text in enumerate("abc")]
    mirror.jsonl("castorini/mr-tydi-corpus/mrtydi-v1.1-swahili/corpus.jsonl.gz", passages)
    made = load_benchmark("mr-tydi", ["sw"])
    assert made.candidates == ["T\na", "T\nb", "T\nc"]
    assert answers(made) == {("sw", "nani?"): ["T\nb"]}
