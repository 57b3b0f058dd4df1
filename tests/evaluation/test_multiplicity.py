from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.errors import UsageError
from equilingua.evaluation.multiplicity import CORRECTIONS, correct, smallest

families = st.lists(st.floats(0, 1), min_size=1, max_size=7)


@given(families)
def test_holm_is_the_closed_test_of_bonferroni(p):
    """A hypothesis is rejected exactly if every set of hypotheses that holds it is: the definition, by enumeration."""
    expected = [0.0] * len(p)
    for size in range(1, len(p) + 1):
        for chosen in combinations(range(len(p)), size):
            joint = min(1.0, size * min(p[i] for i in chosen))
            for i in chosen:
                expected[i] = max(expected[i], joint)
    np.testing.assert_allclose(correct(p, "holm"), expected)


@given(families)
def test_benjamini_hochberg_by_its_definition(p):
    """The largest k with p(k) ≤ q k / m is rejected with all below it: the corrected p is the least such q."""
    ranked = list(enumerate(sorted(p), start=1))
    expected = [min(other * len(p) / k for k, other in ranked if other >= one) for one in p]
    np.testing.assert_allclose(correct(p, "bh"), expected)


@given(families, st.sampled_from(CORRECTIONS))
def test_no_correction_makes_a_p_value_smaller_or_changes_the_order(p, method):
    corrected = correct(p, method)
    assert (corrected >= np.array(p) - 1e-15).all()
    assert (corrected <= 1).all()
    assert (np.diff(corrected[np.argsort(p)]) >= -1e-15).all()


def test_a_family_of_one_or_none_needs_no_correction():
    for method in CORRECTIONS:
        assert correct([0.03], method).tolist() == [0.03]
        assert correct([], method).tolist() == []


def test_the_smallest_p_value_that_can_be_had():
    assert smallest(99, 10) == pytest.approx(0.1)
    assert smallest(99, 10, "bh") == pytest.approx(0.01)
    assert smallest(9, 1000) == 1.0


def test_an_unknown_correction():
    with pytest.raises(UsageError, match="unknown correction 'bonferoni'"):
        correct([0.1], "bonferoni")
