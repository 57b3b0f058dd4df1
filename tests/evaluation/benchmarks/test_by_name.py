import json
import os
from pathlib import Path

import numpy as np
import pytest

from equilingua.corpus import registry
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.by_name import check_name, load_benchmark, names, open_benchmark
from equilingua.evaluation.benchmarks.collection import Collection
from tests.evaluation.benchmarks.reading import answers


def test_names_are_checked_before_loading(tmp_path):
    assert check_name("xquad-r") == "xquad-r"
    with pytest.raises(UsageError, match="unknown benchmark 'xquadr': did you mean 'xquad-r'"):
        check_name("xquadr")
    with pytest.raises(UsageError, match="no such file or folder"):
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


def test_every_set_has_a_name():
    assert set(registry.sets()) <= set(names())
    for name in ("xquad-r:paragraph", "mlqa-r:paragraph", "lareqa", "lareqa:paragraph", "miracl", "tatoeba", "afriqa"):
        assert check_name(name) == name


@pytest.mark.parametrize("name", ["xquad-r:paragraphs", "starter:paragraph", "miracle"])
def test_unknown_names_have_a_nearest(name):
    with pytest.raises(UsageError, match=f"unknown benchmark '{name}': did you mean"):
        check_name(name)


def test_a_malformed_spec_is_found_before_loading():
    with pytest.raises(UsageError, match="unknown option of beir"):
        check_name("beir:somewhere?languages=de")


@pytest.mark.usefixtures("mirror")
def test_lareqa_is_xquad_r_under_another_name():
    lareqa, xquad = load_benchmark("lareqa", ["en", "de"]), load_benchmark("xquad-r", ["en", "de"])
    assert lareqa.name == "lareqa"
    assert (lareqa.queries, lareqa.candidates) == (xquad.queries, xquad.candidates)
    assert np.array_equal(lareqa.relevant, xquad.relevant)
    longer = load_benchmark("lareqa:paragraph", ["en", "de"])
    assert all(text.startswith(f"{short}\n") for text, short in zip(longer.candidates, lareqa.candidates, strict=True))


def beir_folder(folder, passages, questions, judged):
    (folder / "qrels").mkdir(parents=True)
    for name, texts in (("corpus", passages), ("queries", questions)):
        lines = [json.dumps({"_id": identity, "text": text}) + "\n" for identity, text in texts.items()]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    lines = [f"{question}\t{passage}\t{score}\n" for question, passage, score in judged]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(lines))
    return folder


def test_a_folder_of_beir_offers_all_its_passages(tmp_path, caplog):
    for language in ("de", "en"):
        beir_folder(
            tmp_path / "set" / language,
            {"p1": f"bees {language}", "p2": f"ants {language}", "p3": f"nobody asks {language}"},
            {"q1": f"dance {language}?", "q2": f"walk {language}?", "q3": f"why {language}?"},
            [("q1", "p1", 1), ("q1", "p2", 0), ("q2", "p2", 2), ("q3", "p3", 0)],
        )
    made = load_benchmark(f"beir:{tmp_path / 'set'}")
    assert made.candidates == ["bees de", "ants de", "nobody asks de", "bees en", "ants en", "nobody asks en"]
    assert answers(made) == {
        ("de", "dance de?"): ["bees de"],
        ("de", "walk de?"): ["ants de"],
        ("en", "dance en?"): ["bees en"],
        ("en", "walk en?"): ["ants en"],
    }
    assert made.query_ids == ["q1", "q2", "q1", "q2"]
    assert made.candidate_ids == ["p1", "p2", "p3"] * 2
    assert made.dropped == {"questions_without_relevant_passage": 2}
    assert "left out questions with no relevant passage: de 1, en 1" in caplog.text
    parallel = load_benchmark(f"beir:{tmp_path / 'set'}?parallel=yes")
    assert answers(parallel)["en", "walk en?"] == ["ants de", "ants en"]
    assert load_benchmark(f"beir:{tmp_path / 'set'}", ["en"]).languages == ("en",)
    with pytest.raises(UsageError, match=r"unknown language of beir.* 'fr'"):
        load_benchmark(f"beir:{tmp_path / 'set'}", ["fr"])


