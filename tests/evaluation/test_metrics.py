"""Every reported metric on a thousand lists full of ties, against trec_eval, and scikit-learn where it has one.

scikit-learn's average precision treats candidates of one score alike, and so does ours. trec_eval breaks ties by
descending document id, so ids are given such that what is not relevant comes first: ties count against us.
"""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from sklearn.metrics import average_precision_score, f1_score, ndcg_score

from equilingua.evaluation.metrics import (
    METRICS,
    average_precision,
    average_precision_at,
    f1,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
    success,
)

from .factory import cases, plain_ranks, random_case, trec

TREC = {
    "map@20": "map_cut_20",
    "recall@1": "recall_1",
    "recall@5": "recall_5",
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "mrr": "recip_rank",
    "ndcg@10": "ndcg_cut_10",
    "precision@10": "P_10",
    "success@10": "success_10",
}


@pytest.fixture(scope="module")
def lists():
    """Scores and relevance of at least a thousand lists, and what we make of them."""
    rng = np.random.default_rng(0)
    judged, values = [], {name: [] for name in METRICS}
    while len(judged) < 1_000:
        levels = rng.choice([1, 2, 50])
        case = random_case(rng, int(rng.integers(1, 9)), int(rng.integers(1, 150)), 5, levels)
        for rankings in case.rankings():
            judged += case.lists(rankings)
            for name, metric in METRICS.items():
                values[name] += metric(rankings).tolist()
    return judged, values


@pytest.fixture(scope="module")
def trec_eval(lists):
    qrels, run = {}, {}
    for number, (scores, relevance) in enumerate(lists[0]):
        ids = [f"{'a' if relevant else 'z'}{i:04d}" for i, relevant in enumerate(relevance)]
        qrels[str(number)] = {name: int(relevant) for name, relevant in zip(ids, relevance, strict=True)}
        run[str(number)] = {name: float(score) for name, score in zip(ids, scores, strict=True)}
    measures = {"map_cut.20", "recall.1,5,10,100", "recip_rank", "ndcg_cut.10", "P.10", "success.10"}
    found = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    return [found[str(number)] for number in range(len(run))]


def test_most_lists_have_ties(lists):
    tied = [len(np.unique(scores)) < len(scores) for scores, _ in lists[0]]
    assert np.mean(tied) > 0.5


@pytest.mark.parametrize(("name", "measure"), TREC.items())
def test_equals_trec_eval(name, measure, lists, trec_eval):
    np.testing.assert_allclose(lists[1][name], [found[measure] for found in trec_eval], rtol=1e-12)


def test_f1_is_that_of_trec_evals_precision_and_recall(lists, trec_eval):
    found = np.array([(one["P_10"], one["recall_10"]) for one in trec_eval])
    product, total = found.prod(axis=1), found.sum(axis=1)
    expected = np.divide(2 * product, total, out=np.zeros_like(product), where=total > 0)
    np.testing.assert_allclose(lists[1]["f1@10"], expected, rtol=1e-12)


def test_average_precision_equals_scikit_learn(lists):
    expected = [average_precision_score(relevance, scores) for scores, relevance in lists[0]]
    np.testing.assert_allclose(lists[1]["map"], expected, rtol=1e-12)


def test_ndcg_equals_scikit_learn_without_ties(lists):
    compared = 0
    for value, (scores, relevance) in zip(lists[1]["ndcg@10"], lists[0], strict=True):
        # It refuses lists of one candidate.
        if 1 < len(scores) == len(np.unique(scores)):
            np.testing.assert_allclose(value, ndcg_score([relevance], [scores], k=10), rtol=1e-12)
            compared += 1
    assert compared > 50


def test_every_reported_metric_is_held_against_another_implementation():
    assert set(METRICS) == {*TREC, "map", "f1@10"}


@given(cases())
@settings(max_examples=200)
def test_equals_scikit_learn_with_ties(case):
    for rankings in case.rankings():
        expected = [average_precision_score(relevance, scores) for scores, relevance in case.lists(rankings)]
        np.testing.assert_allclose(average_precision(rankings), expected, rtol=1e-12)


@given(cases())
def test_equals_trec_eval_without_ties(case):
    for rankings in case.rankings():
        for value, (scores, relevance) in zip(average_precision(rankings), case.lists(rankings), strict=True):
            if len(np.unique(scores)) == len(scores):
                np.testing.assert_allclose(value, trec(scores, relevance, {"map"})["map"], rtol=1e-12)


@pytest.mark.parametrize("k", [3, 20])
@given(case=cases())
def test_average_precision_at_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"map_cut.{k}"})[f"map_cut_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(average_precision_at(rankings, k), expected, rtol=1e-12)


@given(cases())
def test_nothing_cut_off_and_no_ties_is_the_average_precision(case):
    for rankings in case.rankings():
        alone = np.array([len(np.unique(scores)) == len(scores) for scores, _ in case.lists(rankings)], bool)
        whole = average_precision_at(rankings, 10**6)
        np.testing.assert_allclose(whole[alone], average_precision(rankings)[alone], rtol=1e-12)


@pytest.mark.parametrize("k", [1, 10])
@given(case=cases())
def test_recall_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"recall.{k}"})[f"recall_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(recall(rankings, k), expected, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 10])
@given(case=cases())
def test_precision_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"P.{k}"})[f"P_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(precision(rankings, k), expected, rtol=1e-12)


@given(cases())
def test_equals_scikit_learn_on_the_first_ten_of_lists_that_long(case):
    for rankings in case.rankings():
        for value, (scores, relevance) in zip(f1(rankings, 10), case.lists(rankings), strict=True):
            if len(scores) < 10:
                continue
            order = sorted(range(len(scores)), key=lambda i: (-scores[i], relevance[i]))
            shown = np.isin(np.arange(len(scores)), order[:10])
            np.testing.assert_allclose(value, f1_score(relevance, shown, zero_division=0), rtol=1e-12)


@given(cases())
def test_a_short_list_is_as_if_filled_with_what_is_not_relevant(case):
    for rankings in case.rankings():
        for value, (scores, relevance) in zip(f1(rankings, 10), case.lists(rankings), strict=True):
            found = sum(rank <= 10 for rank in plain_ranks(scores, relevance))
            precision, recall = found / 10, found / relevance.sum()
            expected = 2 * precision * recall / (precision + recall) if found else 0
            np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 10])
@given(case=cases())
def test_success_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"success.{k}"})[f"success_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(success(rankings, k), expected, rtol=1e-12)


@given(cases())
def test_reciprocal_rank_equals_trec_eval_with_ties_against_us(case):
    for rankings in case.rankings():
        expected = [trec(*judged, {"recip_rank"})["recip_rank"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(reciprocal_rank(rankings), expected, rtol=1e-12)


@pytest.mark.parametrize("k", [3, 10])
@given(case=cases())
def test_ndcg_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"ndcg_cut.{k}"})[f"ndcg_cut_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(ndcg(rankings, k), expected, rtol=1e-12)
