"""Folders of studies as the runner leaves them, with effects that are known."""

import numpy as np
import pyarrow as pa
import yaml
from pyarrow import parquet

from equilingua.durable import write_json
from equilingua.errors import UsageError
from equilingua.study.definition import parse_study
from equilingua.study.ledger import Entry, Places
from equilingua.study.record import gather

LANGUAGES = ("ar", "de", "en")
GROUPS = 60
SETTINGS = {
    "monolingual": [(code, code) for code in LANGUAGES],
    "cross_lingual": [(f"{a}>{b}", a) for a in LANGUAGES for b in LANGUAGES if a != b],
    "multilingual": [(code, code) for code in LANGUAGES],
}
# Point → mAP in the three settings, rank distance.
LEVELS = {
    "base": (0.80, 0.64, 0.30, 120.0),
    "monolingual": (0.80, 0.65, 0.46, 85.0),
    "cross-lingual": (0.78, 0.69, 0.56, 44.0),
    "hybrid": (0.80, 0.69, 0.54, 51.0),
}
CHANGES = {
    "base": {"encoder": "embedded:base"},
    "monolingual": {"batches.strategy": "monolingual"},
    "cross-lingual": {"batches.strategy": "cross-lingual"},
    "hybrid": {"batches.strategy": "hybrid", "batches.alpha": 0.5},
}
UNTRAINED = ("base",)


def hypothesis(better="hybrid", worse="monolingual", **changes):
    """Return a hypothesis as `study.yaml` has it."""
    return {
        "statement": "Hybrid batches are better in the pool of all languages.",
        "benchmark": "xquad-r",
        "setting": "multilingual",
        "metric": "map",
        "better": better,
        "worse": worse,
        **changes,
    }


def declaration(**changes):
    """Return `study.yaml` as a mapping."""
    return {
        "name": "strategies",
        "title": "Which batches?",
        "question": "Which strategy is best in each setting?",
        "recipe": {"batches": {"strategy": "hybrid", "alpha": 0.5}},
        "seeds": [0, 1, 2],
        "measures": ["monolingual/map", "cross_lingual/map", "multilingual/map", "bias/rank_distance"],
        "hypotheses": [hypothesis()],
        **changes,
    }


def questions(levels, seed, spread=0.004, benchmark="xquad-r", groups=GROUPS):
    """Return one run's questions: a difficulty for each group that all runs share, and noise of the run's own."""
    difficulty = np.random.default_rng(7).normal(0, 0.05, groups)
    draw = np.random.default_rng(1000 + seed)
    rows = []
    for level, (setting, parts) in zip(levels, SETTINGS.items(), strict=False):
        shift = draw.normal(0, spread)
        for part, _ in parts:
            for group in range(groups):
                value = level + difficulty[group] + shift + draw.normal(0, 0.01)
                rows.append((setting, part, f"g{group}", value, None))
    shift = draw.normal(0, spread)
    for code in LANGUAGES:
        for group in range(groups):
            value = levels[3] * (1 + difficulty[group] + shift + draw.normal(0, 0.05))
            rows.append(("bias", code, f"g{group}", None, value))
    names = ("setting", "part", "group", "map", "rank_distance")
    columns = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    metrics = {name: pa.array(columns[name], pa.float32()) for name in ("map", "rank_distance")}
    words = {name: pa.array(columns[name]).dictionary_encode() for name in ("setting", "part", "group")}
    return pa.table({"benchmark": pa.array([benchmark] * len(rows)).dictionary_encode(), **words, **metrics})


def figures(table):
    """Return a run's macro-averages as `equilingua evaluate --json` has them: setting → metric → value."""
    frame = table.to_pydict()
    found = {}
    for setting, metric in (*((name, "map") for name in SETTINGS), ("bias", "rank_distance")):
        by_part = {}
        for own, part, value in zip(frame["setting"], frame["part"], frame[metric], strict=True):
            if own == setting:
                by_part.setdefault(part, []).append(value)
        found[setting] = {metric: float(np.mean([np.mean(values) for values in by_part.values()]))}
    return found


def evaluated(results):
    """Return an evaluation as `equilingua evaluate --json` has it, of which only some macro-averages exist."""
    nothing = dict.fromkeys(("map", "recall@1", "recall@10", "mrr", "ndcg@10"))
    text = {"questions": 1, "candidates": 1}

    def result(found):
        return {
            "monolingual": nothing | found.get("monolingual", {}) | {"by_language": {}},
            "cross_lingual": nothing | found.get("cross_lingual", {}) | {"by_pair": {}},
            "multilingual": nothing | found.get("multilingual", {}) | {"by_language": {}},
            "bias": {"rank_distance": None, "same_language_top1": None} | found.get("bias", {}) | {"by_language": {}},
            "seconds": {"encode": 0.0, "score": 0.0},
            "counts": text | {"languages": 1, "by_language": {"de": text}},
        }

    own = {name: result(found) for name, found in results.items()}
    return {"schema": 1, "encoder": "a run", "posthoc": None, "results": own, "versions": {}}


def entry(point, seed, state="done", **changes):
    """Return the record of one run."""
    run = point if seed is None else f"{point}-s{seed}"
    changes = {"seconds": {"train": 100.0}, "machine": "a processor", "cores": 2} | changes
    return Entry(run, point, CHANGES.get(point, {"key": point}), seed, "key", {}, state, **changes)


def write(folder, levels=None, *, declared=None, seeds=(0, 1, 2), failed=(), spread=0.004, results=None, pairs=None):
    """Write the folder of a study that has run, by way of what its runs leave.

    `failed` names runs as (point, seed); `results` has figures of further sets, of every
    run; `pairs` what a point was trained on, by language.
    """
    levels = LEVELS if levels is None else levels
    study = declared or declaration()
    places = Places(folder, folder.with_name(f"{folder.name}-work"))
    for path in (folder, places.questions("").parent):
        path.mkdir(parents=True, exist_ok=True)
    entries = []
    for place, (point, own) in enumerate(levels.items()):
        for seed in (None,) if point in UNTRAINED else seeds:
            if (point, seed) in failed:
                entries.append(entry(point, seed, "failed", error="TrainingError: the loss is not finite"))
                continue
            told = {"pairs": pairs[point]} if pairs and point in pairs else None
            entries.append(entry(point, seed, trained=told))
            table = questions(own, seed=100 * place + (seed or 0), spread=spread)
            parquet.write_table(table, places.questions(entries[-1].run))
            record = evaluated({"xquad-r": figures(table), **(results or {})})
            write_json(places.evaluation(entries[-1].run), record)
    try:
        asked = parse_study(study, "synthetic")
    except UsageError:
        # A test of a broken declaration.
        asked = parse_study(declaration(), "synthetic")
    gather(asked, places, entries)
    (folder / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), "utf-8")
    return folder


def change(folder, name, **columns):
    """Write one of a study's tables again with columns changed, each by a function of its rows."""
    rows = parquet.read_table(folder / name).to_pylist()
    for column, made in columns.items():
        for row in rows:
            row[column] = made(row)
    parquet.write_table(pa.Table.from_pylist(rows, parquet.read_schema(folder / name)), folder / name)
