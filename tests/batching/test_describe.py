from collections import Counter

import pytest

from equilingua.batching.describe import summarise
from equilingua.batching.plan import BatchPlan
from equilingua.batching.sampler import Sampler
from equilingua.corpus.schema import ParallelCorpus

from .corpora import grid

CORPUS = ParallelCorpus.concat([grid(30, 3), grid(20, 4, source="t")])


@pytest.mark.parametrize("pairs", ["mixed", "single"])
@pytest.mark.parametrize("strategy", ["monolingual", "cross-lingual", "mixed", "hybrid"])
def test_summary_is_what_the_batches_hold(strategy, pairs):
    sampler = Sampler(CORPUS, BatchPlan(strategy, 8, pairs=pairs), 2)
    summary = summarise(sampler, 100)
    batches = [sampler.batch(step) for step in range(100)]
    kinds = Counter(batch.kind for batch in batches)
    assert {kind: count for kind, count in summary.batches.items() if count} == kinds
    counted = Counter(
        (batch.kind, batch.source, CORPUS.languages[CORPUS.language_codes[row]])
        for batch in batches
        for row in batch.query_rows
    )
    summed = Counter()
    for stream in summary.drawn:
        summed[stream.kind, stream.source, stream.language] += stream.items
    assert +summed == counted
    assert sum(summary.items_by_language().values()) == sum(summary.items_by_source().values()) == 800
    assert summary.excluded == sampler.excluded


def test_epochs_of_a_stream():
    (stream,) = summarise(Sampler(grid(20, ("en",)), BatchPlan("english", 8), 0), 5).drawn
    assert (stream.items, stream.pairs, stream.epochs) == (40, 20, 2.0)
