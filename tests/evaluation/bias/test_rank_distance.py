import numpy as np
from hypothesis import given

from equilingua.evaluation.bias.rank_distance import rank_distance

from ..factory import cases, plain_ranks


@given(cases())
def test_equals_plain_loops(case):
    pool = case.rankings()[1]
    expected = []
    for scores, relevance in case.lists(pool):
        ranks = plain_ranks(scores, relevance)
        expected.append(max(ranks) - min(ranks))
    np.testing.assert_array_equal(rank_distance(pool), expected)
