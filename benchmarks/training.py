"""Training beside sentence-transformers' trainer: the same encoder, batches and number of pairs, in one run.

`python -m benchmarks.training [--pairs 1024] [--rounds 1] [--largest 0] [--json FILE]`

Contenders take turns, each in a process of its own so that its peak memory is its own. All get the batches of one plan
(hybrid, α = 0.5, LibreOffice help), the learning rate's course, AdamW and clipping; all are measured on the starter
corpus's test split afterwards. sentence-transformers trains as it does by default: every weight, with the encoder's
dropout. We train as our recipes do: the table of tokens frozen, no dropout.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from benchmarks.record import Record, Row
from equilingua.batching.plan import BatchPlan
from equilingua.batching.sampler import Sampler
from equilingua.corpus.load import load_corpus
from equilingua.encoder.load import EMBEDDED, load
from equilingua.evaluation.evaluate import evaluate
from equilingua.training.recipe import Recipe, parse_recipe
from equilingua.training.trainer import train
from equilingua.training.trainer_glue import PlannedBatches, column_prompts, planned_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = "libreoffice-help"
SMALL, LARGE, TOP_LAYERS = 32, 512, 2
TEMPERATURE, RATE, WARMUP, DECAY = 0.03, 3e-5, 0.1, 0.01
QUERY, PASSAGE = 40, 96
# Threads, caches and allocators settle in the first steps; a run of two steps has none to spare.
WARM_UP = 2


@dataclass(frozen=True)
class Contender:
    """One way to train.

    Attributes:
        name: in the record.
        batch: pairs whose loss is computed together.
        ours: whether it is this project's.
        how: options of its side.
    """

    name: str
    batch: int
    ours: bool
    how: dict[str, Any]


PEER = Contender("sentence-transformers", SMALL, ours=False, how={})
PEER_BF16 = Contender("sentence-transformers, bf16", SMALL, ours=False, how={"bf16": True})
PEER_CACHED = Contender("sentence-transformers, cached loss", LARGE, ours=False, how={"cached": True})
OURS = Contender("equilingua", SMALL, ours=True, how={})
OURS_LARGE = Contender("equilingua, large batch", LARGE, ours=True, how={})
SHARED = Contender(
    "equilingua, shared activations",
    SMALL,
    ours=True,
    how={"trainable": TOP_LAYERS, "shared_activations": True, "dropout": 0.0},
)
CONTENDERS = (PEER, PEER_BF16, PEER_CACHED, OURS, OURS_LARGE, SHARED)


def measure(contender: Contender, pairs: int) -> dict[str, float]:
    """Train in this process and return its figures."""
    steps = max(1, pairs // contender.batch)
    with tempfile.TemporaryDirectory() as folder:
        side = _ours if contender.ours else _theirs
        figures = side(contender, steps, Path(folder))
        kilo = 1 if sys.platform == "darwin" else 1024
        figures["peak memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo / 2**30
        result = evaluate(str(Path(folder) / "encoder"), "starter", cache=False).results["starter"]
    return figures | {"multilingual mAP": result.settings["multilingual"].mean()["map"]}


def products_per_second(size: int = 2048, seconds: float = 1.0) -> float:
    """The rate of bfloat16 matrix products here and now, in GFLOP/s."""
    left, right = (torch.randn(size, size).bfloat16() for _ in range(2))
    rates, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        torch.mm(left, right)
        rates.append(2 * size**3 / (time.perf_counter() - started) / 1e9)
    return max(rates)


def _ours(contender: Contender, steps: int, folder: Path) -> dict[str, float]:
    recipe = _recipe(contender, steps)
    if recipe.encoder.shared_activations:
        # A study's first run fills the store for all that follow; how long that takes is a figure of its own.
        started = time.perf_counter()
        train(recipe, folder / "first")
        filling = time.perf_counter() - started
    rate = products_per_second()
    clock = _Clock(contender.batch)
    records: list[dict[str, Any]] = []

    def note(record: Mapping[str, Any]) -> None:
        clock.tick()
        records.append(dict(record))

    train(recipe, folder, on_start=lambda *_: clock.start(), on_step=note)
    speed = clock.pairs_per_second()
    layers = 12 if recipe.encoder.trainable == "all" else recipe.encoder.trainable
    tokens = sum(record["tokens"] for record in records) / (contender.batch * len(records))
    # 1.774 M weights a layer; forward, and backward for inputs and weights, are six operations a weight and token.
    useful = speed * tokens * layers * 1.774e6 * 6 / 1e9
    figures = {
        "speed": speed,
        "padding": statistics.mean(record["padding"] for record in records),
        "tokens": tokens,
        "useful products": useful,
        "share of peak": useful / rate,
    }
    return figures | ({"first run": filling} if recipe.encoder.shared_activations else {})


def _theirs(contender: Contender, steps: int, folder: Path) -> dict[str, float]:
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
        MultipleNegativesRankingLoss,
    )
    from transformers import TrainerCallback

    encoder = load(EMBEDDED, device="cpu")
    encoder.max_seq_length = PASSAGE
    corpus = load_corpus(DATA)
    plan = BatchPlan(strategy="hybrid", size=contender.batch, alpha=0.5, steps=steps)
    clock = _Clock(contender.batch)

    class Ticks(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  (the callback's protocol)
            clock.start()

        def on_step_end(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  (likewise)
            clock.tick()

    loss: torch.nn.Module
    if contender.how.get("cached"):
        loss = CachedMultipleNegativesRankingLoss(encoder, scale=1 / TEMPERATURE, mini_batch_size=SMALL)
    else:
        loss = MultipleNegativesRankingLoss(encoder, scale=1 / TEMPERATURE)
    trainer = SentenceTransformerTrainer(
        model=encoder,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(folder / "trainer"),
            num_train_epochs=1,
            per_device_train_batch_size=contender.batch,
            batch_sampler=cast("Any", PlannedBatches),  # what it takes at run time is wider than its annotation
            prompts=column_prompts(encoder),
            learning_rate=RATE,
            warmup_steps=round(WARMUP * steps),
            weight_decay=DECAY,
            bf16=bool(contender.how.get("bf16")),
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=planned_dataset(corpus, Sampler(corpus, plan, seed=0), steps=steps),
        loss=loss,
        callbacks=[Ticks()],
    )
    trainer.train()
    encoder.save(str(folder / "encoder"), create_model_card=False)
    return {"speed": clock.pairs_per_second()}


class _Clock:
    """Times steps by their ends."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._times: list[float] = []

    def start(self) -> None:
        self._times = [time.perf_counter()]

    def tick(self) -> None:
        self._times.append(time.perf_counter())

    def pairs_per_second(self) -> float:
        """Over all steps but the first ones, where there are enough of them."""
        first = WARM_UP if len(self._times) > 2 * WARM_UP + 1 else 0
        return self._batch * (len(self._times) - 1 - first) / (self._times[-1] - self._times[first])


