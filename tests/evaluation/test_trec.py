import gzip
import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.corpus.load import load_corpus
from equilingua.errors import DataError, UsageError
from equilingua.evaluation import trec
from equilingua.evaluation.benchmarks.qrels import with_qrels
from equilingua.evaluation.counting import count
from equilingua.evaluation.evaluate import evaluate
from equilingua.evaluation.measure import evaluate_scores, evaluate_vectors
from equilingua.evaluation.peers.run_file import RunFile
from equilingua.evaluation.results import Evaluation
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.trec import candidate_ids, question_ids
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
    read = evaluate_scores(RunFile(run).scores(case.benchmark), case.benchmark)
    pool = own.settings["multilingual"], read.settings["multilingual"]
    for metric in CUT:
        assert np.array_equal(pool[0].values[metric], pool[1].values[metric])
    assert own.bias.mean()["same_language_top1"] == read.bias.mean()["same_language_top1"]


def test_scores_read_back_are_the_same_numbers(case, run):
    counts = counted(case)
    listed = RunFile(run).scores(case.benchmark)
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
    again = count(RunFile(path).scores(case.benchmark), case.benchmark)
    for attribute in ("score", "pool_at_or_above", "pool_above", "own_at_or_above", "own_above", "best", "top"):
        assert np.array_equal(getattr(counts, attribute), getattr(again, attribute)), attribute


def test_the_listed_ones_stand_above_all_others(tmp_path):
    made = benchmark([0], [0], [0] * 130, [[5, 6]])
    path = tmp_path / "x.run"
    path.write_text("de:group%200 Q0 de:5 1 -3.5 x\n")
    counts = count(RunFile(path).scores(made), made)
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
    counts = count(RunFile(path).scores(made), made)
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
            ":2: question 'fr:q' is not in made, which names them like 'de:group%200'",
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
        RunFile(path).scores(made)
    assert str(error.value).startswith(f"{path}{message}")


def test_questions_without_a_line_are_counted(tmp_path, caplog):
    made = benchmark([0, 1, 2], [0, 0, 0], [0, 1], [[0]])
    path = tmp_path / "x.run"
    path.write_text("en:group%200 Q0 de:0 1 1 x\n")
    done = []
    with caplog.at_level(logging.WARNING):
        listed = RunFile(path).scores(made, done.append)
    assert "lists nothing for 2 of 3 questions of made" in caplog.text
    assert done == [3]
    assert count(listed, made).pool_at_or_above.tolist() == [2, 1, 2]


def test_an_empty_run_answers_nothing(tmp_path):
    made = benchmark([0], [0], [0, 1], [[0]])
    path = tmp_path / "x.run"
    path.write_text("")
    assert count(RunFile(path).scores(made), made).pool_at_or_above.tolist() == [2]


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        RunFile(tmp_path / "none.run").scores(benchmark([0], [0], [0], [[0]]))


def test_qrels_read_back_are_the_relevance(case, tmp_path):
    path = tmp_path / "made.qrels"
    trec.write_qrels(path, case.benchmark)
    bare = replace(
        case.benchmark,
        relevant_offsets=np.zeros_like(case.benchmark.relevant_offsets),
        relevant=np.zeros(0, np.int64),
    )
    read = with_qrels(bare, path)
    for own, found in zip(case.benchmark.relevant_to_queries(), read.relevant_to_queries(), strict=True):
        assert np.array_equal(own, found)
    names = ([each.groups[group] for group in each.query_group] for each in (case.benchmark, read))
    assert next(names) == next(names)


def test_qrels_may_judge_some_questions_and_grade(tmp_path):
    made = benchmark([0, 1], [0, 1], [0, 1], [[0, 1], [0]])
    path = tmp_path / "x.qrels"
    path.write_text("en:group%201 0 en:0 2\nen:group%201 0 de:0 0\n")
    read = with_qrels(made, path)
    assert (read.relevant_offsets.tolist(), read.relevant.tolist()) == ([0, 0, 1], [1])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("de:group%200 0 de:0 1\nfr:q 0 de:0 1\nfr:q 0 de:8 1\n", ":2: question 'fr:q' is not in made, which"),
        ("de:group%200 0 de:8 1\n", ":1: candidate 'de:8' is not in made"),
        ("q 0 de:0 1\n", ":1: question 'q' is not in made, which names them like 'de:group%200'"),
        (
            "group%200 0 de:0 1\n",
            ":1: question 'group%200' may be 'de:group%200' or 'en:group%200' of made: write the language before it",
        ),
        ("de:group%200 0 de:0\n", ":1: is not a question id, Q0, a passage id and a relevance"),
    ],
)
def test_bad_qrels_are_named(tmp_path, lines, message):
    made = benchmark([0, 1], [0, 0], [0, 1], [[0]])
    path = tmp_path / "x.qrels"
    path.write_text(lines)
    with pytest.raises(DataError) as error:
        with_qrels(made, path)
    assert str(error.value).startswith(f"{path}{message}")


def test_translations_may_be_judged_apart(tmp_path):
    made = benchmark([0, 1, 2], [0, 0, 0], [0, 1, 2], [[0, 1, 2]])
    path = tmp_path / "x.qrels"
    path.write_text("de:group%200 0 de:0 1\nen:group%200 0 en:0 1\nhi:group%200 0 de:0 1\n")
    read = with_qrels(made, path)
    assert read.relevant_to_queries()[1].tolist() == [0, 1, 0]
    # Still one question to every test, and with the names that they had.
    assert read.groups == ["group 0", "group 0"]
    assert question_ids(read) == question_ids(made)


