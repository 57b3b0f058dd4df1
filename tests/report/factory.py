"""Evaluations and run folders as the other commands write them, with figures like the measured ones."""

import json
import math

import numpy as np

XQUAD_R = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
STARTER = ("ar", "de", "el", "en", "es", "hi", "ru", "sw", "th", "tr", "vi", "zh-Hans")

# encoder, posthoc, mAP (monolingual, cross-lingual, multilingual), rank distance, same-language top hits
MEASURED = (
    ("embedded:base", None, (0.7981, 0.6389, 0.2985), 1229.7, 0.989),
    ("embedded:base", "center", (0.7912, 0.6790, 0.5372), 460.4, 0.775),
    ("runs/demo/monolingual/encoder", None, (0.8027, 0.6610, 0.4930), 763.5, 0.885),
    ("runs/demo/hybrid/encoder", None, (0.7958, 0.6917, 0.5496), 497.8, 0.810),
)


def scores(average_precision):
    """Return the five metrics that go with a mean average precision."""
    top = average_precision
    return {
        "map": top,
        "recall@1": top**1.4,
        "recall@10": top**0.5,
        "mrr": top**0.97,
        "ndcg@10": top**0.9,
    }


def result(languages, means, rank_distance, top1, seed=0):
    """Return one benchmark's record; values by language scatter around the means, poorer languages below them."""
    draw = np.random.default_rng(seed)
    offset = dict(zip(languages, draw.normal(0, 0.05, len(languages)), strict=True))

    def near(mean, *codes):
        value = mean + sum(offset[code] for code in codes) / len(codes) + draw.normal(0, 0.008)
        return float(min(max(value, 0.0), 1.0))

    mono, cross, multi = means
    pairs = [(question, passage) for question in languages for passage in languages if question != passage]
    return {
        "monolingual": scores(mono) | {"by_language": {code: scores(near(mono, code)) for code in languages}},
        "cross_lingual": scores(cross) | {"by_pair": {f"{q}>{p}": scores(near(cross, q, p)) for q, p in pairs}},
        "multilingual": scores(multi) | {"by_language": {code: scores(near(multi, code)) for code in languages}},
        "bias": {
            "rank_distance": rank_distance,
            "same_language_top1": top1,
            "by_language": {
                code: {
                    "rank_distance": rank_distance * math.exp(-4 * offset[code] + draw.normal(0, 0.05)),
                    "same_language_top1": min(1.0, max(0.0, top1 - offset[code] * (1 - top1) * 5)),
                }
                for code in languages
            },
        },
        "seconds": {"encode": 61.3, "score": 9.8},
        "counts": {
            "questions": 1190 * len(languages),
            "candidates": 1183 * len(languages),
            "languages": len(languages),
            "by_language": {code: {"questions": 1190, "candidates": 1183} for code in languages},
        },
    }


def evaluation(number=0, benchmarks=None, **changes):
    """Return one of the measured evaluations as a JSON record."""
    encoder, posthoc, means, rank_distance, top1 = MEASURED[number]
    benchmarks = benchmarks or {"xquad-r": XQUAD_R}
    return {
        "schema": 1,
        "encoder": encoder,
        "posthoc": posthoc,
        "results": {
            name: result(languages, means, rank_distance, top1, seed=place)
            for place, (name, languages) in enumerate(benchmarks.items())
        },
        "versions": {"python": "3.11.2", "equilingua": "0.1.0", "torch": "2.13.0+cpu", "commit": "0f3c9a1b2d4e"},
    } | changes


def four(benchmarks=None):
    """Return the four measured evaluations, the base first."""
    return [evaluation(number, benchmarks) for number in range(4)]


def detailed(number=0, languages=("de", "en", "zh-Hans"), benchmark="xquad-r", **changes):
    """Return an evaluation with everything that newer versions write: distributions, exposure and a map."""
    record = evaluation(number, {benchmark: languages}, **changes)
    draw = np.random.default_rng(number)
    levels = [place / 20 for place in range(21)]
    distances = {code: sorted(draw.integers(2, 3000, 21).tolist()) for code in languages}
    pairs = [(asking, answering) for asking in languages for answering in languages]
    even = 1 / len(languages)
    own = even + (1 - even) * (0.8 if number == 0 else 0.2)
    other = (1 - own) / (len(languages) - 1)
    result = record["results"][benchmark]
    result["distributions"] = {
        "rank_distance": {"levels": levels, "overall": distances[languages[0]], "by_language": distances},
        "pool_rank": {
            "levels": [0.25, 0.5, 0.75],
            "by_pair": {f"{a}>{b}": [1, 1, 2] if a == b else [20, 40 + 100 * number, 3000] for a, b in pairs},
        },
    }
    result["bias"] |= {
        "exposure": {a: {b: own if a == b else other for b in languages} for a in languages},
        "relevant_share": {a: dict.fromkeys(languages, even) for a in languages},
    }
    points = draw.normal(size=(len(languages), 5, 2)).round(4)
    result["map"] = {
        "texts": "passages",
        "groups": [f"g{place}" for place in range(5)],
        "points": {code: row.tolist() for code, row in zip(languages, points, strict=True)},
        "explained": [0.3, 0.2],
        "nearest": {"parallel": 0.75, "same_language": 0.25},
    }
    result["map"]["points"][languages[0]][1] = None
    return record


