import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.metrics.average_precision import average_precision
from equilingua.evaluation.metrics.average_precision_at import average_precision_at

from ..factory import cases, trec


@pytest.mark.parametrize("k", [3, 20])
@given(case=cases())
def test_equals_trec_eval_with_ties_against_us(k, case):
    for rankings in case.rankings():
        expected = [trec(*judged, {f"map_cut.{k}"})[f"map_cut_{k}"] for judged in case.lists(rankings)]
        np.testing.assert_allclose(average_precision_at(rankings, k), expected, rtol=1e-12)


@given(cases())
def test_of_what_can_be_had(case):
    k = 2
    for rankings in case.rankings():
        expected = [trec(*judged, {f"map_cut.{k}"})[f"map_cut_{k}"] for judged in case.lists(rankings)]
        scaled = np.array(expected) * rankings.relevant / np.minimum(rankings.relevant, k)
        np.testing.assert_allclose(average_precision_at(rankings, k, attainable=True), scaled, rtol=1e-12)


@given(cases())
def test_nothing_cut_off_and_no_ties_is_the_average_precision(case):
    for rankings in case.rankings():
        alone = np.array([len(np.unique(scores)) == len(scores) for scores, _ in case.lists(rankings)], bool)
        whole = average_precision_at(rankings, 10**6)
        np.testing.assert_allclose(whole[alone], average_precision(rankings)[alone], rtol=1e-12)
