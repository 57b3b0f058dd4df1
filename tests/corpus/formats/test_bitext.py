import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.formats import bitext
from equilingua.corpus.schema import Pair
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError, UsageError


def write(folder, *lines, name="news.tsv"):
    path = folder / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_text_asks_and_answers(tmp_path):
    path = write(tmp_path, "en\tzh_hans", "Bees dance. \t蜜蜂跳舞。", "", "Only English.\t")

    assert list(bitext.of_file(path)) == [
        Pair("news:2", "en", "Bees dance.", "Bees dance.", "news"),
        Pair("news:2", "zh-Hans", "蜜蜂跳舞。", "蜜蜂跳舞。", "news"),
        Pair("news:4", "en", "Only English.", "Only English.", "news"),
    ]


def test_languages_may_be_given_instead_of_a_first_line(tmp_path):
    path = write(tmp_path, "Bees dance.\tBienen tanzen.")

    assert [(pair.group, pair.language) for pair in bitext.of_file(path, "en, de", "mine")] == [
        ("mine:1", "en"),
        ("mine:1", "de"),
    ]


def test_columns_that_ask_and_columns_that_answer(tmp_path):
    header = "group\ten.query\ten.passage\tde.query\tde.passage"
    path = write(tmp_path, header, "bees\tWho?\tBees.\tWer?\tBienen.")

    assert [(pair.group, pair.query, pair.passage) for pair in bitext.of_file(path)] == [
        ("news:bees", "Who?", "Bees."),
        ("news:bees", "Wer?", "Bienen."),
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], r"news\.tsv:1: the first line does not name the columns"),
        (["Bees dance.\tBienen tanzen."], r"news\.tsv:1: the first line does not name the columns .*add \?languages="),
        (["en\ten"], "two columns are in en"),
        (["en\ten.query\ten.passage"], "two columns are in en"),
        (["en.query\tde"], "en needs both en.query and en.passage"),
        (["en.question\tde"], "column 'en.question' is neither CODE, CODE.query nor CODE.passage"),
        (["group"], "no column is in a language"),
        (["en\tde", "one field"], r"news\.tsv:2: has 1 fields between tabs, not 2"),
        (["group\ten", "a\tx", "a\ty"], r"news\.tsv:3: group 'a' is there twice, first in .*:2$"),
        (["en.query\ten.passage", "Who?\t"], r"news\.tsv:2: en\.passage is empty and its other side is not"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, lines, message):
    with pytest.raises(DataError, match=message):
        list(bitext.of_file(write(tmp_path, *lines)))


def test_languages_that_there_are_not(tmp_path):
    path = write(tmp_path, "a\tb")

    with pytest.raises(UsageError, match="unknown language code 'klingonish'"):
        list(bitext.of_file(path, "en,klingonish"))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        list(bitext.of_file(tmp_path / "none.tsv", "en,de"))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: tidy(text) == text)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory, given_texts):
    path = write(tmp_path_factory.mktemp("bitext"), "en\tde", *("\t".join(pair) for pair in given_texts))

    assert [pair.passage for pair in bitext.of_file(path)] == [text for pair in given_texts for text in pair]
