"""The training loop: from a recipe to a saved encoder, readable from top to bottom."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError

from equilingua import durable
from equilingua.batching.sampler import Sampler
from equilingua.encoder.load import load, silent_loading
from equilingua.encoder.tokens import takes_tokens
from equilingua.encoder.trainable import add_lora, choose_trainable, merge_lora, set_dropout
from equilingua.errors import StoppedError, TrainingError, UsageError
from equilingua.training import checkpoint
from equilingua.training.checkpoint import Progress
from equilingua.training.data import TrainingData, assemble, validation_batches
from equilingua.training.decontamination import clean
from equilingua.training.objective import Objective
from equilingua.training.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from accelerate import Accelerator
    from sentence_transformers import SentenceTransformer

    from equilingua.training.recipe import Optimiser, Recipe


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        encoder: the folder of the saved encoder.
        progress: where it stood at the end.
        stopped_early: the validation loss had stopped falling before the last step.
    """

    encoder: Path
    progress: Progress
    stopped_early: bool


def train(
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool = False,
    command: str = "",
    on_prepare: Callable[[str, int, int], None] | None = None,
    on_start: Callable[[Sampler, int], None] | None = None,
    on_step: Callable[[Mapping[str, Any]], None] | None = None,
) -> Outcome:
    """Train an encoder by a recipe.

    Args:
        recipe: the run's description.
        folder: gets `recipe.yaml`, `environment.json`, `decontamination.json`, `metrics.jsonl`, `validation.parquet`,
            `checkpoints/` and, at the end, `encoder/`.
        resume: go on from the newest checkpoint in `folder`.
        command: what the user typed, for the record.
        on_prepare: called, while evaluation texts are looked for, with the stage, how much more is done, and of what.
        on_start: called with the sampler and the steps already done.
        on_step: called with each line of `metrics.jsonl`.

    Raises:
        UsageError: the recipe cannot be carried out, or the folder holds another run.
        TrainingError: the loss is no number, or the disk is full; the last good checkpoint is kept and named.
        StoppedError: Ctrl-C; the step was finished and saved.
    """
    run = RunFolder.open(folder, recipe, resume=resume, command=command)
    state = _State.start(recipe, run, resume=resume, on_prepare=on_prepare)
    if on_start is not None:
        on_start(state.sampler, state.progress.step)
    patience = recipe.validation.patience
    with _finish_step_on_interrupt() as interrupted:
        while not state.ended:
            record = state.take_step()
            if state.judges and state.due(recipe.validation.every):
                record["validation_loss"] = state.validate()
            # Read once: a Ctrl-C after the save must not pass for one before it.
            stopping = interrupted.is_set()
            if stopping or state.ended or state.best_now or state.due(recipe.checkpoint.every):
                state.save()
            run.append_metrics(record)
            if on_step is not None:
                on_step(record)
            if stopping and not state.ended:
                raise StoppedError(f"interrupted after step {state.progress.step}, which is saved; {run.go_on}")

    if patience is not None and state.progress.best_step is not None:
        checkpoint.restore_weights(checkpoint.path(run.checkpoints, state.progress.best_step), state.weights)
    if recipe.encoder.adapter is not None:
        merge_lora(state.encoder)
    _save_encoder(state.encoder, run)
    run.finish(state.progress.seconds)
    return Outcome(run.encoder, state.progress, state.progress.step < recipe.optim.steps)


def learning_rate(step: int, optim: Optimiser) -> float:
    """Return the rate of a step: linear from near 0 over the warm-up, then linear down to near 0 at the end.

    >>> from equilingua.training.recipe import Optimiser
    >>> [round(learning_rate(s, Optimiser(lr=1.0, steps=10, warmup=0.2)), 3) for s in (0, 1, 2, 9)]
    [0.5, 1.0, 1.0, 0.125]
    """
    warmup = round(optim.warmup * optim.steps)
    if step < warmup:
        return optim.lr * (step + 1) / warmup
    return optim.lr * (optim.steps - step) / (optim.steps - warmup)


