import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.metrics.success import success

from ..factory import cases, trec


@pytest.mark.parametrize("k", [1, 10])
@given(case=cases())
def test_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"success.{k}"})[f"success_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(success(rankings, k), expected, rtol=1e-12)
