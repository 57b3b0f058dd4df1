import json

import pytest

from equilingua.corpus import specs
from equilingua.corpus.specs import Spec
from equilingua.errors import DataError, UsageError


@pytest.fixture
def collection(tmp_path):
    folder = tmp_path / "my collection?"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "p", "text": "Bienen tanzen."}) + "\n")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "Wer tanzt?"}) + "\n")
    (folder / "qrels/train.tsv").write_text("query-id\tcorpus-id\tscore\nq\tp\t1\n")
    return folder


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("beir:my/folder", Spec("beir", "my/folder")),
        ("beir:my/folder?language=de&split=train", Spec("beir", "my/folder", {"language": "de", "split": "train"})),
        ("squad:C:/data/what?.json", Spec("squad", "C:/data/what?.json")),
        ("squad:what??language=pt-BR", Spec("squad", "what?", {"language": "pt-BR"})),
        ("hub:a/b?query=q&passage=p%20x", Spec("hub", "a/b", {"query": "q", "passage": "p x"})),
    ],
)
def test_specs_are_taken_apart(text, spec):
    assert specs.is_spec(text)
    assert specs.parse(text) == spec


@pytest.mark.parametrize("text", ["starter", "my/pairs.jsonl", "C:/pairs.jsonl", "beir", "file:pairs.jsonl", None])
def test_names_and_paths_are_no_specs(text):
    assert not specs.is_spec(text)


def test_a_path_may_have_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"query": "a b", "group": "x+y"}
    assert specs.parse("my/pairs.csv?query=a%20b&group=x+y") == Spec("jsonl", "my/pairs.csv", options)
    assert specs.parse("C:/pairs.csv") == Spec("jsonl", "C:/pairs.csv")
    (tmp_path / "what?query=x").touch()
    assert specs.parse("what?query=x") == Spec("jsonl", "what?query=x")


def test_a_missing_file_beside_one_of_almost_its_name(tmp_path):
    (tmp_path / "pairs.jsonl").touch()

    with pytest.raises(UsageError, match=r"pairs\.json: no such file or folder: is '.*pairs\.jsonl' meant\?"):
        specs.find(f"{tmp_path}/pairs.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bier:folder", "unknown format 'bier': did you mean 'beir'"),
        ("beir:", "names no path: beir:PLACE"),
        ("hub:?query=q", "names no set"),
        ("hub:a/b?query", "after the question mark come options"),
        ("beir:x?langauge=de", "unknown option of beir: 'langauge': did you mean 'language'"),
        ("beir:x?language=", "option language is empty"),
        ("beir:x?language=de&language=en", "option language is given twice"),
        ("beir:x?language=de&split", "after the question mark come options such as"),
        ("beir:nowhere", "nowhere: no such file or folder"),
        ("my/pairs\udcff.jsonl", "the path is not UTF-8 or holds NUL: rename it"),
        ("my/pairs\0.jsonl", "the path is not UTF-8 or holds NUL: rename it"),
        ("~no-such-user/pairs.jsonl", "~no-such-user/pairs.jsonl: no such file"),
        ("my/pairs.jsonl?qeury=x", "unknown option of jsonl: 'qeury': did you mean 'query'"),
        ("https://example.org/pairs.jsonl", "unknown format 'https': known: beir"),
        ("hub:a/b?query=q", r"which column is the passage\? add passage=COLUMN"),
    ],
)
def test_malformed_specs(text, message):
    with pytest.raises(UsageError, match=message):
        specs.load(text)


def test_a_collection_is_loaded(collection):
    corpus = specs.load(f"beir:{collection}?language=de&source=bees")

    assert [(pair.group, pair.language) for pair in corpus] == [("bees:de/q", "de")]
    assert specs.splits(f"beir:{collection}?language=de") == ("train",)
    assert len(specs.load(f"beir:{collection}?language=de", split="train")) == 1
    with pytest.raises(UsageError, match="unknown split 'test': known: train"):
        specs.load(f"beir:{collection}?language=de", split="test")
    with pytest.raises(UsageError, match="has no splits, so split 'train' cannot be chosen"):
        specs.load(f"beir:{collection}?language=de&split=train", split="train")
    with pytest.raises(UsageError, match="parallel is yes or no, not 'maybe'"):
        specs.load(f"beir:{collection}?language=de&parallel=maybe")
    with pytest.raises(UsageError, match="unknown language 'en': known: de"):
        specs.load(f"beir:{collection}?language=de", languages=["en"])


def test_every_format_of_files_is_loaded(tmp_path):
    qas = [{"id": 1, "question": "Who?", "answers": [{"text": "Bees", "answer_start": 0}]}]
    record = {"data": [{"title": "", "paragraphs": [{"context": "Bees.", "qas": qas}]}]}
    (tmp_path / "en.json").write_text(json.dumps(record))
    (tmp_path / "text.tsv").write_text("Bees.\tBienen.\n")
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs/en.jsonl").write_text('{"group": 1, "language": "en", "query": "Who?", "passage": "Bees."}\n')

    assert specs.load(f"squad:{tmp_path}?source=s").groups == ["s:1"]
    assert specs.load(f"bitext:{tmp_path}/text.tsv?languages=en,de").languages == ["de", "en"]
    assert specs.load(f"jsonl:{tmp_path}/pairs").sources == ["pairs"]


def test_nothing_in_it(tmp_path):
    (tmp_path / "text.tsv").write_text("en\tde\n")

    with pytest.raises(DataError, match=r"bitext:.*text\.tsv: there are no pairs"):
        specs.load(f"bitext:{tmp_path}/text.tsv")