def own_ids(candidate_ids=("p1", "p2", "p2")):
    made = benchmark([0, 1, 0], [0, 1, 2], [0, 0, 1], [[0], [2], [1]], languages=("de", "en"))
    return replace(made, query_ids=["q1", "q2", "q3"], candidate_ids=candidate_ids)


def test_published_ids_are_enough_where_one_item_has_them(tmp_path):
    file = tmp_path / "x.run"
    file.write_text("q1 Q0 p1 1 2 x\nq1 Q0 de:p2 2 1 x\nde:q3 Q0 en:p2 1 1 x\n")
    listed = RunFile(file).scores(own_ids())
    assert (listed.offsets.tolist(), listed.candidate.tolist()) == ([0, 2, 2, 3], [0, 1, 2])
    file.write_text("q1 Q0 p2 1 2 x\n")
    with pytest.raises(DataError, match="candidate 'p2' may be 'de:p2' or 'en:p2' of made: write the language"):
        RunFile(file).scores(own_ids())
    file.write_text("q1 Q0 p1 1 2 x\nde:q1 Q0 de:p1 1 2 x\n")
    with pytest.raises(DataError, match="'de:q1' lists 'de:p1' a second time, after line 1"):
        RunFile(file).scores(own_ids())
    # Numbers that we gave are no ids of anybody's.
    file.write_text("q1 Q0 0 1 2 x\n")
    with pytest.raises(DataError, match="candidate '0' is not in made"):
        RunFile(file).scores(own_ids(candidate_ids=None))
    qrels = tmp_path / "x.qrels"
    qrels.write_text("q1 0 p1 1\nde:q1 0 de:p1 0\n")
    with pytest.raises(DataError, match="'de:p1' is judged 0 for question 'de:q1' here, and 1 in"):
        with_qrels(own_ids(), qrels)


def ids_alone(folder, passages="d1 de\nd2 DE\ne1\ten\n", questions="1 de g\n2 en g\n3 en\n"):
    for name, text in (
        ("questions.tsv", questions),
        ("passages.tsv", passages),
        ("x.qrels", "1 0 d1 1\n1 0 e1 1\n2 0 e1 1\n2 0 d1 2\n"),
    ):
        (folder / name).write_text(text)
    return f"qrels:{folder}/x.qrels?questions={folder}/questions.tsv&passages={folder}/passages.tsv"


def test_a_run_is_measured_by_ids_and_their_languages_alone(tmp_path):
    name, file = ids_alone(tmp_path), tmp_path / "x.run"
    file.write_text("1 Q0 d1 1 3 x\n1 Q0 e1 2 2 x\n2 Q0 d2 1 3 x\n2 Q0 e1 2 2 x\n")
    result = evaluate(f"run:{file}", name).results[name]
    assert result.benchmark.languages == ("de", "en")
    assert result.bias.by_part()["de"]["rank_distance"] == 1
    # The second is listed after another, the first not at all.
    assert result.settings["multilingual"].by_part()["en"]["map"] == 0.25
    assert result.settings["multilingual"].skipped == 1
    assert len(result.benchmark.groups) == 2
    with pytest.raises(UsageError, match="is measured whole"):
        evaluate(f"run:{file}", name, languages=["de"])
    with pytest.raises(UsageError, match="'random' needs texts, and 'qrels:"):
        evaluate("random", name)
    with pytest.raises(UsageError, match="has ids and no texts"):
        load_corpus(name)
    with pytest.raises(UsageError, match=r"say which languages ids are in: passages=FILE"):
        evaluate(f"run:{file}", name.partition("&")[0])


@pytest.mark.parametrize(
    ("passages", "message"),
    [
        ("d1 de\nd1 en\n", "passages.tsv:2: id 'd1' is there twice, first in"),
        ("d1\n", "passages.tsv:1: is not an id, its language and, if wanted, its group"),
        ("d1 xx-yy-zz\n", "passages.tsv:1: unknown language code 'xx-yy-zz'"),
        ("d1 de\n", "x.qrels:2: candidate 'e1' is not in qrels:"),
        ("\n", "passages.tsv: names nothing"),
    ],
)
def test_bad_lists_of_ids_are_named(tmp_path, passages, message):
    file = tmp_path / "x.run"
    file.write_text("")
    with pytest.raises(DataError, match=message):
        evaluate(f"run:{file}", ids_alone(tmp_path, passages))


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


NAMES = st.text(alphabet="ab#2% \n\u3000\ufeff", max_size=4)


def test_names_are_language_and_group_or_number():
    made = benchmark([0, 2], [0, 0], [0, 0, 1, 3], [[0, 3]])
    assert question_ids(made) == ["de:group%200", "hi:group%200"]
    assert candidate_ids(made) == ["de:0", "de:1", "en:0", "zh-Hans:0"]


def test_published_ids_take_their_place():
    made = replace(benchmark([0, 1], [0, 0], [0, 1], [[0]]), query_ids=["q7", "q7"], candidate_ids=["doc#3", "doc#3"])
    assert question_ids(made) == ["de:q7", "en:q7"]
    assert candidate_ids(made) == ["de:doc#3", "en:doc#3"]


def test_a_group_asked_twice_in_one_language_is_numbered():
    made = replace(benchmark([0, 0, 0, 0], [0] * 4, [0], [[0]]), query_ids=["q", "q", "q#2", "q"])
    assert question_ids(made) == ["de:q", "de:q#3", "de:q#2", "de:q#4"]


@given(st.lists(NAMES, min_size=1, max_size=12))
def test_names_are_distinct_single_fields(names):
    made = benchmark([0] * len(names), [0] * len(names), [0] * len(names), [[0]])
    made = replace(made, query_ids=names, candidate_ids=names)
    for given_names in (question_ids(made), candidate_ids(made)):
        assert len(set(given_names)) == len(names)
        assert all(name.split() == [name] for name in given_names)
