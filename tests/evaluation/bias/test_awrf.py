import numpy as np
import pytest
from hypothesis import given
from scipy.spatial.distance import jensenshannon

from equilingua.evaluation.bias.awrf import awrf
from equilingua.evaluation.bias.exposure import exposure

from ..factory import Case, benchmark
from .plain import hits_of, with_keep


def test_by_hand():
    # One hit of each language above all others, both relevant: ranks 1 and 2 get the same attention.
    made = benchmark([0], [0], [0, 1], [[0, 1]], languages=("de", "en"))
    fair = Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))
    assert awrf(hits_of(fair, 100), 10).tolist() == [1.0]
    # All attention to German, all relevance in English.
    made = benchmark([0], [0], [0, 1], [[1]], languages=("de", "en"))
    unfair = Case(made, np.ones((1, 1), np.float32), np.array([[2], [1]], np.float32))
    assert awrf(hits_of(unfair, 100), 1).tolist() == [0.0]


@given(with_keep())
def test_equals_scipy(made):
    case, keep = made
    hits = hits_of(case, keep)
    for value, shown, target in zip(awrf(hits, 10), exposure(hits, 10), hits.target, strict=True):
        if target.any():
            # The distance is the root of the divergence, and that of a rounding error is large, or of one below 0 none.
            assert value == pytest.approx(1 - np.nan_to_num(jensenshannon(shown, target, base=2)) ** 2, abs=1e-7)
        else:
            assert np.isnan(value)
