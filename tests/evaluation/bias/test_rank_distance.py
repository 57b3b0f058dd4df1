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
        apart = max(ranks) - min(ranks)
        if len(ranks) > 1 and len(set(scores[relevance])) == 1:
            # All of one score: nobody knows how far apart they are, so they count as at both ends of it.
            apart = int((scores == scores[relevance][0]).sum()) - 1
        expected.append(apart)
    np.testing.assert_array_equal(rank_distance(pool, len(case.benchmark.candidates)), expected)
