"""The contenders of `benchmarks.evaluation`, each run in a process of its own, so that its peak of memory is its own.

`python -m benchmarks.mlqa_contenders CONTENDER --share 1 --encoder embedded:base --outcome FILE`
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks import mlqa_paragraphs
from equilingua import durable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OURS = "equilingua"
OURS_FLOAT32 = "equilingua, float32"
MTEB = "mteb"
MTEB_WITH_OURS = "mteb, our encoding"
CONTENDERS = (OURS, OURS_FLOAT32, MTEB_WITH_OURS, MTEB)
SPLIT = "validation"
# mteb's name of a score → ours.
METRICS = {"ndcg_at_10": "ndcg@10", "map_at_1000": "map", "recall_at_1": "recall@1", "recall_at_10": "recall@10"}


@dataclass(frozen=True)
class Outcome:
    """What a contender took, and found.

    Attributes:
        seconds: from local files to figures; imports and loading the encoder are left out.
        load_seconds: of loading the encoder.
        peak_mib: the most memory that the process held, libraries and encoder included.
        pairs: "asking>answering" → our name of a metric → value.
        whole: the same with all paragraphs of the answers' language as candidates; ours only.
        pool: the metrics and bias in the pool of all languages; ours only.
    """

    seconds: float
    load_seconds: float
    peak_mib: float
    pairs: dict[str, dict[str, float]]
    whole: dict[str, dict[str, float]]
    pool: dict[str, float]


def run(contender: str, encoder_name: str, share: float) -> Outcome:
    """Run one contender in this process."""
    from equilingua.encoder.load import load

    started = time.perf_counter()
    encoder = load(encoder_name)
    load_seconds = time.perf_counter() - started
    if contender in (OURS, OURS_FLOAT32):
        seconds, found = _ours(encoder, share, "float32" if contender == OURS_FLOAT32 else "auto")
    else:
        seconds, found = _mteb(encoder, share, wrapped=contender == MTEB_WITH_OURS)
    return Outcome(seconds=seconds, load_seconds=load_seconds, peak_mib=_peak_mib(), **found)


def _ours(
    encoder: SentenceTransformer, share: float, precision: Literal["auto", "float32"]
) -> tuple[float, dict[str, Any]]:
    """All pairs and the pool in one call, with the cache of vectors switched on and empty."""
    from equilingua.evaluation.evaluate import evaluate

    with tempfile.TemporaryDirectory() as empty:
        os.environ["EQUILINGUA_CACHE"] = empty
        started = time.perf_counter()
        results = evaluate(encoder, mlqa_paragraphs.benchmarks(share), precision=precision).results
        records = {name: result.to_json() for name, result in results.items()}
        seconds = time.perf_counter() - started
    pool = records.pop(mlqa_paragraphs.POOL)
    pairs = {}
    for name, record in records.items():
        asking, answering = name.split(">")
        figures = record["monolingual" if asking == answering else "cross_lingual"]
        pairs[name] = {metric: figures[metric] for metric in METRICS.values()}
    whole = pool["cross_lingual"]["by_pair"] | {
        f"{language}>{language}": figures for language, figures in pool["monolingual"]["by_language"].items()
    }
    in_pool = {metric: pool["multilingual"][metric] for metric in METRICS.values()}
    bias = {name: pool["bias"][name] for name in ("rank_distance", "same_language_top1")}
    return seconds, {"pairs": pairs, "whole": whole, "pool": in_pool | bias}


def _mteb(encoder: SentenceTransformer, share: float, *, wrapped: bool) -> tuple[float, dict[str, Any]]:
    """Run mteb's own MLQARetrieval, its loading from the hub replaced by the same benchmarks from the local files."""
    import logging

    import mteb
    from mteb.tasks.retrieval.multilingual.mlqa_retrieval import MLQARetrieval

    from equilingua.mteb.model import EquilinguaEncoder
    from equilingua.mteb.tasks import language_script, split_data

    def subset(name: str) -> str:
        asking, answering = (language_script(code).partition("-")[0] for code in name.split(">"))
        # As mteb names them: the paragraphs' language first.
        return f"{answering}-{asking}"

    class LocalMLQA(MLQARetrieval):
        def load_data(self, *_: object, **__: object) -> None:
            pairs = mlqa_paragraphs.benchmarks(share)[1:]
            self.dataset = {subset(pair.name): {SPLIT: split_data(pair)} for pair in pairs}
            self.data_loaded = True

    names = {subset(pair.name): pair.name for pair in mlqa_paragraphs.benchmarks(share)[1:]}
    task = LocalMLQA().filter_eval_splits([SPLIT])
    # A small share leaves some pairs without a question.
    task.hf_subsets = [name for name in task.hf_subsets if name in names]
    model = EquilinguaEncoder(encoder, name="ours") if wrapped else encoder
    # It warns of every prompt's name that it does not know.
    logging.getLogger("mteb").setLevel(logging.ERROR)
    started = time.perf_counter()
    run = mteb.evaluate(model, task, cache=None, show_progress_bar=False)
    scores = run.task_results[0].scores[SPLIT]
    seconds = time.perf_counter() - started
    pairs = {
        names[record["hf_subset"]]: {ours: record[theirs] for theirs, ours in METRICS.items()} for record in scores
    }
    return seconds, {"pairs": pairs, "whole": {}, "pool": {}}


def _peak_mib() -> float:
    """The most memory that this process has held."""
    try:
        # A child's own; what the call below tells includes its parent's on Linux.
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("VmHWM:")[2].split()[0]) / 2**10
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    """Read the options, run, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--share", type=float, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--outcome", type=Path, required=True)
    options = parser.parse_args()
    durable.write_json(options.outcome, asdict(run(options.contender, options.encoder, options.share)))


if __name__ == "__main__":
    main()
