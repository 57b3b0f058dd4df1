import gzip
import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.errors import DataError, UsageError
from equilingua.evaluation import trec
from equilingua.evaluation.counting import count
from equilingua.evaluation.evaluate import evaluate_scores, evaluate_vectors
from equilingua.evaluation.identifiers import candidate_ids, question_ids
from equilingua.evaluation.results import Evaluation
from equilingua.evaluation.scores import VectorScores
from tests.evaluation.factory import CODES, Case, benchmark, random_case

CUT = ("recall@1", "recall@10", "ndcg@10")


def distinct_case(rng, queries=12, candidates=400, groups=5):
    """Random vectors of many dimensions: no two scores are the same."""
    chosen = [rng.choice(candidates, rng.integers(1, 6), replace=False) for _ in range(groups)]
    made = benchmark(
        rng.integers(0, len(CODES), queries),
        rng.integers(0, groups, queries),
        np.sort(rng.integers(0, len(CODES), candidates)),
        chosen,
    )
    vectors = rng.standard_normal((queries + candidates, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Case(made, vectors[:queries], vectors[queries:])


def counted(case):
    return count(VectorScores(case.queries, case.candidates), case.benchmark)


@pytest.fixture(scope="module")
def case():
    return distinct_case(np.random.default_rng(3))


@pytest.fixture
def run(case, tmp_path):
    path = tmp_path / "made.run"
    trec.write_run(path, case.benchmark, counted(case), "our tag")
    return path


def test_a_run_lists_the_best_hundred_in_order(case, run):
    questions, candidates = question_ids(case.benchmark), candidate_ids(case.benchmark)
    lines = [line.split(" ") for line in run.read_text("utf-8").splitlines()]
    assert len(lines) == 100 * len(questions)
    for number, question in enumerate(questions):
        order = np.argsort(-case.scores[number])[:100]
        listed = lines[100 * number : 100 * (number + 1)]
        assert [line[0] for line in listed] == [question] * 100
        assert [line[2] for line in listed] == [candidates[place] for place in order]
        assert [int(line[3]) for line in listed] == list(range(1, 101))
        assert np.allclose([float(line[4]) for line in listed], case.scores[number][order], atol=1e-6)
        assert {(line[1], line[5]) for line in listed} == {("Q0", "our-tag")}


def test_a_run_read_back_gives_the_same_cut_figures(case, run):
    own = evaluate_vectors(case.queries, case.candidates, case.benchmark)
    read = evaluate_scores(trec.RunScores(run).scores(case.benchmark), case.benchmark)
    pool = own.settings["multilingual"], read.settings["multilingual"]
    for metric in CUT:
        assert np.array_equal(pool[0].values[metric], pool[1].values[metric])
    assert own.bias.mean()["same_language_top1"] == read.bias.mean()["same_language_top1"]


def test_scores_read_back_are_the_same_numbers(case, run):
    counts = counted(case)
    listed = trec.RunScores(run).scores(case.benchmark)
    out = np.empty((5, len(case.benchmark.candidates)), np.float32)
    listed.block(4, 9, out)
    for row, question in enumerate(range(4, 9)):
        assert np.array_equal(out[row, counts.top[question]], counts.top_scores[question])
        assert np.count_nonzero(out[row] > -np.inf) == 100


def test_trec_eval_reads_the_files_and_finds_the_same(case, run, tmp_path):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    qrels = tmp_path / "made.qrels"
    trec.write_qrels(qrels, case.benchmark)
    with qrels.open() as judged, run.open() as listed:
        evaluator = pytrec_eval.RelevanceEvaluator(pytrec_eval.parse_qrel(judged), {"ndcg_cut.10", "recall.1,10"})
        theirs = evaluator.evaluate(pytrec_eval.parse_run(listed))
    ours = evaluate_vectors(case.queries, case.candidates, case.benchmark).settings["multilingual"]
    names = question_ids(case.benchmark)
    assert len(theirs) == len(ours.question)
    for row, question in enumerate(ours.question):
        for metric, measure in zip(CUT, ("recall_1", "recall_10", "ndcg_cut_10"), strict=True):
            assert ours.values[metric][row] == pytest.approx(theirs[names[question]][measure])


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_ties_survive_the_round_trip(tmp_path_factory, seed):
    case = random_case(np.random.default_rng(seed), candidates=60)
    counts = counted(case)
    path = tmp_path_factory.mktemp("run") / "made.run"
    trec.write_run(path, case.benchmark, counts, "x")
    # All 60 candidates fit in the list, so every figure is the same.
    again = count(trec.RunScores(path).scores(case.benchmark), case.benchmark)
    for attribute in ("score", "pool_at_or_above", "pool_above", "own_at_or_above", "own_above", "best", "top"):
        assert np.array_equal(getattr(counts, attribute), getattr(again, attribute)), attribute


def test_the_listed_ones_stand_above_all_others(tmp_path):
    made = benchmark([0], [0], [0] * 130, [[5, 6]])
    path = tmp_path / "x.run"
    path.write_text("de:group%200 Q0 de:5 1 -3.5 x\n")
    counts = count(trec.RunScores(path).scores(made), made)
    assert counts.pool_at_or_above.tolist() == [1, 130]
    assert counts.pool_above.tolist() == [0, 1]
    assert counts.top[0, 0] == 5
    trec.write_run(tmp_path / "again.run", made, counts, "x")
    assert (tmp_path / "again.run").read_text().splitlines() == ["de:group%200 Q0 de:5 1 -3.5 x"]


def test_places_follow_from_scores_not_from_ranks(tmp_path):
    made = benchmark([0], [0], [0, 0], [[1]])
    path = tmp_path / "x.run.gz"
    with gzip.open(path, "wt") as file:
        file.write("de:group%200\tQ0\tde:0\t1\t0.5\tx\n\nde:group%200 Q0 de:1 2 0.75 x\n")
    counts = count(trec.RunScores(path).scores(made), made)
    assert counts.top[0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("de:group%200 Q0 de:0 1 0.5", ":1: has 5 fields, not the six of a run"),
        ("de:group%200 Q0 de:0 1 high x", ":1: score 'high' is not a number"),
        ("de:group%200 Q0 de:0 1 nan x", ":1: score 'nan' cannot be ranked"),
        ("de:group%200 Q0 de:0 1 1e39 x", ":1: score '1e39' cannot be ranked"),
        (
            "de:group%200 Q0 de:0 1 1 x\nfr:q Q0 de:0 1 1 x\nde:group%200 Q0 de:9 1 1 x\nfr:q Q0 de:9 1 1 x",
            ":2: question 'fr:q' is not in made, which names them like 'de:group%200' (and 1 more unknown ids)",
        ),
        ("\nde:group%200 Q0 de:9 1 1 x", ":2: candidate 'de:9' is not in made, which names them like 'de:0'"),
        (
            "de:group%200 Q0 de:0 1 1 x\nen:group%200 Q0 de:0 1 1 x\nde:group%200 Q0 de:0 2 0 x\n",
            ":3: 'de:group%200' lists 'de:0' a second time, after line 1",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path, lines, message):
    made = benchmark([0, 1], [0, 0], [0, 1], [[0]])
    path = tmp_path / "x.run"
    path.write_text(lines)
    with pytest.raises(DataError) as error:
        trec.RunScores(path).scores(made)
    assert str(error.value).startswith(f"{path}{message}")


def test_questions_without_a_line_are_counted(tmp_path, caplog):
    made = benchmark([0, 1, 2], [0, 0, 0], [0, 1], [[0]])
    path = tmp_path / "x.run"
    path.write_text("en:group%200 Q0 de:0 1 1 x\n")
    done = []
    with caplog.at_level(logging.WARNING):
        listed = trec.RunScores(path).scores(made, done.append)
    assert "lists nothing for 2 of 3 questions of made" in caplog.text
    assert done == [3]
    assert count(listed, made).pool_at_or_above.tolist() == [2, 1, 2]


def test_an_empty_run_answers_nothing(tmp_path):
    made = benchmark([0], [0], [0, 1], [[0]])
    path = tmp_path / "x.run"
    path.write_text("")
    assert count(trec.RunScores(path).scores(made), made).pool_at_or_above.tolist() == [2]


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        trec.RunScores(tmp_path / "none.run").scores(benchmark([0], [0], [0], [[0]]))


def test_qrels_read_back_are_the_relevance(case, tmp_path):
    path = tmp_path / "made.qrels"
    trec.write_qrels(path, case.benchmark)
    bare = replace(
        case.benchmark,
        relevant_offsets=np.zeros_like(case.benchmark.relevant_offsets),
        relevant=np.zeros(0, np.int64),
    )
    read = trec.with_qrels(bare, path)
    asked = np.unique(case.benchmark.query_group)
    for group in asked:
        own, found = (
            each.relevant[each.relevant_offsets[group] : each.relevant_offsets[group + 1]]
            for each in (case.benchmark, read)
        )
        assert np.array_equal(own, found)


def test_qrels_may_judge_some_questions_and_grade(tmp_path):
    made = benchmark([0, 1], [0, 1], [0, 1], [[0, 1], [0]])
    path = tmp_path / "x.qrels"
    path.write_text("en:group%201 0 en:0 2\nen:group%201 0 de:0 0\n")
    read = trec.with_qrels(made, path)
    assert (read.relevant_offsets.tolist(), read.relevant.tolist()) == ([0, 0, 1], [1])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("de:group%200 0 de:0 1\nfr:q 0 de:0 1\nfr:q 0 de:8 1\n", ":2: question 'fr:q' is not in made, which"),
        ("de:group%200 0 de:8 1\n", ":1: candidate 'de:8' is not in made"),
        ("de:group%200 0 de:0 1\n", ": question 'en:group%200' is judged otherwise than 'de:group%200'"),
        ("de:group%200 0 de:0\n", ":1: is not a question id, Q0, a passage id and a relevance"),
    ],
)
def test_bad_qrels_are_named(tmp_path, lines, message):
    made = benchmark([0, 1], [0, 0], [0, 1], [[0]])
    path = tmp_path / "x.qrels"
    path.write_text(lines)
    with pytest.raises(DataError) as error:
        trec.with_qrels(made, path)
    assert str(error.value).startswith(f"{path}{message}")


def test_an_evaluation_is_written_whole(case, tmp_path):
    result = evaluate_vectors(case.queries, case.candidates, replace(case.benchmark, name="a/b.jsonl"))
    files = trec.write_evaluation(tmp_path / "new", Evaluation("embedded:base", "center", {"a/b.jsonl": result}))
    assert [file.name for file in files] == ["a-b.jsonl.embedded-base+center.run", "a-b.jsonl.qrels"]
    assert files[0].read_text().splitlines()[0].endswith(" embedded-base+center")


def test_a_result_without_lists_cannot_be_written(case, tmp_path):
    result = replace(evaluate_vectors(case.queries, case.candidates, case.benchmark), counts=None)
    with pytest.raises(UsageError, match="'made' has no ranked lists"):
        trec.write_evaluation(tmp_path, Evaluation("x", None, {"made": result}))


def test_a_folder_that_cannot_be_made(case, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        trec.write_qrels(tmp_path / "file" / "x.qrels", case.benchmark)
