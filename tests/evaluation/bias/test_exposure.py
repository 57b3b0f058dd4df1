import math

import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.bias.exposure import discount, exposure, matrix

from ..factory import Case, benchmark
from .plain import attention, hits_of, with_keep


def test_by_hand():
    # Ranks 1 to 4 are in English, German, German, English; 1 / log2(max(rank, 2)) is 1, 1, 0.63, 0.5.
    made = benchmark([0], [0], [0, 0, 1, 1], [[0]], languages=("de", "en"))
    case = Case(made, np.ones((1, 1), np.float32), np.array([[3], [2], [4], [1]], np.float32))
    third = 1 / math.log2(3)
    np.testing.assert_allclose(discount(4), [1, 1, third, 0.5])
    hits = hits_of(case, 100)
    np.testing.assert_allclose(exposure(hits, 2), [[0.5, 0.5]])
    np.testing.assert_allclose(exposure(hits, 3)[0, 0], (1 + third) / (2 + third))
    np.testing.assert_allclose(exposure(hits, 4)[0, 1], 1.5 / (2.5 + third))
    np.testing.assert_allclose(exposure(hits, 100), exposure(hits, 4))


@given(with_keep())
def test_equals_plain_loops(made):
    case, keep = made
    found = exposure(hits_of(case, keep), 5)
    for question, shares in enumerate(found):
        weights = [1 / math.log2(max(rank, 2)) if rank <= 5 else 0 for rank in range(1, keep + 1)]
        given_to = attention(case, question, keep, weights)
        for code, share in enumerate(shares):
            own = sum(w for candidate, w in given_to.items() if case.benchmark.candidate_language[candidate] == code)
            assert share == pytest.approx(own / sum(given_to.values()))


def test_averaged_by_the_questions_language():
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    assert matrix(shares, np.array([0, 0, 2], np.int32), ("de", "en", "hi")) == {
        "de": {"de": 0.75, "en": 0.25, "hi": 0.0},
        "hi": {"de": 0.0, "en": 0.0, "hi": 1.0},
    }
