import numpy as np
from hypothesis import given

from equilingua.evaluation.bias import rank_distance, same_language_top1

from .factory import cases, plain_ranks


@given(cases())
def test_rank_distance_equals_plain_loops(case):
    pool = case.rankings()[1]
    expected = []
    for scores, relevance in case.lists(pool):
        ranks = plain_ranks(scores, relevance)
        expected.append(max(ranks) - min(ranks))
    np.testing.assert_array_equal(rank_distance(pool), expected)


def test_top_hit_in_the_questions_language_and_ties_shared():
    best = np.array([[0.9, 0.2], [0.9, 0.2], [0.5, 0.5], [0.1, -np.inf]], np.float32)
    asked = np.array([0, 1, 1, 1], np.int32)
    assert same_language_top1(best, asked).tolist() == [1.0, 0.0, 0.5, 0.0]
