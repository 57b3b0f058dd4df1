import numpy as np

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.evaluation.evaluate import evaluate_vectors
from equilingua.study.definition import parse_measure
from equilingua.study.running.rows import questions


def test_a_second_question_of_a_group_gets_a_group_of_its_own():
    pairs = [
        Pair("g", "en", "first question", "a passage", "own", "p"),
        Pair("g", "en", "second question", "a passage", "own", "p"),
        Pair("h", "en", "third question", "another passage", "own", "q"),
        Pair("g", "de", "Frage", "ein Absatz", "own", "p"),
    ]
    benchmark = from_corpus("own", ParallelCorpus.from_pairs(pairs))
    generator = np.random.default_rng(0)
    sides = (generator.normal(size=(len(side), 4)) for side in (benchmark.queries, benchmark.candidates))
    result = evaluate_vectors(*sides, benchmark)

    kept = questions(result, "mine", [parse_measure("monolingual/map"), parse_measure("bias/rank_distance")])
    rows = kept.to_pylist()
    assert kept.column_names == ["benchmark", "setting", "part", "group", "map", "rank_distance"]
    assert {row["benchmark"] for row in rows} == {"mine"}
    monolingual = [(row["part"], row["group"]) for row in rows if row["setting"] == "monolingual"]
    assert sorted(monolingual) == [("de", "g"), ("en", "g"), ("en", "g#2"), ("en", "h")]
    # Only what was asked for is kept.
    assert {row["setting"] for row in rows} == {"monolingual", "bias"}
    assert all(row["map"] is None for row in rows if row["setting"] == "bias")
