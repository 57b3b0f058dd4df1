import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.bias.score_offset import score_offset
from equilingua.evaluation.counting import count

from ..factory import Case, Table, benchmark, cases


def plain(case):
    b, found = case.benchmark, []
    for question in range(len(b.queries)):
        unrelated = ~np.isin(np.arange(len(b.candidates)), case.relevant(question))
        own = b.candidate_language == b.query_language[question]
        both = [case.scores[question, unrelated & side] for side in (own, ~own)]
        found.append(both[0].mean() - both[1].mean() if all(map(len, both)) else np.nan)
    return np.array(found)


@given(cases())
def test_equals_plain_loops_from_vectors_and_from_any_scores(case):
    expected = plain(case)
    np.testing.assert_allclose(score_offset(case.count(), case.benchmark), expected, rtol=1e-5, atol=1e-4)
    counts = count(Table(case.scores), case.benchmark)
    np.testing.assert_allclose(score_offset(counts, case.benchmark), expected, rtol=1e-5, atol=1e-4)


def test_by_hand():
    # German scores 5 and 3, of which 5 is relevant; English 2 and 1.
    made = benchmark([0, 1], [0, 0], [0, 0, 1, 1], [[0]], languages=("de", "en"))
    case = Case(made, np.ones((2, 1), np.float32), np.array([[5], [3], [2], [1]], np.float32))
    assert score_offset(case.count(), made).tolist() == pytest.approx([3 - 1.5, 1.5 - 3])


def test_candidates_that_were_not_retrieved_have_no_score_to_compare():
    made = benchmark([0], [0], [0, 0, 1], [[0]], languages=("de", "en"))
    counts = count(Table(np.array([[2, 1, -np.inf]], np.float32)), made)
    assert np.isnan(score_offset(counts, made)).all()