def test_a_language_with_questions_only(tmp_path):
    beir_folder(tmp_path / "set" / "en", {"p": "bees"}, {"q": "dance?"}, [("q", "p", 1)])
    beir_folder(tmp_path / "set" / "de", {"p": "Bienen"}, {"q": "Tanz?"}, [("q", "p", 1)])
    (tmp_path / "set" / "de" / "corpus.jsonl").unlink()
    with pytest.raises(DataError, match=r"de: has questions but no corpus\.jsonl"):
        load_benchmark(f"beir:{tmp_path / 'set'}")


def test_a_large_folder_is_opened_and_not_read(tmp_path, monkeypatch):
    from equilingua.evaluation.benchmarks import published

    folder = beir_folder(tmp_path / "en", {"p": "bees", "o": "ants"}, {"q": "dance?"}, [("q", "p", 1)])
    monkeypatch.setattr(published, "STREAMED_FROM", 10)
    opened = open_benchmark(f"beir:{folder}")
    assert isinstance(opened, Collection)
    assert opened.in_memory().candidates == ["bees", "ants"]
    assert load_benchmark(f"beir:{folder}").candidates == ["bees", "ants"]


@pytest.mark.parametrize("streamed", [False, True])
def test_empty_passages_are_left_out_and_counted(tmp_path, caplog, monkeypatch, streamed):
    from equilingua.evaluation.benchmarks import published

    if streamed:
        monkeypatch.setattr(published, "STREAMED_FROM", 10)
    passages = {"p": "bees", "e": "", "s": " \u200b"}
    made = load_benchmark(f"beir:{beir_folder(tmp_path / 'en', passages, {'q': 'dance?'}, [('q', 'p', 1)])}")

    assert made.candidates == ["bees"]
    assert made.dropped == {"empty_passages": 2}
    assert "left out passages without text: 2" in caplog.text
    judged = beir_folder(tmp_path / "judged" / "en", passages, {"q": "dance?"}, [("q", "e", 1)])
    with pytest.raises(DataError, match=r"passage 'e'.* empty"):
        load_benchmark(f"beir:{judged}")


@pytest.mark.parametrize(("split", "said"), [("test", False), ("dev", True), ("train", True)])
def test_an_only_split_that_is_no_test_is_said(tmp_path, caplog, split, said):
    folder = beir_folder(tmp_path / "en", {"p": "bees"}, {"a": "dance?"}, [("a", "p", 1)])
    (folder / "qrels/test.tsv").rename(folder / f"qrels/{split}.tsv")

    load_benchmark(f"beir:{folder}")
    assert (f"its only split is '{split}', which is measured" in caplog.text) is said


def test_the_test_split_of_a_folder_is_measured_and_said(tmp_path, caplog):
    questions = {"a": "dance?", "b": "walk?"}
    folder = beir_folder(tmp_path / "en", {"p": "bees", "o": "ants"}, questions, [("a", "p", 1)])
    (folder / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nb\to\t1\n")

    made = load_benchmark(f"beir:{folder}")
    assert answers(made) == {("en", "dance?"): ["bees"]}
    assert "of its splits test, train, 'test' is measured; ?split= chooses" in caplog.text
    assert answers(load_benchmark(f"beir:{folder}?split=train")) == {("en", "walk?"): ["ants"]}
    for old, new, measured in (("test", "dev", "'dev'"), ("dev", "more", "all")):
        (folder / f"qrels/{old}.tsv").rename(folder / f"qrels/{new}.tsv")
        assert len(load_benchmark(f"beir:{folder}").queries) == (2 if measured == "all" else 1)
        assert f"{measured} is measured" in caplog.text


def test_no_question_has_a_relevant_passage(tmp_path):
    folder = beir_folder(tmp_path / "en", {"p": "bees"}, {"q": "dance?"}, [("q", "p", 0)])
    with pytest.raises(DataError, match=r"no question with a relevant passage \(of 1 questions\)"):
        load_benchmark(f"beir:{folder}")
