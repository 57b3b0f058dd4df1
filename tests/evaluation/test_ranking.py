import numpy as np
from hypothesis import given

from equilingua.evaluation import ranking

from .factory import cases, plain_ranks


@given(cases())
def test_ranks_equal_a_sort_that_puts_ties_before_the_relevant(case):
    for rankings in case.rankings():
        for i, (scores, relevance) in enumerate(case.lists(rankings)):
            found = rankings.rank[rankings.offsets[i] : rankings.offsets[i + 1]]
            assert found.tolist() == plain_ranks(scores, relevance)


@given(cases())
def test_a_list_for_every_question_with_something_relevant(case):
    own, pool = case.rankings()
    b = case.benchmark
    expected = [
        (query, language)
        for query in range(len(b.queries))
        for language in np.unique(b.candidate_language[case.relevant(query)])
    ]
    assert list(zip(own.question, own.language, strict=True)) == expected
    assert pool.question.tolist() == [query for query in range(len(b.queries)) if len(case.relevant(query))]
    assert (pool.language == ranking.POOL).all()
    assert (own.relevant > 0).all()
