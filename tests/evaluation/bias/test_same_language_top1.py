import numpy as np

from equilingua.evaluation.bias.same_language_top1 import same_language_top1


def test_top_hit_in_the_questions_language_and_ties_shared():
    best = np.array([[0.9, 0.2], [0.9, 0.2], [0.5, 0.5], [0.1, -np.inf]], np.float32)
    asked = np.array([0, 1, 1, 1], np.int32)
    assert same_language_top1(best, asked).tolist() == [1.0, 0.0, 0.5, 0.0]
