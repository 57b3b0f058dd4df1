import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation import distributions, ranking
from equilingua.evaluation.bias.language_bias import language_bias

from .factory import benchmark, cases


@given(cases())
def test_quantiles_are_those_of_each_part_by_plain_loops(case):
    made, counts = case.benchmark, case.count()
    expected = {}
    for query in range(len(made.queries)):
        for candidate in case.relevant(query):
            rank = int((case.scores[query] >= case.scores[query, candidate]).sum())
            pair = (made.query_language[query], made.candidate_language[candidate])
            expected.setdefault(">".join(made.languages[code] for code in pair), []).append(rank)
    found = distributions.PoolRanks.of(counts, made).to_json()
    assert found["by_pair"].keys() == expected.keys()
    for pair, ranks in expected.items():
        assert found["by_pair"][pair] == pytest.approx(np.quantile(ranks, found["levels"]), abs=0.051)


@given(cases())
def test_rank_distances_by_language(case):
    counts = case.count()
    bias = language_bias(counts, ranking.pooled(counts), case.benchmark)
    found = distributions.rank_distances(bias)
    distance = bias.values["rank_distance"]
    assert set(found["by_language"]) == set(bias.coverage()) - set(bias.silent())
    if not len(distance) or bias.silent():
        assert found["overall"] is None
    else:
        answered = distance[~np.isnan(distance)]
        assert found["overall"] == pytest.approx(np.quantile(answered, found["levels"]), abs=0.051)
    for code, values in found["by_language"].items():
        asked = case.benchmark.query_language[bias.question] == case.benchmark.languages.index(code)
        own = distance[asked & ~np.isnan(distance)]
        assert values[0] == own.min()
        assert values[-1] == own.max()
        assert values == sorted(values)


def test_a_question_without_a_relevant_passage_is_nowhere():
    made = benchmark([0, 1], [0, 1], [0, 1], [[0, 1], []])
    from equilingua.evaluation.counting import count
    from equilingua.evaluation.scores import VectorScores

    eye = np.eye(2, dtype=np.float32)
    found = distributions.PoolRanks.of(count(VectorScores(eye, eye), made), made).to_json()
    assert set(found["by_pair"]) == {"de>de", "de>en"}
