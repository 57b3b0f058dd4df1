import numpy as np
import pytest
from hypothesis import given

from equilingua.evaluation.bias.language_preference import language_preference

from ..factory import Case, benchmark
from .plain import attention, hits_of, with_keep


def test_by_hand():
    # The first four hits are de, de, en, de; two of the four relevant candidates are German.
    made = benchmark([0, 1], [0, 0], [0, 0, 0, 1, 1, 1], [[0, 1, 4, 5]], languages=("de", "en"))
    case = Case(made, np.ones((2, 1), np.float32), np.array([[6], [5], [3], [4], [2], [1]], np.float32))
    hits = hits_of(case, 100)
    assert language_preference(hits, made.query_language, 4).tolist() == [0.25, -0.25]
    assert language_preference(hits, made.query_language, 2).tolist() == [0.5, -0.5]
    # Fewer candidates than asked for: all of them.
    assert language_preference(hits, made.query_language, 10).tolist() == [0.0, 0.0]


@given(with_keep())
def test_equals_plain_loops(made):
    case, keep = made
    b = case.benchmark
    found = language_preference(hits_of(case, keep), b.query_language, 10)
    k = min(10, keep, len(b.candidates))
    for question, value in enumerate(found):
        shown = attention(case, question, keep, [float(place < k) / k for place in range(keep)])
        own = lambda candidate, question=question: b.candidate_language[candidate] == b.query_language[question]  # noqa: E731
        relevant = case.relevant(question)
        target = np.mean([own(candidate) for candidate in relevant]) if len(relevant) else 0
        expected = sum(weight for candidate, weight in shown.items() if own(candidate)) - target
        assert value == pytest.approx(expected, abs=1e-12)
