import numpy as np
from hypothesis import given, settings
from sklearn.metrics import average_precision_score

from equilingua.evaluation.metrics.average_precision import average_precision

from ..factory import cases, trec


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
