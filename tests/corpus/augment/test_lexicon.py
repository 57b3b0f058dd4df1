"""Lexicons: read, written, and induced from parallel texts."""

from random import Random

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from equilingua.corpus.augment.lexicon import (
    Induction,
    Lexicon,
    induce,
    linked_words,
    log_likelihood_ratio,
    parallel_queries,
    written_forms,
)
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError


def test_a_table_is_read_and_written(tmp_path):
    path = tmp_path / "en-gl.tsv"
    path.write_text(
        "\ufeffTable\ttáboa\t0.9\n\n# a remark\ntable\tmesa\ntable\ttáboa\nname\tName\nrow\tfila\n", encoding="utf-8"
    )

    lexicon = Lexicon.read(path, "en", "glg")
    assert lexicon == Lexicon("en", "gl", {"table": ("táboa", "mesa"), "row": ("fila",)})
    lexicon.write(path)
    assert path.read_text(encoding="utf-8") == "table\ttáboa\ntable\tmesa\nrow\tfila\n"
    assert Lexicon.read(path, "en", "gl") == lexicon


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"row\tfila\ncolumn columna\n", r"lexicon\.tsv:2: not a word, a tab and its translation"),
        (b"row\t\n", r"lexicon\.tsv:1: not a word"),
        (b"# nothing\n", "has no entries"),
        (b"row\tfila\n\xff\xfe", r"lexicon\.tsv:2: byte 1 of the line is not UTF-8"),
    ],
)
def test_a_table_with_a_mistake(tmp_path, content, message):
    path = tmp_path / "lexicon.tsv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        Lexicon.read(path, "en", "gl")


def test_a_missing_table_and_an_unknown_language(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        Lexicon.read(tmp_path / "none.tsv", "en", "gl")
    with pytest.raises(UsageError, match="unknown language code"):
        Lexicon.from_pairs("en", "galego", [("row", "fila")])


PAIRS = {
    "insert": "inserir",
    "delete": "eliminar",
    "table": "táboa",
    "row": "fila",
    "page": "páxina",
    "style": "estilo",
}


def headings(count, seed=0):
    """Two or three words in any order, with function words of each language between them."""
    draw = Random(seed)
    found = []
    for _ in range(count):
        chosen = draw.sample(sorted(PAIRS), draw.choice([2, 3]))
        other = [PAIRS[word] for word in chosen]
        draw.shuffle(other)
        found.append((" the ".join(chosen), " da ".join(other)))
    return found


def test_a_known_dictionary_is_found_again():
    # What stands in every heading is not among them: no count can tell that it belongs together.
    assert dict(linked_words(headings(300), Induction())) == PAIRS


def test_words_that_always_come_together_are_told_apart_once_the_sure_links_explain_them():
    # "page" and "style" come together nine times in ten, so that each goes nearly as well with the other's translation.
    segments = [("page style", "páxina estilo")] * 90 + [("page", "páxina")] * 10 + [("row", "fila")] * 100
    assert dict(linked_words(segments, Induction())) == {"page": "páxina", "style": "estilo", "row": "fila"}
    later = [("rare page", "raro páxina")] * 4 + [("page", "páxina")] * 6 + [("row", "fila")] * 100
    assert ("rare", "raro") in linked_words(later, Induction())


def test_chance_links_nothing():
    draw = Random(0)
    one, other = [f"a{chr(97 + n)}" for n in range(26)], [f"b{chr(97 + n)}" for n in range(26)]
    segments = [(" ".join(draw.sample(one, 4)), " ".join(draw.sample(other, 4))) for _ in range(500)]

    assert linked_words(segments, Induction(dice=0.1, likelihood=15)) == []


def test_rare_words_and_a_low_coefficient_are_left_out():
    segments = [("insert x", "inserir y")] * 2 + [("insert", "inserir"), ("row", "fila"), ("row", "fila"), ("row", "o")]
    segments += [("delete", "eliminar")] * 50

    assert dict(linked_words(segments, Induction())) == {"insert": "inserir", "delete": "eliminar"}


def test_the_likelihood_ratio_is_scipys():
    together, one, other, whole = np.array([8.0, 3.0, 0.0]), np.array([10.0, 3.0, 5.0]), np.array([9.0, 40.0, 7.0]), 100
    tables = [[[t, a - t], [b - t, whole - a - b + t]] for t, a, b in zip(together, one, other, strict=True)]
    theirs = [chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic for table in tables]

    assert np.allclose(log_likelihood_ratio(together, one, other, whole), theirs)


def test_words_are_written_as_they_are_within_texts():
    forms = written_forms(["Zeile im Fenster", "Fenster schließen", "Schließen", "Im Ziel"], "de")
    assert forms == {"zeile": "zeile", "im": "im", "fenster": "Fenster", "schliessen": "schließen", "ziel": "Ziel"}
    assert written_forms(["Σελίδας", "της σελίδας"], "el")["σελίδασ"] == "σελίδας"
    assert written_forms(["İçe Isı"], "tr") == {"i\u0307çe": "içe", "isı": "Isı"}


def test_a_corpus_gives_the_queries_of_groups_that_have_both():
    corpus = ParallelCorpus.from_pairs(
        [
            Pair("2", "gl", "fila", "p", "s"),
            Pair("1", "gl", "táboa", "p", "s"),
            Pair("2", "en", "row", "p", "s"),
            Pair("2", "en", "row again", "p", "s"),
            Pair("3", "en", "page", "p", "s"),
            Pair("1", "en", "table", "p", "s"),
            Pair("4", "ja", "表", "p", "s"),
        ]
    )

    assert parallel_queries(corpus, "en", "gl") == [("row", "fila"), ("table", "táboa")]
    assert induce(corpus, "en", "gl", Induction(together=1, likelihood=0)).entries == {
        "row": ("fila",),
        "table": ("táboa",),
    }
    with pytest.raises(UsageError, match="ja cannot be told apart"):
        induce(corpus, "en", "ja")
    with pytest.raises(UsageError, match="unknown language 'de'"):
        induce(corpus, "en", "de")


def test_no_group_in_common_and_settings_out_of_range():
    corpus = ParallelCorpus.from_pairs([Pair("1", "en", "row", "p", "s"), Pair("2", "gl", "fila", "p", "s")])

    with pytest.raises(UsageError, match="no group has both en and gl"):
        induce(corpus, "en", "gl")
    with pytest.raises(UsageError, match="must be 1 or more"):
        Induction(together=0)
