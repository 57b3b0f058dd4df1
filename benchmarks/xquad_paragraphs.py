"""SHIFT's published comparison: XQuAD's paragraphs in English, German and Spanish as one pool, recall in the first 10.

`python -m benchmarks.xquad_paragraphs [ENCODER[+METHOD] ...] [--fit-on SET[,SET]] [--languages en,de,es] [--json FILE]`

1,190 questions in each language, 240 paragraphs in each; the paragraph of a question is relevant in every language.
Recall@10 is of all three, of the one in the question's own language, and of the others, all in the one pool. Published
for multilingual-e5-small (Qdrant, September 2026): .833, .996, .752, and with SHIFT (arXiv 2606.18801) .967, .989,
.955. The paragraphs are read from XQuAD-R's files, whose contexts are XQuAD's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import Record, Row
from equilingua.corpus.load import load_documents
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.evaluation import contenders
from equilingua.evaluation import vectors as unit_vectors
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.evaluation.encoding import Encoding
from equilingua.evaluation.posthoc import by_name as posthocs
from equilingua.evaluation.posthoc import fitting
from equilingua.evaluation.posthoc.fitted import Fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.evaluation.benchmarks.benchmark import Benchmark

K = 10
PUBLISHED: dict[str, tuple[float, ...]] = {
    "multilingual-e5-small (published)": (0.833, 0.996, 0.752),
    "multilingual-e5-small+shift (published)": (0.967, 0.989, 0.955),
}
_METRICS = ("all", "same language", "other languages")


def paragraphs(languages: Sequence[str]) -> Benchmark:
    """Return XQuAD's questions in some languages with its paragraphs in all of them as one pool."""
    pairs = (
        Pair(question.id, language, question.text, paragraph.context.strip(), "xquad")
        for language, sections in load_documents("xquad-r", languages).items()
        for paragraph in sections
        for question in paragraph.questions
    )
    return from_corpus("XQuAD's paragraphs", ParallelCorpus.from_pairs(pairs))


def recalls(queries: NDArray[np.float32], candidates: NDArray[np.float32], benchmark: Benchmark) -> list[float]:
    """Return recall@10 of all relevant paragraphs, of those in the question's language, and of those in the others.

    Args:
        queries: [questions, dim], compared by dot product.
        candidates: [candidates, dim].
        benchmark: what they are the vectors of.
    """
    scores = queries.astype(np.float64) @ candidates.astype(np.float64).T
    first = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    offsets, relevant = benchmark.relevant_to_queries()
    asked = np.repeat(np.arange(len(queries)), np.diff(offsets))
    found = (first[asked] == relevant[:, None]).any(axis=1)
    own = benchmark.candidate_language[relevant] == benchmark.query_language[asked]
    return [float(found[chosen].mean()) for chosen in (np.ones_like(own), own, ~own)]


def measure(name: str, benchmark: Benchmark, fit_on: Sequence[str]) -> list[float]:
    """Return the recalls of an encoder, after the method behind a plus in its name, fitted on other text, if any."""
    encoder, method = posthocs.split(name)
    source = contenders.find(encoder).source
    if not isinstance(source, Encoding):
        raise SystemExit(f"{encoder}: gives no vectors")
    sides = [source.vectors(benchmark.queries, "query")[0], source.vectors(benchmark.candidates, "passage")[0]]
    queries, candidates = (unit_vectors.unit(side, len(side), "text") for side in sides)
    if method is not None:
        found = posthocs.find(method)
        fitted = found if isinstance(found, Fitted) else fitting.fit(method, source, fit_on, held_out=[benchmark])
        if fitted.calibration is not None:
            raise SystemExit(f"{name}: calibration is of scores: name a method of vectors")
        spoken = [
            [benchmark.languages[code] for code in side]
            for side in (benchmark.query_language, benchmark.candidate_language)
        ]
        queries, candidates = fitted.apply(queries, spoken[0], "query"), fitted.apply(candidates, spoken[1], "passage")
    return recalls(queries, candidates, benchmark)


def run(encoders: Sequence[str], fit_on: Sequence[str], languages: Sequence[str]) -> Record:
    """Measure every encoder."""
    benchmark = paragraphs(languages)
    figures = dict(PUBLISHED) if sorted(languages) == ["de", "en", "es"] else {}
    figures |= {name: tuple(measure(name, benchmark, fit_on)) for name in encoders}
    rows = [
        Row(name, f"R@{K} {metric}", value, "recall")
        for name, values in figures.items()
        for metric, value in zip(_METRICS, values, strict=True)
    ]
    return Record("xquad_paragraphs", rows, ratios={}, goals={})


def main() -> None:
    """Read the options, measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = [f"embedded:base{method}" for method in ("", "+shift", "+center", "+lir:1")]
    parser.add_argument("encoders", nargs="*", default=default, metavar="ENCODER[+METHOD]")
    parser.add_argument("--fit-on", default="libreoffice-help", help="text for methods that are not fitted yet")
    parser.add_argument("--languages", default="en,de,es")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = run(options.encoders, options.fit_on.split(","), options.languages.split(","))
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