def compared(names=("hybrid", "embedded:base", "labse"), benchmark="xquad-r", deviation=None):
    """Return a comparison as `equilingua compare --json` writes it: the first wins the pool, and ties elsewhere."""
    figures = {"monolingual": 0.8, "cross_lingual": 0.7, "multilingual": 0.6, "bias": 500.0}

    def row(second, setting, part, place):
        scale = 400.0 if setting == "bias" else 0.1
        wins = setting in {"multilingual", "bias"}
        difference = (-1 if setting == "bias" else 1) * scale * (min(place, 5) if wins else 0.01)
        return {
            "first": names[0],
            "second": second,
            "setting": setting,
            "figure": "rank_distance" if setting == "bias" else "map",
            **({"part": part} if part else {}),
            "a": figures[setting],
            "b": figures[setting] - difference,
            "a_deviation": deviation,
            "b_deviation": None,
            "difference": difference,
            "low": difference - 0.02 * scale,
            "high": difference + 0.02 * scale,
            "p": 0.0001 if wins else 0.6,
            "p_corrected": 0.0004 if wins else 1.0,
            "verdict": "win" if wins else "tie",
            "test": "randomisation",
        }

    others = list(enumerate(names[1:], start=1))
    parts = {setting: ("de>en", "en>de") if setting == "cross_lingual" else ("de", "en") for setting in figures}
    return {
        "schema": 1,
        "a": names[0],
        "b": names[1],
        "encoders": [{"name": name, "runs": [{"encoder": name, "posthoc": None}]} for name in names],
        "test": {
            "unit": "group",
            "resamples": 9999,
            "seed": 0,
            "confidence": 0.95,
            "interval": "percentile",
            "correction": "holm",
            "significant": 0.05,
        },
        "results": {benchmark: [row(other, setting, None, n) for n, other in others for setting in figures]},
        "by_part": {
            benchmark: [
                row(other, setting, part, n) for n, other in others for setting in figures for part in parts[setting]
            ]
        },
        "versions": {"python": "3.11.2"},
    }


RECIPE = """\
encoder: {{base: "embedded:base", adapter: null, trainable: all}}
data:
  - {{name: libreoffice-help, weight: 1.0, languages: [en, de, es, ru, tr, vi, zh-Hans]}}
batches: {{strategy: {strategy}, alpha: 0.5, size: 64, languages: equal, pairs: mixed}}
loss: {{temperature: 0.03, mask_groups: true}}
optim: {{lr: 3.0e-5, steps: {steps}, warmup: 0.1, weight_decay: 0.01}}
lengths: {{query: 40, passage: 96}}
checkpoint: {{every: 100, keep: 2}}
seed: 0
"""


def write_run(folder, strategy="hybrid", steps=300, seed=0):
    """Write a run folder as `equilingua train` leaves it."""
    draw = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE.format(strategy=strategy, steps=steps), encoding="utf-8")
    with (folder / "metrics.jsonl").open("w", encoding="utf-8") as stream:
        for step in range(steps):
            kind = strategy if strategy != "hybrid" else ("monolingual", "cross-lingual")[int(draw.integers(2))]
            level = 0.35 if kind == "monolingual" else 0.6
            loss = level + 1.1 * math.exp(-step / 40) + float(draw.normal(0, 0.07))
            row = {"step": step, "loss": loss, "pairs_per_second": 21.5, "kind": kind, "lr": 3e-5}
            if step % 50 == 49:
                row["validation_loss"] = level + 0.1 + 0.9 * math.exp(-step / 50)
            stream.write(json.dumps(row) + "\n")
    environment = {
        "machine": {"system": "Linux-6.1", "processor": "Intel Xeon avx512_bf16", "cores": 2, "memory_gib": 15.6},
        "versions": {"python": "3.11.2", "equilingua": "0.1.0", "torch": "2.13.0+cpu"},
        "commit": "0f3c9a1b2d4e",
        "command": ["equilingua", "train", f"recipes/{strategy}.yaml", "--out", f"runs/demo/{strategy}"],
        "started": "2025-11-21T09:25:00+00:00",
        "seconds": 372.4,
    }
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    return folder
