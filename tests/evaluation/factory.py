"""Small benchmarks whose scores are exact and full of ties, and plain rankings to hold results against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from equilingua.corpus.formats.squad import SquadParagraph, SquadQuestion
from equilingua.evaluation import ranking
from equilingua.evaluation.benchmarks.benchmark import Benchmark
from equilingua.evaluation.counting import count
from equilingua.evaluation.scores import VectorScores

CODES = ("de", "en", "hi", "zh-Hans")


@dataclass
class Case:
    benchmark: Benchmark
    queries: np.ndarray
    candidates: np.ndarray

    @property
    def scores(self):
        return self.queries @ self.candidates.T

    def count(self, **options):
        return count(VectorScores(self.queries, self.candidates), self.benchmark, **options)

    def rankings(self):
        counts = self.count()
        return ranking.by_language(counts, self.benchmark), ranking.pooled(counts)

    def relevant(self, query):
        b = self.benchmark
        group = b.query_group[query]
        return b.relevant[b.relevant_offsets[group] : b.relevant_offsets[group + 1]]

    def lists(self, rankings):
        """Yield the scores and the relevance of each list's candidates."""
        for question, language in zip(rankings.question, rankings.language, strict=True):
            inside = (self.benchmark.candidate_language == language) | (language == ranking.POOL)
            relevance = np.isin(np.arange(len(inside)), self.relevant(question))
            yield self.scores[question, inside], relevance[inside]


@dataclass
class Table:
    """Any scores at all, as a source."""

    scores: np.ndarray

    def block(self, start, stop, out):
        out[:] = self.scores[start:stop]


def benchmark(query_language, query_group, candidate_language, relevant_of_group, languages=CODES):
    sizes = [len(relevant) for relevant in relevant_of_group]
    return Benchmark(
        name="made",
        languages=tuple(languages),
        queries=[f"query {i}" for i in range(len(query_language))],
        query_language=np.array(query_language, np.int32),
        query_group=np.array(query_group, np.int32),
        groups=[f"group {i}" for i in range(len(relevant_of_group))],
        candidates=[f"candidate {i}" for i in range(len(candidate_language))],
        candidate_language=np.array(candidate_language, np.int32),
        relevant_offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        relevant=np.array([c for relevant in relevant_of_group for c in sorted(relevant)], np.int64),
    )


def random_case(rng, queries=6, candidates=30, groups=4, levels=1):
    """Integer vectors of two dimensions: scores are exact, and few, so that ties abound.

    Some groups have no relevant candidate, some languages no candidate.
    """
    chosen = [rng.choice(candidates, rng.integers(0, min(6, candidates) + 1), replace=False) for _ in range(groups)]
    made = benchmark(
        rng.integers(0, len(CODES), queries),
        rng.integers(0, groups, queries),
        np.sort(rng.integers(0, len(CODES), candidates)),
        chosen,
    )
    vectors = rng.integers(-levels, levels + 1, (queries + candidates, 2)).astype(np.float32)
    return Case(made, vectors[:queries], vectors[queries:])


def cases():
    def make(seed, queries, candidates, groups, levels):
        return random_case(np.random.default_rng(seed), queries, candidates, groups, levels)

    return st.builds(
        make,
        st.integers(0, 2**32),
        st.integers(1, 8),
        st.integers(1, 150),
        st.integers(1, 5),
        st.sampled_from([1, 2, 50]),
    )


def plain_ranks(scores, relevance):
    """Rank by score; of equal scores, what is not relevant comes first. Return the ranks of what is relevant."""
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], relevance[i]))
    return [rank for rank, i in enumerate(order, 1) if relevance[i]]


def trec(scores, relevance, measures):
    """Score one list with trec_eval, which breaks ties by descending document id."""
    import pytrec_eval

    ids = [f"{'a' if relevant else 'z'}{i:04d}" for i, relevant in enumerate(relevance)]
    qrel = {"q": {name: int(relevant) for name, relevant in zip(ids, relevance, strict=True)}}
    run = {"q": {name: float(score) for name, score in zip(ids, scores, strict=True)}}
    return pytrec_eval.RelevanceEvaluator(qrel, measures).evaluate(run)["q"]


def paragraph(sentences, questions):
    """A paragraph of the given sentences; questions are (id, text, index of the sentence that answers)."""
    context = " ".join(sentences)
    spans, start = [], 0
    for sentence in sentences:
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    asked = tuple(
        SquadQuestion(id=name, text=text, answer_start=spans[place][0] + 1) for name, text, place in questions
    )
    return SquadParagraph("title", context, tuple(sentences), tuple(spans), asked)
