import numpy as np
from hypothesis import given

from .plain import attention, hits_of, order, with_keep


@given(with_keep())
def test_what_is_known_of_each_hit(made):
    case, keep = made
    hits = hits_of(case, keep)
    b = case.benchmark
    for question in range(len(b.queries)):
        shown = order(case, question, keep)
        assert hits.language[question].tolist() == b.candidate_language[shown].tolist()
        assert hits.relevant[question].tolist() == np.isin(shown, case.relevant(question)).tolist()
        spoken = b.candidate_language[case.relevant(question)]
        assert hits.number[question].tolist() == [(spoken == code).sum() for code in range(len(b.languages))]


@given(with_keep())
def test_hits_of_one_score_share_their_attention(made):
    case, keep = made
    hits = hits_of(case, keep)
    weights = 1 / np.arange(1, hits.kept + 1)
    found = hits.attention(weights)
    np.testing.assert_allclose(found.sum(axis=1), weights.sum())
    by_language = hits.by_language(found)
    for question, row in enumerate(found):
        expected = attention(case, question, keep, weights)
        np.testing.assert_allclose(row, list(expected.values()))
        for code in range(hits.languages):
            of_language = [
                w for candidate, w in expected.items() if case.benchmark.candidate_language[candidate] == code
            ]
            np.testing.assert_allclose(by_language[question, code], sum(of_language), atol=1e-12)
