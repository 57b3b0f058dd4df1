"""A benchmark's pool of all languages in the form in which mteb keeps a retrieval task's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import langcodes

from equilingua.errors import MissingExtraError
from equilingua.evaluation.trec import candidate_ids, question_ids

try:
    from datasets import Dataset
    from mteb.abstasks.retrieval_dataset_loaders import RetrievalSplitData
except ImportError as error:
    raise MissingExtraError("the pool as an mteb task", "mteb", "mteb") from error

if TYPE_CHECKING:
    from equilingua.evaluation.benchmarks.benchmark import Benchmark


def split_data(benchmark: Benchmark) -> RetrievalSplitData:
    """Return corpus, queries and relevance under the names of `equilingua.evaluation.trec`."""
    questions, candidates = question_ids(benchmark), candidate_ids(benchmark)
    offsets, relevant = benchmark.relevant_to_queries()
    return RetrievalSplitData(
        corpus=Dataset.from_dict({"id": candidates, "text": benchmark.candidates}),
        queries=Dataset.from_dict({"id": questions, "text": benchmark.queries}),
        relevant_docs={
            question: {candidates[candidate]: 1 for candidate in relevant[first:last].tolist()}
            for question, first, last in zip(questions, offsets[:-1], offsets[1:], strict=True)
        },
        top_ranked=None,
    )


def language_script(code: str) -> str:
    """Return mteb's code of a language, ISO 639-3 and script, which is the most likely one where none is given.

    >>> language_script("de"), language_script("zh"), language_script("pt-BR")
    ('deu-Latn', 'zho-Hans', 'por-Latn')
    """
    language = langcodes.Language.get(code)
    return f"{language.to_alpha3()}-{language.maximize().script}"
