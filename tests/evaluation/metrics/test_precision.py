import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.metrics.precision import precision

from ..factory import cases, trec


@pytest.mark.parametrize("k", [1, 10])
@given(case=cases())
def test_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"P.{k}"})[f"P_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(precision(rankings, k), expected, rtol=1e-12)
