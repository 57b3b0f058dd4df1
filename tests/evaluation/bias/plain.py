"""The first hits of a question, by plain loops."""

import numpy as np
from hypothesis import strategies as st

from equilingua.evaluation.bias.hits import first_hits

from ..factory import cases


def hits_of(case, keep):
    return first_hits(case.count(keep=keep), case.benchmark)


def order(case, question, keep):
    """The best candidates, best first, ties by number."""
    scores = case.scores[question]
    return sorted(range(len(scores)), key=lambda candidate: (-scores[candidate], candidate))[:keep]


def attention(case, question, keep, weights):
    """Candidate → weight; candidates among the hits that share a score share their weights."""
    shown = order(case, question, keep)
    scores = case.scores[question, shown]
    return {
        candidate: np.mean([weight for weight, other in zip(weights, scores, strict=False) if other == score])
        for candidate, score in zip(shown, scores, strict=True)
    }


def with_keep():
    return st.tuples(cases(), st.sampled_from([1, 3, 12, 100]))
