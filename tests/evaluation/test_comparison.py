import json

import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation import comparison
from equilingua.evaluation.evaluate import evaluate_vectors
from equilingua.evaluation.results import Evaluation

from .test_posthoc import parallel


@pytest.fixture(scope="module")
def results():
    made, queries, candidates = parallel(np.random.default_rng(0))
    noise = np.random.default_rng(1).standard_normal(queries.shape)
    return {
        "plain": evaluate_vectors(queries, candidates, made),
        "center": evaluate_vectors(queries, candidates, made, "center"),
        "noisy": evaluate_vectors(queries + 4 * noise, candidates, made),
    }


def test_verdicts(results):
    rows = comparison.compare_results(results["center"], results["plain"], resamples=999)
    assert [(row.setting, row.figure) for row in rows] == [
        ("monolingual", "map"),
        ("cross_lingual", "map"),
        ("multilingual", "map"),
        ("bias", "rank_distance"),
    ]
    by_setting = {row.setting: row for row in rows}
    pool, bias = by_setting["multilingual"], by_setting["bias"]
    assert pool.verdict == "win"
    assert pool.low <= pool.difference <= pool.high
    # A lower rank distance is the better one.
    assert bias.difference < 0
    assert bias.verdict == "win"
    for row in rows:
        assert row.difference == pytest.approx(row.a - row.b)


def test_the_other_way_round_is_a_loss(results):
    rows = comparison.compare_results(results["noisy"], results["plain"], resamples=999)
    assert {row.setting: row.verdict for row in rows}["monolingual"] == "loss"


def test_an_encoder_ties_with_itself(results):
    rows = comparison.compare_results(results["plain"], results["plain"])
    assert {(row.verdict, row.p, row.low, row.high) for row in rows} == {("tie", 1.0, 0.0, 0.0)}


def test_json(results):
    rows = comparison.compare_results(results["center"], results["plain"], resamples=99)
    first, second = (Evaluation(name, None, {"made": results[name]}) for name in ("center", "plain"))
    record = comparison.to_json(first, second, {"made": rows}, resamples=99, seed=0)
    read = json.loads(json.dumps(record, allow_nan=False))
    assert (read["a"], read["b"], read["test"]["resamples"]) == ("center", "plain", 99)
    assert read["results"]["made"][0]["verdict"] in {"win", "tie", "loss"}


def test_results_of_other_questions(results):
    made, queries, candidates = parallel(np.random.default_rng(0), groups=8)
    with pytest.raises(DataError, match="different questions or languages"):
        comparison.compare_results(results["plain"], evaluate_vectors(queries, candidates, made))
