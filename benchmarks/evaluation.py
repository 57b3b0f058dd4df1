"""MLQA's 49 language pairs with our tool beside mteb's own MLQARetrieval: the same local files and encoder, in one run.

`python -m benchmarks.evaluation [--share 1.0] [--encoder embedded:base] [--json FILE]`

Both sides answer the same questions from the same paragraphs, pair by pair (`benchmarks.mlqa_paragraphs`); ours also
ranks in the pool of all seven languages and measures language bias, in the time given. mteb runs as its users run it:
the encoder as it comes, float32, 32 texts a batch, every pair's paragraphs encoded anew. "mteb, our encoding" is mteb
with our model wrapper, so that what is left between it and us is what repeated encoding and its scoring cost;
"equilingua, float32" is us at mteb's precision. Clocks start after the imports with the encoder loaded and stop at the
figures; reading the files is included.

Per-pair scores are compared where the protocols coincide: nDCG@10, recall@1 and @10, and mAP, since no pair has more
than 1,000 paragraphs, where mteb cuts its lists. They can differ by ties (ours rank the relevant one last, mteb by its
id), by mteb's rounding to five decimals, and by the encoder's rounding, which at bfloat16 also depends on which texts
share a micro-batch: close candidates change places.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, cast

from benchmarks import mlqa_paragraphs
from benchmarks.mlqa_contenders import CONTENDERS, METRICS, MTEB, MTEB_WITH_OURS, OURS, OURS_FLOAT32, SPLIT, Outcome
from benchmarks.record import Record, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

GOAL = 10.0


def record(outcomes: Mapping[str, Outcome], share: float) -> Record:
    """Compare outcomes, each under its contender's name."""
    rows = _sizes(share)
    reference = outcomes[MTEB].pairs
    for name, outcome in outcomes.items():
        rows += [
            Row(name, "time", outcome.seconds, "s"),
            Row(name, "loading", outcome.load_seconds, "s (not in the time)"),
            Row(name, "peak memory", outcome.peak_mib, "MiB"),
        ]
        for metric in METRICS.values():
            rows.append(Row(name, metric, fmean(pair[metric] for pair in outcome.pairs.values()), "mean of pairs"))
            worst = max(abs(outcome.pairs[pair][metric] - reference[pair][metric]) for pair in reference)
            rows.append(Row(name, f"{metric} differs", worst, f"at most, from {MTEB}, of {len(reference)} pairs"))
    ours = outcomes[OURS]
    for metric in METRICS.values():
        mean = fmean(pair[metric] for pair in ours.whole.values())
        rows.append(Row(OURS, f"{metric} whole", mean, "mean of pairs, all paragraphs of the answers' language"))
    rows += [Row(OURS, f"{name} pool", value, "in the pool of all languages") for name, value in ours.pool.items()]
    return Record(
        "evaluation",
        rows,
        ratios={
            "vs_mteb": outcomes[MTEB].seconds / ours.seconds,
            "vs_mteb_with_our_encoding": outcomes[MTEB_WITH_OURS].seconds / ours.seconds,
            "float32_vs_mteb": outcomes[MTEB].seconds / outcomes[OURS_FLOAT32].seconds,
        },
        goals={"vs_mteb": GOAL},
    )


def _sizes(share: float) -> list[Row]:
    pool, *pairs = mlqa_paragraphs.benchmarks(share)
    distinct = len(pool.queries) + len(pool.candidates)
    characters = [sum(map(len, (*one.queries, *one.candidates))) for one in (pool, *pairs)]
    return [
        Row("texts", "share", share, "of the questions"),
        Row("texts", "pairs", len(pairs), "pairs of languages"),
        Row("texts", "distinct", distinct, "questions and paragraphs"),
        Row("texts", "questions", sum(len(pair.queries) for pair in pairs), "over all pairs"),
        Row("texts", "paragraphs", sum(len(pair.candidates) for pair in pairs), "over all pairs"),
        *_published(),
        Row("texts", "repetition", sum(characters[1:]) / characters[0], "times the characters of the distinct ones"),
    ]


def _published() -> list[Row]:
    """What mteb publishes of its data: of the whole set ours has the same numbers."""
    from mteb.tasks.retrieval.multilingual.mlqa_retrieval import MLQARetrieval

    published = cast("Mapping[str, Mapping[str, float]]", MLQARetrieval.metadata.descriptive_stats or {})
    statistics = published.get(SPLIT, {})
    names = {"num_queries": "questions", "num_documents": "paragraphs"}
    return [
        Row("texts", f"{name} of {MTEB}", statistics[key], f"over all pairs, in its split '{SPLIT}'")
        for key, name in names.items()
        if key in statistics
    ]


def measured(contender: str, encoder: str, share: float) -> Outcome:
    """Run a contender in a process of its own.

    Raises:
        SystemExit: it failed; its own message stands above.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "benchmarks.mlqa_contenders", contender]
        command += ["--share", str(share), "--encoder", encoder, "--outcome", str(file)]
        print(f"{contender} ...", flush=True)
        # Nothing is on the hub, so that nobody waits for it; and no bars, of which mteb has one a pair.
        quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "PYTHONWARNINGS": "ignore"}
        if subprocess.run(command, check=False, env=os.environ | quiet).returncode:
            raise SystemExit(f"{contender} failed")
        return Outcome(**json.loads(file.read_text("utf-8")))


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the questions, with their paragraphs (0 to 1)")
    parser.add_argument("--encoder", default="embedded:base")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not 0 < options.share <= 1:
        parser.error(f"--share {options.share}: use a number above 0, at most 1")
    outcomes = {name: measured(name, options.encoder, options.share) for name in CONTENDERS}
    found = record(outcomes, options.share)
    found.show()
    if options.json is not None:
        found.write(options.json)


if __name__ == "__main__":
    main()
