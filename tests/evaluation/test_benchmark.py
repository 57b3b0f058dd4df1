import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmark import check_name, from_corpus, from_documents, load_benchmark

from .factory import benchmark, paragraph


def relevant(made, group):
    place = made.groups.index(group)
    return made.relevant[made.relevant_offsets[place] : made.relevant_offsets[place + 1]].tolist()


def test_documents_give_every_sentence_as_a_candidate():
    made = from_documents(
        "made",
        {
            "en": [
                paragraph(["One.", "Two."], [("x", "x?", 1)]),
                paragraph(["One.", "Three."], [("y", "y?", 0), ("z", "z?", 0)]),
            ],
            "de": [paragraph(["Eins.", "Zwei."], [("x", "x??", 1)])],
        },
    )
    assert made.languages == ("de", "en")
    assert made.candidates == ["Eins.", "Zwei.", "One.", "Two.", "One.", "Three."]
    assert made.candidate_language.tolist() == [0, 0, 1, 1, 1, 1]
    assert made.candidate_offsets.tolist() == [0, 2, 6]
    assert made.queries == ["x??", "x?", "y?", "z?"]
    assert [made.groups[group] for group in made.query_group] == ["x", "x", "y", "z"]
    assert relevant(made, "x") == [1, 3]
    # The second "One.": its duplicate in another paragraph is a wrong candidate.
    assert relevant(made, "y") == relevant(made, "z") == [4]
    offsets, candidates = made.relevant_to_queries()
    assert offsets.tolist() == [0, 2, 4, 5, 6]
    assert candidates.tolist() == [1, 3, 1, 3, 4, 4]


def test_documents_whose_answer_is_in_no_sentence():
    whole = paragraph(["One.", "Two."], [("x", "x?", 1)])
    cut = dataclasses.replace(whole, sentence_spans=((0, 4), (5, 6)))
    with pytest.raises(DataError, match="en: question x: its answer starts in no sentence"):
        from_documents("made", {"en": [cut]})


def pair(group, language, number, passage_id=None):
    return Pair(group, language, f"query {number}", f"passage {number}", "made", passage_id)


def test_a_corpus_gives_its_passages_by_language():
    made = from_corpus(
        "made",
        ParallelCorpus.from_pairs([pair("a", "en", 1), pair("b", "de", 2), pair("a", "de", 3), pair("b", "en", 4)]),
    )
    assert made.languages == ("de", "en")
    assert made.queries == ["query 1", "query 2", "query 3", "query 4"]
    assert made.query_language.tolist() == [1, 0, 0, 1]
    assert made.candidates == ["passage 2", "passage 3", "passage 1", "passage 4"]
    assert relevant(made, "a") == [1, 2]
    assert relevant(made, "b") == [0, 3]


def test_a_passage_that_answers_two_questions_is_one_candidate_a_language():
    rows = [pair("a", "en", 1, "p"), pair("b", "en", 1, "p"), pair("a", "de", 2, "p"), pair("b", "de", 2, "p")]
    made = from_corpus("made", ParallelCorpus.from_pairs(rows))
    assert made.candidates == ["passage 2", "passage 1"]
    assert relevant(made, "a") == relevant(made, "b") == [0, 1]


def test_an_empty_corpus():
    with pytest.raises(DataError, match="there is no question"):
        from_corpus("made", ParallelCorpus.from_pairs([]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_language": np.array([0, 4], np.int32)}, "query_language: holds an index outside 0 to 3"),
        ({"query_group": np.zeros(3, np.int32)}, r"query_group: has shape \(3,\), expected \(2,\)"),
        ({"candidate_language": np.array([1, 0], np.int32)}, "candidate_language: is not ascending"),
        ({"relevant": np.array([0, 7])}, "relevant: holds an index outside 0 to 1"),
        ({"relevant": np.array([1, 1])}, "relevant: is not ascending and distinct within a group"),
        ({"relevant_offsets": np.array([0, 1])}, "relevant_offsets: does not divide"),
        ({"languages": ("de", "de", "en", "hi")}, "languages: a code is there twice"),
        ({"candidates": []}, "candidates: there is no candidate"),
    ],
)
def test_contradictions_are_named(change, message):
    sound = benchmark([0, 1], [0, 0], [0, 1], [[0, 1]])
    with pytest.raises(DataError, match=message):
        dataclasses.replace(sound, **change)


def test_names_are_checked_before_loading(tmp_path):
    assert check_name("xquad-r") == "xquad-r"
    with pytest.raises(UsageError, match="unknown benchmark 'xquadr': did you mean 'xquad-r'"):
        check_name("xquadr")
    with pytest.raises(UsageError, match="no such file; give a registered set"):
        check_name(tmp_path / "pairs.jsonl")


def test_a_file_of_pairs(tmp_path):
    file = tmp_path / "pairs.jsonl"
    line = '{{"group": "g{0}", "language": "{1}", "query": "q{0}{1}", "passage": "p{0}{1}"}}\n'
    file.write_text("".join(line.format(group, code) for group in (1, 2) for code in ("en", "zh-hans", "de")), "utf-8")
    made = load_benchmark(file, ["en", "zh-Hans"])
    assert made.name == str(file)
    assert made.languages == ("en", "zh-Hans")
    assert made.candidates == ["p1en", "p2en", "p1zh-hans", "p2zh-hans"]
    with pytest.raises(UsageError, match="unknown language 'fr'"):
        load_benchmark(file, ["fr"])


def test_the_starter_set_means_its_test_split():
    starter = pytest.importorskip("equilingua.corpus.sources.starter")
    made = load_benchmark("starter")
    assert len(made.queries) == len(starter.load("test"))
    assert len(made.languages) >= 12


@pytest.fixture
def mirror(monkeypatch):
    folder = Path(os.environ.get("EQUILINGUA_MIRROR", Path(__file__).parents[3] / "shared" / "data"))
    if not (folder / "eval" / "xquad-r").is_dir():
        pytest.skip("XQuAD-R and MLQA-R are not here: set EQUILINGUA_MIRROR to a folder that has them")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(folder))


@pytest.mark.parametrize(
    ("name", "languages", "queries", "groups", "candidates"),
    [("xquad-r", 11, 13_090, 1_190, 13_014), ("mlqa-r", 7, 4_199, 1_148, 20_534)],
)
@pytest.mark.usefixtures("mirror")
def test_published_counts(name, languages, queries, groups, candidates):
    made = load_benchmark(name)
    assert (len(made.languages), len(made.queries), len(made.groups), len(made.candidates)) == (
        languages,
        queries,
        groups,
        candidates,
    )
    # One gold sentence for each translation of a question.
    assert len(made.relevant) == queries
    some = load_benchmark(name, ["en", "zh"])
    assert some.languages == ("en", "zh")
    assert (
        len(some.candidates)
        == (np.isin(made.candidate_language, [made.languages.index(c) for c in ("en", "zh")])).sum()
    )