@dataclass
class _State:
    """A run in progress: what the loop changes, beside what it reads."""

    recipe: Recipe
    run: RunFolder
    data: TrainingData
    sampler: Sampler
    accelerator: Accelerator
    encoder: SentenceTransformer
    weights: dict[str, torch.nn.Parameter]
    optimiser: torch.optim.AdamW
    objective: Objective
    judges: list[tuple[np.ndarray, np.ndarray]]
    progress: Progress

    @classmethod
    def start(
        cls, recipe: Recipe, run: RunFolder, *, resume: bool, on_prepare: Callable[[str, int, int], None] | None
    ) -> _State:
        saved = checkpoint.checkpoints(run.checkpoints)
        resuming = resume and bool(saved)
        data = clean(assemble(recipe), recipe, run.decontamination, resuming=resuming, progress=on_prepare)
        sampler = Sampler(data.train, recipe.plan(data.sources), recipe.seed)
        judges = []
        if data.validation is None and recipe.validation.patience is not None:
            raise UsageError("validation.patience: no group is held out to judge by; raise validation.share")
        if data.validation is not None:
            data.validation.write_parquet(run.validation)
            judges = validation_batches(data.validation, recipe.batches.size, recipe.validation.batches)
        accelerator = _accelerator()
        # Weights that a recipe adds (adapters) start from the run's seed too.
        torch.manual_seed(recipe.seed)
        encoder, weights = _encoder(recipe, accelerator.device)
        optimiser = _optimiser(weights, recipe.optim)
        progress = checkpoint.restore(saved[-1], weights, optimiser) if resuming else Progress()
        run.start_metrics(progress.step)
        objective = Objective(recipe, encoder, accelerator)
        return cls(recipe, run, data, sampler, accelerator, encoder, weights, optimiser, objective, judges, progress)

    @property
    def ended(self) -> bool:
        """All steps are done, or the validation loss has stopped falling."""
        patience = self.recipe.validation.patience
        exhausted = patience is not None and self.progress.checks_since_best >= patience
        return exhausted or self.progress.step >= self.recipe.optim.steps

    @property
    def best_now(self) -> bool:
        return self.progress.best_step == self.progress.step

    def due(self, every: int) -> bool:
        return self.progress.step % every == 0 or self.progress.step == self.recipe.optim.steps

    def take_step(self) -> dict[str, Any]:
        """Train on the next batch and return what there is to say of it."""
        started = time.perf_counter()
        step = self.progress.step
        batch = self.sampler.batch(step)
        # Dropout then depends on nothing but the seed and the step, as the batch does.
        torch.manual_seed(self.recipe.seed * 1_000_003 + step)
        loss = self.objective.training_loss(self.data.train, batch.query_rows, batch.passage_rows)
        self.accelerator.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(list(self.weights.values()), self.recipe.optim.clip)
        for what, value in (("loss", loss), ("gradient's norm", norm)):
            if not math.isfinite(value.item()):
                raise TrainingError(_diverged(step + 1, f"the {what} is {value.item()}", self.run))
        rate = learning_rate(step, self.recipe.optim)
        for parameters in self.optimiser.param_groups:
            parameters["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        seconds = time.perf_counter() - started
        self.progress = replace(self.progress, step=step + 1, seconds=self.progress.seconds + seconds)
        return {
            "step": step + 1,
            "loss": round(loss.item(), 6),
            "kind": batch.kind,
            "lr": rate,
            "gradient_norm": round(norm.item(), 4),
            "pairs_per_second": round(len(batch) / seconds, 2),
        }

    def validate(self) -> float:
        """Return the held-out loss and note whether it is the best so far."""
        assert self.data.validation is not None
        loss = round(self.objective.validation_loss(self.data.validation, self.judges), 6)
        done = self.progress
        if not math.isfinite(loss):
            raise TrainingError(_diverged(done.step, f"the held-out loss is {loss}", self.run))
        if done.best_loss is None or loss < done.best_loss:
            self.progress = replace(done, best_step=done.step, best_loss=loss, checks_since_best=0)
        else:
            self.progress = replace(done, checks_since_best=done.checks_since_best + 1)
        return loss

    def save(self) -> None:
        checkpoint.save(self.run.checkpoints, self.weights, self.optimiser, self.progress)
        checkpoint.prune(self.run.checkpoints, self.recipe.checkpoint.keep, self.progress.best_step)


def _accelerator() -> Accelerator:
    from accelerate import Accelerator

    # Precision is the objective's business: accelerate fixes its own for the whole process, not for one run.
    accelerator = Accelerator(mixed_precision="no")
    if accelerator.num_processes > 1:
        raise UsageError("training runs in one process for now: start it without accelerate launch or torchrun")
    return accelerator


def _encoder(recipe: Recipe, device: torch.device) -> tuple[SentenceTransformer, dict[str, torch.nn.Parameter]]:
    choice = recipe.encoder
    encoder = load(choice.base, device=str(device))
    if not takes_tokens(encoder):
        raise UsageError(f"encoder '{choice.base}' is no text transformer with a fast tokenizer: it cannot be trained")
    if choice.dropout is not None:
        set_dropout(encoder, choice.dropout)
    if choice.adapter is not None:
        return encoder, add_lora(encoder, choice.adapter.rank, choice.adapter.alpha)
    top_layers = None if choice.trainable == "all" else choice.trainable
    weights = choose_trainable(encoder, top_layers=top_layers, freeze_token_embeddings=choice.freeze_token_embeddings)
    return encoder, weights


def _optimiser(weights: Mapping[str, torch.nn.Parameter], optim: Optimiser) -> torch.optim.AdamW:
    """AdamW that decays matrices only: biases and normalisation gains are no measure of complexity."""
    groups = [
        {"params": [weight for weight in weights.values() if weight.ndim > 1], "weight_decay": optim.weight_decay},
        {"params": [weight for weight in weights.values() if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=optim.lr, fused=True)


def _save_encoder(encoder: SentenceTransformer, run: RunFolder) -> None:
    encoder.eval()
    try:
        with silent_loading(), durable.replacing(run.encoder) as aside:
            encoder.save(str(aside), create_model_card=False)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"the encoder cannot be written to {run.encoder}: {error}; its training is done and saved: make room and "
            f"{run.go_on}"
        ) from error


def _diverged(step: int, what: str, run: RunFolder) -> str:
    return f"step {step}: {what}; {checkpoint.last_good(run.checkpoints)}; lower optim.lr or raise loss.temperature"


@contextmanager
def _finish_step_on_interrupt() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event that the loop reads between steps; a second one stops at once."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def note(_signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, previous)
        event.set()

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
