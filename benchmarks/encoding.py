"""Bulk encoding beside `SentenceTransformer.encode`: the same encoder, texts and machine, in one run.

`python -m benchmarks.encoding [--on starter] [--texts 2000] [--rounds 2] [--json FILE]`
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from benchmarks.record import Record, Row, interleaved_seconds, median_ratio
from equilingua.corpus.load import load_corpus, load_documents
from equilingua.encoder.embedded import cached_folder
from equilingua.encoder.encode import encode, unit_length
from equilingua.encoder.load import EMBEDDED, load
from equilingua.encoder.tokens import tokenize
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "equilingua"
PEER = "sentence-transformers"
PEER_BF16 = "sentence-transformers, bfloat16 weights"


def mixed_texts(name: str, count: int) -> list[str]:
    """Texts of many lengths and languages, in a random order.

    Of documents (`xquad-r`), a sample of questions, sentences and paragraphs as they are; of the starter corpus, half
    questions, half passages, one passage in ten tripled.
    """
    if name != "starter":
        paragraphs = [each for language in load_documents(name).values() for each in language]
        pool = [each.context for each in paragraphs]
        pool += [text for each in paragraphs for text in each.sentences]
        pool += [question.text for each in paragraphs for question in each.questions]
        return [pool[i] for i in np.random.default_rng(0).permutation(len(pool))[:count]]
    corpus = load_corpus("starter")
    generator = np.random.default_rng(0)
    rows = generator.permutation(len(corpus))[: count // 2]
    passages, queries = corpus.passages(rows), corpus.queries(rows)
    longer = [" ".join(passages[i : i + 3]) for i in range(len(passages) // 10)]
    texts = queries + passages[len(longer) :] + longer
    return [texts[i] for i in generator.permutation(len(texts))]


def run(name: str, count: int, rounds: int) -> Record:
    """Time the three contenders and compare their vectors."""
    texts = mixed_texts(name, count)
    ours = load(EMBEDDED, device="cpu")
    folder = str(cached_folder(cache_folder()))
    half = SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": torch.bfloat16})
    contenders: dict[str, Callable[[], np.ndarray]] = {
        PEER: lambda: ours.encode(texts, prompt_name="passage"),
        # numpy has no bfloat16, so the vectors are converted here rather than by `encode`.
        PEER_BF16: lambda: half.encode(texts, prompt_name="passage", convert_to_tensor=True).float().numpy(),
        OURS: lambda: encode(ours, texts, "passage"),
    }
    vectors: dict[str, np.ndarray] = {}
    seconds = interleaved_seconds(contenders, rounds, vectors)
    tokens = int(tokenize(ours, texts, "passage").lengths.sum())
    rows = [Row("texts", "count", len(texts), "texts"), Row("texts", "length", tokens / len(texts), "tokens a text")]
    for contender, times in seconds.items():
        rows.append(Row(contender, "speed", len(texts) / statistics.median(times), "texts/s"))
        agreement = (unit_length(vectors[contender]) * unit_length(vectors[PEER])).sum(axis=1)
        rows.append(Row(contender, "least agreement", float(agreement.min()), f"cosine with {PEER}"))
    return Record(
        "encoding",
        rows,
        ratios={
            "vs_sentence_transformers": median_ratio(seconds[PEER], seconds[OURS]),
            "vs_sentence_transformers_bf16": median_ratio(seconds[PEER_BF16], seconds[OURS]),
        },
        goals={"vs_sentence_transformers": 3.0},
    )


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", default="starter", choices=["starter", "xquad-r", "mlqa-r"])
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = run(options.on, options.texts, options.rounds)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
