"""Retrieval tasks of mteb with the candidates of all languages in one pool, relevance across languages.

Their data is what `equilingua evaluate` measures on, from the local files of the named sets; no hub is asked. Besides
mteb's own scores, which count every question the same, each task reports them by language of the question
(`ndcg_at_10_de`) and with every language counting the same (`macro_ndcg_at_10`, the main score, and the rest of
`MACRO`), which is how our results are averaged; and the share of top hits in the question's language.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any, ClassVar

import langcodes

from equilingua.errors import MissingExtraError
from equilingua.evaluation.benchmarks.by_name import load_benchmark
from equilingua.evaluation.bias.language_bias import COVERAGE
from equilingua.evaluation.trec import candidate_ids, question_ids

try:
    from datasets import Dataset
    from mteb.abstasks.retrieval import AbsTaskRetrieval
    from mteb.abstasks.retrieval_dataset_loaders import RetrievalSplitData
    from mteb.abstasks.task_metadata import TaskMetadata
except ImportError as error:
    raise MissingExtraError("the pools as mteb tasks", "mteb", "mteb") from error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mteb.timing import TimingStack
    from mteb.types import RelevantDocumentsType

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

SPLIT = "test"
# Our name of a score, without its number → trec_eval's.
MACRO: Mapping[str, str] = {
    "ndcg_at_10": "ndcg_cut_10",
    "map_at_1000": "map_cut_1000",
    "recall_at_1": "recall_1",
    "recall_at_10": "recall_10",
}

_LAREQA = r"""
@inproceedings{roy-etal-2020-lareqa,
  author = {Roy, Uma and Constant, Noah and Al-Rfou, Rami and Barua, Aditya and Phillips, Aaron and Yang, Yinfei},
  booktitle = {Proceedings of the 2020 Conference on Empirical Methods in Natural Language Processing (EMNLP)},
  title = {{LAReQA}: Language-Agnostic Answer Retrieval from a Multilingual Pool},
  year = {2020},
}
"""


class MultilingualPool(AbsTaskRetrieval):
    """What the tasks have in common.

    Attributes:
        benchmark: the name of the set that it is made of.
    """

    benchmark: ClassVar[str]

    def load_data(self, num_proc: int | None = None, *, timer: TimingStack | None = None, **kwargs: Any) -> None:  # noqa: ANN401, ARG002  (mteb's signature)
        """Read the set's local files.

        Raises:
            DataError: a file cannot be had, differs from the registered one, or is malformed.
        """
        if self.data_loaded:
            return
        self.dataset = {"default": {SPLIT: split_data(load_benchmark(self.benchmark))}}
        self.data_loaded = True

    def task_specific_scores(
        self,
        scores: Mapping[str, Mapping[str, float]],
        qrels: RelevantDocumentsType,
        results: Mapping[str, Mapping[str, float]],
        hf_split: str,  # noqa: ARG002
        hf_subset: str,  # noqa: ARG002
    ) -> dict[str, float]:
        """Average by language of the question, and over languages; what is not answered counts as finding nothing.

        The share of top hits in the question's language is of answered questions, whose share is `macro_answered`; it
        is left out where too few are answered in some language.

        Args:
            scores: question → trec_eval's name of a score → value; only of answered questions.
            qrels: what is relevant.
            results: question → candidate → score.
            hf_split: the split.
            hf_subset: the subset.
        """
        questions: dict[str, list[str]] = {}
        for question in qrels:
            questions.setdefault(_language(question), []).append(question)
        found: dict[str, float] = {}
        for name, theirs in MACRO.items():
            means = {
                code: fmean(scores.get(question, {}).get(theirs, 0.0) for question in asked)
                for code, asked in questions.items()
            }
            found |= {f"{name}_{code}": mean for code, mean in means.items()} | {f"macro_{name}": fmean(means.values())}
        answered = [[question for question in asked if results.get(question)] for asked in questions.values()]
        coverage = [len(some) / len(asked) for some, asked in zip(answered, questions.values(), strict=True)]
        found["macro_answered"] = fmean(coverage)
        if min(coverage) >= COVERAGE:
            shares = (fmean(_top_in_own_language(one, results[one]) for one in some) for some in answered)
            found["macro_same_language_top1"] = fmean(shares)
        return found


def language_script(code: str) -> str:
    """Return mteb's code of a language, ISO 639-3 and script, which is the most likely one where none is given.

    >>> language_script("de"), language_script("zh"), language_script("pt-BR")
    ('deu-Latn', 'zho-Hans', 'por-Latn')
    """
    language = langcodes.Language.get(code)
    return f"{language.to_alpha3()}-{language.maximize().script}"


def _metadata(name: str, description: str, languages: str, **others: Any) -> TaskMetadata:  # noqa: ANN401  (mteb's)
    return TaskMetadata(
        name=name,
        description=description,
        type="Retrieval",
        category="t2t",
        modalities=["text"],
        eval_splits=[SPLIT],
        eval_langs=[language_script(code) for code in languages.split()],
        main_score="macro_ndcg_at_10",
        task_subtypes=["Question answering"],
        dialect=[],
        **others,
    )


class XQuADRPool(MultilingualPool):
    """XQuAD-R: the sentences of 240 paragraphs in eleven languages."""

    benchmark = "xquad-r"
    metadata = _metadata(
        name="XQuADRMultilingualPool",
        description="Questions in 11 languages over the sentences of all 11 in one pool: each translation of the "
        "sentence that answers is relevant, in whatever language the question is (LAReQA).",
        reference="https://github.com/google-research-datasets/lareqa",
        dataset={"path": "google-research-datasets/lareqa", "revision": "5405d2a77e83d5ccb47623a3f9e5604c3f103193"},
        languages="ar de el en es hi ru th tr vi zh",
        date=("2019-01-01", "2020-12-31"),
        domains=["Encyclopaedic", "Written"],
        license="cc-by-sa-4.0",
        annotations_creators="human-annotated",
        sample_creation="human-translated",
        bibtex_citation=_LAREQA,
    )


class MLQARPool(MultilingualPool):
    """MLQA-R: the sentences of paragraphs in seven languages, each question in two to four of them."""

    benchmark = "mlqa-r"
    metadata = _metadata(
        name="MLQARMultilingualPool",
        description="Questions in 7 languages over the sentences of all 7 in one pool: the sentences that answer in "
        "any language are relevant, in whatever language the question is (LAReQA).",
        reference="https://github.com/google-research-datasets/lareqa",
        dataset={"path": "google-research-datasets/lareqa", "revision": "354d67d1cd066854cdfbf5ad0e6105528976141d"},
        languages="ar de en es hi vi zh",
        date=("2019-01-01", "2020-12-31"),
        domains=["Encyclopaedic", "Written"],
        license="cc-by-nc-4.0",
        annotations_creators="human-annotated",
        sample_creation="found",
        bibtex_citation=_LAREQA,
    )


class StarterPool(MultilingualPool):
    """The test split of the starter corpus: short passages in twelve languages, three easily confused ones a topic."""

    benchmark = "starter"
    metadata = _metadata(
        name="EquilinguaStarterMultilingualPool",
        description="Questions in 12 languages over the passages of all 12 in one pool: each translation of the "
        "passage that answers is relevant, in whatever language the question is.",
        reference=None,
        dataset={"path": "equilingua/starter", "revision": "1"},
        languages="ar de el en es hi ru sw th tr vi zh-Hans",
        domains=["Constructed", "Encyclopaedic", "Written"],
        license="cc0-1.0",
        bibtex_citation="",
    )


TASKS: tuple[type[MultilingualPool], ...] = (XQuADRPool, MLQARPool, StarterPool)


def _language(identifier: str) -> str:
    return identifier.partition(":")[0]


def _top_in_own_language(question: str, scores: Mapping[str, float]) -> float:
    """Languages that tie for the top share it."""
    best = max(scores.values())
    top = {_language(candidate) for candidate, score in scores.items() if score == best}
    return (_language(question) in top) / len(top)


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
