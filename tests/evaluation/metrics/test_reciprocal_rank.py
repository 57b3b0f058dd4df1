import numpy as np
from hypothesis import given

from equilingua.evaluation.metrics.reciprocal_rank import reciprocal_rank

from ..factory import cases, trec


@given(cases())
def test_equals_trec_eval_with_ties_against_us(case):
    for rankings in case.rankings():
        expected = [trec(*judged, {"recip_rank"})["recip_rank"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(reciprocal_rank(rankings), expected, rtol=1e-12)
