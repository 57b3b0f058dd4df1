import numpy as np
from hypothesis import given
from sklearn.metrics import f1_score

from equilingua.evaluation.metrics.f1 import f1

from ..factory import cases, plain_ranks


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
