import pytest

from equilingua.corpus import specs
from equilingua.corpus.formats.hub_columns import columns, of_columns
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror

pytest.importorskip("datasets", reason="the extra 'hub' is not installed")

ROWS = [
    {"id": 7, "q": "Who? ", "p": ["Bees.", "Ants."], "lang": "en", "more": {"title": "Insects"}, "bad": ["Cars."]},
    {"id": 8, "q": "Wer?", "p": ["Bienen."], "lang": "de", "more": {"title": ""}, "bad": []},
]
MAPPING = {"query": "q", "passage": "p.0"}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    return Mirror(tmp_path)


def test_rows_that_say_their_language(mirror):
    mirror.jsonl("a/b/train.jsonl", ROWS)
    options = {
        "language_column": "lang",
        "group": "id",
        "title": "more.title",
        "negatives": "bad",
        "passage_id": "id+q",
    }

    assert list(of_columns(columns("a/b", MAPPING | options))) == [
        Pair("a/b:7", "en", "Who?", "Insects\nBees.", "a/b", "7+Who? ", ("Cars.",)),
        Pair("a/b:8", "de", "Wer?", "Bienen.", "a/b", "8+Wer?"),
    ]
    assert [pair.query for pair in of_columns(columns("a/b", MAPPING | options), ["de"])] == ["Wer?"]


def test_a_configuration_for_each_language(mirror):
    configs = "".join(
        f"- config_name: {code}\n  data_files:\n  - split: test\n    path: {code}.parquet\n" for code in ("deu", "eng")
    )
    mirror.text("a/b/README.md", f"---\nconfigs:\n{configs}---\n")
    for code, text in (("deu", "Wer?"), ("eng", "Who?")):
        mirror.parquet(f"a/b/{code}.parquet", [{"q": text, "p": ["…"]}, {"q": text, "p": ["!"]}])
    options = {"config": "{language}", "split": "test", "language": "de:deu,en:eng", "limit": "1"}
    mapping = columns("a/b", MAPPING | options)

    assert [(pair.group, pair.language, pair.query) for pair in of_columns(mapping)] == [
        ("a/b:deu/test/1", "de", "Wer?"),
        ("a/b:eng/test/1", "en", "Who?"),
    ]
    assert [pair.language for pair in of_columns(mapping, ["en"])] == ["en"]
    with pytest.raises(UsageError, match="unknown language of a/b 'fr': known: de, en"):
        list(of_columns(mapping, ["fr"]))


def test_a_spec_loads_a_set(mirror):
    mirror.jsonl("a/b/train.jsonl", ROWS)

    corpus = specs.load("hub:a/b?query=q&passage=p.0&language=en&limit=1")
    assert [(pair.group, pair.language, pair.passage) for pair in corpus] == [("a/b:train/1", "en", "Bees.")]


def test_a_passage_id_with_two_texts_names_both_rows(mirror):
    mirror.jsonl("a/b/train.jsonl", [ROWS[0], ROWS[0] | {"p": ["Wasps."]}])

    with pytest.raises(
        DataError, match="a/b:train: row 2: passage_id '7' has another en text than in a/b:train: row 1: "
    ):
        specs.load("hub:a/b?query=q&passage=p.0&language=en&passage_id=id")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"qeury": "q"}, "unknown option of hub: 'qeury': did you mean 'query'"),
        ({"passage": "p"}, r"which column is the query\?"),
        (MAPPING, "give either the language .* or the column"),
        (MAPPING | {"language": "de", "language_column": "lang"}, "give either the language"),
        (MAPPING | {"language": "de,en"}, r"several languages need \{language\}"),
        (MAPPING | {"config": "{language}", "language_column": "lang"}, r"\{language\} stands for nothing"),
        (MAPPING | {"language": "klingonish"}, "unknown language code 'klingonish'"),
        (MAPPING | {"language": "de", "limit": "0"}, "limit is a whole number of rows above 0, not '0'"),
        (MAPPING | {"language": "de", "stream": "maybe"}, "stream is yes or no, not 'maybe'"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(UsageError, match=message):
        columns("a/b", options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query": "question"}, "a/b:train: row 1: there is no column 'question': there are id, q, p, lang, more, bad"),
        ({"passage": "p"}, "row 1: column 'p' holds list, not text; take its first with 'p.0'"),
        ({"passage": "p.1"}, r"row 2: column 'p\.1' is empty"),
        ({"passage": "q.x"}, "row 1: column 'q.x': str has no 'x'"),
        ({"group": "more"}, "row 1: column 'more' is no id: it holds dict"),
        ({"negatives": "id"}, "row 1: column 'id' is not a list of texts"),
        ({"language": "", "language_column": "q"}, r"row 1: column 'q': unknown language code 'Who\?'"),
    ],
)
def test_rows_that_do_not_fit_are_named(mirror, options, message):
    mirror.jsonl("a/b/train.jsonl", ROWS)

    with pytest.raises(DataError, match=message):
        list(of_columns(columns("a/b", MAPPING | {"language": "de"} | options)))
