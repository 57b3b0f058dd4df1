"""Whether training did good: the trained encoder beside its base, on the pairs that were held out of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.corpus.schema import ParallelCorpus
from equilingua.evaluation import comparison
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.evaluation.comparison import Contestant
from equilingua.evaluation.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from equilingua.encoder.precision import Precision
    from equilingua.evaluation.measure import Progress

LANGUAGES, PAIRS = 12, 1000
"""What is measured at most, so that it takes seconds beside minutes of training."""
FEW = 10
"""Groups below which nothing is concluded."""

_SETTINGS = {"monolingual": "monolingual", "cross_lingual": "cross-lingual", "multilingual": "multilingual"}
_NAME = "held-out pairs"


def beside_base(
    base: str,
    trained: Path,
    held_out: Path,
    *,
    precision: Precision = "auto",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure an encoder and its base on held-out pairs: mAP in the settings that these have, with paired tests.

    Args:
        base: what was trained, by name.
        trained: folder of what came out.
        held_out: file of the pairs; of many, the languages with most pairs and whole groups by chance are taken.
        precision: of encoding.
        progress: told about encoding and scoring.

    Returns:
        Pairs, groups and languages that were measured, whether they were enough to judge by, and by setting both
        figures and, where they were enough, the difference's 95 % interval, its p-value after Holm and which is better.
    """
    corpus = part(ParallelCorpus.read_parquet(held_out))
    benchmark = from_corpus(_NAME, corpus)
    # Other runs from this base find its vectors; nobody asks for the trained encoder's again.
    runs = [
        evaluate(name, benchmark, precision=precision, cache=name == base, progress=_named(progress, role))
        for role, name in (("base", base), ("trained", str(trained)))
    ]
    judged = len(corpus.groups) >= FEW
    tested = {}
    if judged:
        compared = comparison.compare([Contestant("trained", (runs[1],)), Contestant("base", (runs[0],))], _NAME)
        tested = {str(row.setting): row for row in compared.overall}
    settings: dict[str, dict[str, Any]] = {}
    for setting in _SETTINGS:
        before, after = (float(run.results[_NAME].settings[setting].mean()["map"]) for run in runs)
        if math.isnan(before):
            continue
        settings[setting] = {"base": before, "trained": after}
        if row := tested.get(setting):
            better = {"win": "trained", "loss": "base", "tie": None}[row.verdict]
            settings[setting] |= {"low": row.low, "high": row.high, "p": row.p_corrected, "better": better}
    return {
        "pairs": len(corpus),
        "groups": len(corpus.groups),
        "languages": corpus.languages,
        "judged": judged,
        "map": settings,
    }


def _named(progress: Progress | None, role: str) -> Progress | None:
    # A bar of its own for each: both have stages of one name.
    return None if progress is None else lambda stage, done, total: progress(f"{role}: {stage}", done, total)


def sentence(record: Mapping[str, Any]) -> str:
    """Say in a line what `beside_base` found."""
    parts = [
        f"{_SETTINGS[setting]} {one['base']:.3f} → {one['trained']:.3f}"
        + (f" ({_verdict(one)})" if "better" in one else "")
        for setting, one in record["map"].items()
    ]
    groups = "1 group" if record["groups"] == 1 else f"{record['groups']:,} groups"
    few = "" if record["judged"] else ": too few to judge by, raise validation.share"
    return f"mAP on held-out pairs, base → trained: {', '.join(parts)}; {record['pairs']:,} pairs in {groups}{few}"


def _verdict(one: Mapping[str, Any]) -> str:
    if one["trained"] == one["base"]:
        return "the same"
    told = "better" if one["trained"] > one["base"] else "the base was better"
    return told if one["better"] else f"{told}, perhaps by chance"


def part(corpus: ParallelCorpus) -> ParallelCorpus:
    """Return what is measured of held-out pairs: the languages with most pairs, and whole groups drawn by chance."""
    sizes = np.bincount(corpus.language_codes)
    most = np.argsort(-sizes, kind="stable")[:LANGUAGES]
    corpus = corpus.where(languages=[corpus.languages[code] for code in most])
    drawn = np.random.default_rng(0).permutation(len(corpus.groups))
    pairs = np.cumsum(np.bincount(corpus.group_codes)[drawn])
    kept = drawn[: max(1, int(np.searchsorted(pairs, PAIRS, side="right")))]
    return corpus.select(np.flatnonzero(np.isin(corpus.group_codes, kept)))
