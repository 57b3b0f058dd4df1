"""Training with the token table frozen, trimmed to the corpus's tokens, or whole: speed, memory and optimiser state.

The three take turns, each in a process of its own so that its peak memory is its own.

`python -m benchmarks.embedding_table [--on starter] [--batch 32] [--steps 8] [--rounds 2] [--json FILE]`
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.record import Record, Row
from equilingua.corpus.load import load_corpus
from equilingua.encoder.layers import embed, transformer
from equilingua.encoder.load import EMBEDDED, load
from equilingua.encoder.precision import autocast, product_dtype
from equilingua.encoder.token_store import token_store
from equilingua.encoder.tokens import TokenizedTexts, collate, default_token_budget, length_ordered_batches
from equilingua.encoder.trimmed import trim
from equilingua.training.parameters import choose_trainable, set_dropout

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHOICES = ("full", "trimmed", "frozen")
UNITS = {
    "speed": "pairs/s",
    "optimiser step": "ms",
    "peak memory": "MiB",
    "optimiser state": "MiB",
    "trained": "weights",
    "table": "rows",
}
_QUERY, _PASSAGE = 40, 96
_WARM_UP = 2
_MEBI = 2**20


def measure(choice: str, name: str, batch: int, steps: int) -> dict[str, float]:
    """Train some steps with one kind of table and return the figures of this process."""
    splits = {"split": "train"} if name == "starter" else {}
    corpus = load_corpus(name, **splits)
    encoder = load(EMBEDDED, device="cpu")
    set_dropout(encoder, 0.0)
    store = token_store(encoder, corpus)
    vocabulary = trim(encoder, [store.tokens]) if choice == "trimmed" else None
    weights = list(choose_trainable(encoder, freeze_token_embeddings=choice == "frozen").values())
    optimiser = torch.optim.AdamW(weights, lr=1e-5, fused=True)
    pad_id = vocabulary.pad_id if vocabulary is not None else encoder.tokenizer.pad_token_id
    generator = np.random.default_rng(0)
    encoder.train()
    step_seconds, optimiser_seconds = [], []
    for _ in range(_WARM_UP + steps):
        rows = generator.choice(len(corpus), batch, replace=False)
        started = time.perf_counter()
        texts = np.concatenate([store.query_text[rows], store.passage_text[rows]])
        tokens = store.take(texts, np.repeat([_QUERY, _PASSAGE], batch))
        vectors = _vectors(encoder, vocabulary.view(tokens) if vocabulary is not None else tokens, pad_id)
        scores = vectors[:batch] @ vectors[batch:].T / 0.03
        torch.autograd.backward(torch.nn.functional.cross_entropy(scores, torch.arange(batch)))
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        computed = time.perf_counter()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step_seconds.append(time.perf_counter() - started)
        optimiser_seconds.append(time.perf_counter() - computed)
    state = sum(value.nbytes for each in optimiser.state.values() for value in each.values())
    kilo = 1 if sys.platform == "darwin" else 1024
    return {
        "speed": batch / statistics.median(step_seconds[_WARM_UP:]),
        "optimiser step": 1000 * statistics.median(optimiser_seconds[_WARM_UP:]),
        "peak memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo / _MEBI,
        "optimiser state": state / _MEBI,
        "trained": sum(weight.numel() for weight in weights),
        "table": len(transformer(encoder).get_input_embeddings().weight),
    }


def run(name: str, batch: int, steps: int, rounds: int) -> Record:
    """Measure the three in turn, round after round."""
    found: dict[str, list[dict[str, float]]] = {choice: [] for choice in CHOICES}
    for number in range(rounds):
        for choice in CHOICES:
            print(f"round {number + 1} of {rounds}: {choice} ...", flush=True)
            found[choice].append(_in_own_process(choice, name, batch, steps))
    rows = [
        Row(f"{choice} table", metric, statistics.median(each[metric] for each in figures), unit)
        for choice, figures in found.items()
        for metric, unit in UNITS.items()
    ]
    ratios = {}
    for choice in ("trimmed", "frozen"):
        pairs = list(zip(found[choice], found["full"], strict=True))
        ratios[f"{choice}_vs_full"] = statistics.median(own["speed"] / full["speed"] for own, full in pairs)
        ratios[f"{choice}_vs_full_memory"] = statistics.median(
            full["peak memory"] / own["peak memory"] for own, full in pairs
        )
    return Record("embedding_table", rows, ratios, goals={})


def _vectors(encoder: SentenceTransformer, tokens: TokenizedTexts, pad_id: int) -> torch.Tensor:
    """Unit vectors of texts, computed in length-ordered micro-batches, [texts, dim] in the texts' order."""
    device = torch.device("cpu")
    batches = length_ordered_batches(tokens.lengths, default_token_budget("cpu"))
    with autocast(device, product_dtype(device, "auto")):
        parts = [embed(encoder, collate(tokens, rows, pad_id, device)) for rows in batches]
    places = np.argsort(np.concatenate(batches))
    return torch.nn.functional.normalize(torch.cat(parts)[torch.from_numpy(places)], dim=-1)


def _in_own_process(choice: str, name: str, batch: int, steps: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.embedding_table", "--measure", choice]
    command += ["--on", name, "--batch", str(batch), "--steps", str(steps)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", default="starter", choices=["starter", "libreoffice-help"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", choices=CHOICES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.on, options.batch, options.steps)))
        return
    record = run(options.on, options.batch, options.steps, options.rounds)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
