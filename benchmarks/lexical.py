"""How far matching words gets on the starter corpus: BM25 (bm25s) beside an encoder, on the test split.

`python -m benchmarks.lexical [--encoder embedded:base] [--json FILE]`

A small first check that the corpus is neither trivial nor noise: an encoder has to beat BM25 within a language, and
BM25 has to fail across scripts.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.record import Record, Row
from equilingua.corpus.load import load_corpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import EMBEDDED, load
from equilingua.evaluation.peers.bm25 import Bm25Scores

SCRIPTS = {"el": "Greek", "ru": "Cyrillic", "ar": "Arabic", "hi": "Devanagari", "th": "Thai", "zh-Hans": "Han"}


def mean_average_precision(scores: np.ndarray) -> float:
    """Return mAP of scores [n, n] whose diagonal is relevant; ties count against the relevant one."""
    relevant = np.eye(len(scores), dtype=bool)
    return float(np.mean([average_precision_score(*pair) for pair in zip(relevant, scores, strict=True)]))


def run(encoder_name: str) -> Record:
    """Measure both contenders over every ordered pair of languages."""
    corpus = load_corpus("starter", split="test")
    encoder = load(encoder_name)
    rows_of = {language: corpus.rows_of_language(language) for language in corpus.languages}
    queries = {language: corpus.queries(rows) for language, rows in rows_of.items()}
    passages = {language: corpus.passages(rows) for language, rows in rows_of.items()}
    query_vectors = {language: encode(encoder, texts, "query") for language, texts in queries.items()}
    passage_vectors = {language: encode(encoder, texts, "passage") for language, texts in passages.items()}
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for asking in corpus.languages:
        for answering in corpus.languages:
            lexical = Bm25Scores(passages[answering], queries[asking]).all()
            scores = {"bm25s": lexical, encoder_name: query_vectors[asking] @ passage_vectors[answering].T}
            for contender, matrix in scores.items():
                found[contender, _relation(asking, answering)].append(mean_average_precision(matrix))
    rows = [Row(name, f"mAP {relation}", statistics.mean(values), "mAP") for (name, relation), values in found.items()]
    lead = statistics.mean(found[encoder_name, "monolingual"]) - statistics.mean(found["bm25s", "monolingual"])
    chance = float(np.mean([1 / len(rows) for rows in rows_of.values()]))
    rows += [Row(encoder_name, "lead monolingual", lead, "mAP"), Row("all tied", "mAP", chance, "mAP")]
    return Record("lexical", rows, ratios={}, goals={})


def _relation(asking: str, answering: str) -> str:
    if asking == answering:
        return "monolingual"
    same = SCRIPTS.get(asking, "Latin") == SCRIPTS.get(answering, "Latin")
    return "across languages of one script" if same else "across scripts"


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=EMBEDDED)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = run(options.encoder)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
