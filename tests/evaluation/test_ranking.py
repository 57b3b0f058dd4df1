import numpy as np
from hypothesis import given

from equilingua.evaluation import ranking
from equilingua.evaluation.counting import count
from equilingua.evaluation.metrics import METRICS

from .factory import Table, benchmark, cases, plain_ranks, trec


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


def test_what_was_not_retrieved_counts_for_no_metric_as_in_trec_eval():
    # Candidates 1 and 3 answer; the first list has one of them, the second neither, the third nothing at all.
    made = benchmark([0, 0, 0], [0, 0, 0], [0, 0, 0, 0], [[1, 3]], languages=("de",))
    scores = np.array([[3, 2, 1, -np.inf], [3, -np.inf, 1, -np.inf], [-np.inf] * 4], np.float32)
    pool = ranking.pooled(count(Table(scores), made))
    found = {name: metric(pool).tolist() for name, metric in METRICS.items()}
    for name, values in found.items():
        assert values[1:] == [0, 0], name
    assert (found["map"][0], found["recall@100"][0], found["mrr"][0]) == (0.25, 0.5, 0.5)


@given(cases())
def test_short_lists_equal_trec_eval(case):
    scores = np.where(case.scores < 0, -np.inf, case.scores).astype(np.float32)
    pool = ranking.pooled(count(Table(scores), case.benchmark))
    names = {"recall@10": "recall_10", "recall@100": "recall_100", "mrr": "recip_rank", "ndcg@10": "ndcg_cut_10"}
    found = {name: METRICS[name](pool) for name in names}
    for row, question in enumerate(pool.question):
        listed = scores[question] > -np.inf
        relevance = np.isin(np.arange(len(listed)), case.relevant(question))
        if not (relevance & listed).any():
            assert {values[row] for values in found.values()} == {0}
            continue
        # trec_eval knows of relevant candidates that are not listed from the judgements alone: an unlisted one is told
        # here by a score below all others, beyond its thousandth place.
        behind = [-(10.0**6)] * 1000
        padded = [*scores[question, listed], *behind, *[-(10.0**7)] * int((relevance & ~listed).sum())]
        judged = [*relevance[listed], *[False] * 1000, *[True] * int((relevance & ~listed).sum())]
        theirs = trec(padded, judged, {"recall.10,100", "recip_rank", "ndcg_cut.10"})
        for name, own in names.items():
            assert abs(found[name][row] - theirs[own]) < 1e-6
