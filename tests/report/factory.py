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