def _recipe(contender: Contender, steps: int) -> Recipe:
    # No language of this set has the pairs for a monolingual batch of 4,096.
    strategy = "hybrid" if contender.batch <= 1024 else "mixed"
    record = {
        "encoder": {"base": EMBEDDED, "dropout": 0.0} | contender.how,
        "data": [{"name": DATA}],
        "batches": {"strategy": strategy, "alpha": 0.5, "size": contender.batch},
        "loss": {"temperature": TEMPERATURE},
        "optim": {"lr": RATE, "steps": steps, "warmup": WARMUP, "weight_decay": DECAY},
        "lengths": {"query": QUERY, "passage": PASSAGE},
        "checkpoint": {"every": steps, "keep": 1},
        "validation": {"share": 0.0},
    }
    return parse_recipe(record, contender.name)


UNITS = {
    "speed": "pairs/s",
    "peak memory": "GiB",
    "multilingual mAP": "starter, test split",
    "padding": "of computed tokens",
    "tokens": "distinct, a pair",
    "useful products": "GFLOP/s",
    "share of peak": "of bf16 products here",
    "first run": "s, with its filling",
}


def run(pairs: int, rounds: int, largest: int) -> Record:
    """Measure all contenders in turn, round after round."""
    found: dict[str, list[dict[str, float]]] = {each.name: [] for each in CONTENDERS}
    for number in range(rounds):
        for contender in CONTENDERS:
            print(f"round {number + 1} of {rounds}: {contender.name} ...", flush=True)
            found[contender.name].append(_in_own_process(contender.name, pairs, contender.batch))
    if largest:
        name = f"equilingua, batch {largest}"
        print(f"{name} ...", flush=True)
        found[name] = [_in_own_process(OURS.name, largest, largest)]
    rows = [
        Row(name, metric, statistics.median(each[metric] for each in figures), unit)
        for name, figures in found.items()
        for metric, unit in UNITS.items()
        if metric in figures[0]
    ]

    def ratio(ours: Contender, theirs: Contender) -> float:
        both = zip(found[ours.name], found[theirs.name], strict=True)
        return statistics.median(own["speed"] / other["speed"] for own, other in both)

    ratios = {
        "vs_sentence_transformers": ratio(OURS, PEER),
        "vs_sentence_transformers_bf16": ratio(OURS, PEER_BF16),
        "shared_activations_vs_sentence_transformers": ratio(SHARED, PEER),
        "large_batch_vs_cached_loss": ratio(OURS_LARGE, PEER_CACHED),
    }
    goals = {
        "vs_sentence_transformers": 4.0,
        "vs_sentence_transformers_bf16": 2.5,
        "shared_activations_vs_sentence_transformers": 10.0,
    }
    return Record("training", rows, ratios, goals)


def _in_own_process(name: str, pairs: int, batch: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.training", "--measure", name, "--pairs", str(pairs)]
    finished = subprocess.run([*command, "--batch", str(batch)], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1024, help="that each contender trains on")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--largest", type=int, default=0, help="also one step of ours with a batch of so many pairs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        chosen = next(each for each in CONTENDERS if each.name == options.measure)
        chosen = Contender(chosen.name, options.batch, chosen.ours, chosen.how)
        print(json.dumps(measure(chosen, options.pairs)))
        return
    record = run(options.pairs, options.rounds, options.largest)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
