"""The training loop: from a recipe to a saved encoder, readable from top to bottom."""

from __future__ import annotations

import logging
import math
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from equilingua.batching.sampler import Sampler
from equilingua.corpus.columns import fingerprint
from equilingua.encoder.encode import dimension
from equilingua.encoder.threads import Workers
from equilingua.errors import StoppedError, TrainingError, UsageError
from equilingua.interruption import finish_step_on_interrupt
from equilingua.training import checkpoint, processes, trackers
from equilingua.training.average import AveragedWeights
from equilingua.training.batch_loss import BatchLoss
from equilingua.training.checkpoint import Progress
from equilingua.training.collate import Translations
from equilingua.training.data import TrainingData, assemble, validation_batches
from equilingua.training.decontamination import clean
from equilingua.training.forward import choose_forward
from equilingua.training.gradient_cache import GradientCache
from equilingua.training.memory import GraphMemory, check_scores, graph_limit, out_of_memory_named
from equilingua.training.parameters import EncoderInTraining, optimiser
from equilingua.training.processes import Processes
from equilingua.training.run_folder import RunFolder
from equilingua.training.teacher import Teacher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from equilingua.training.recipe import Optimiser, Recipe

    OnPrepare = Callable[[str, int, int], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        encoder: the folder of the saved encoder.
        progress: where it stood at the end.
        pairs: that it trained on, by language.
        stopped_early: the validation loss had stopped falling before the last step.
        saved_step: the step whose weights were saved.
        leads: whether this is the process that writes and speaks; the others ended with it.
    """

    encoder: Path
    progress: Progress
    pairs: Mapping[str, int]
    stopped_early: bool
    saved_step: int
    leads: bool = True


def train(
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool = False,
    command: str = "",
    on_prepare: OnPrepare | None = None,
    on_start: Callable[[Sampler, int], None] | None = None,
    on_step: Callable[[Mapping[str, Any]], None] | None = None,
) -> Outcome:
    """Train an encoder by a recipe, alone or with the processes that `accelerate launch` or torchrun has started.

    Args:
        recipe: the run's description.
        folder: gets `recipe.yaml`, `environment.json`, `decontamination.json`, `metrics.jsonl`, `validation.parquet`,
            `checkpoints/` and, at the end, `encoder/`. Processes on other machines must see it too, to resume.
        resume: go on from the newest checkpoint in `folder`.
        command: what the user typed, for the record.
        on_prepare: called, before the first step, with the stage, how much more of it is done, and of what.
        on_start: called with the sampler and the steps already done.
        on_step: called with each line of `metrics.jsonl`. Of several processes only the first calls any of these.

    Raises:
        UsageError: the recipe cannot be carried out, the folder holds another run or one that another process is
            training, the pairs are not those that the run began with, or processes disagree.
        TrainingError: the loss is no number or diverges, memory ran out, or the disk is full; the last good checkpoint
            is kept and named.
        StoppedError: Ctrl-C, SIGTERM or SIGHUP; the step was finished and saved.
    """
    trackers.check(recipe)
    accelerator = processes.accelerator()
    group = Processes.of(accelerator)
    group.agree({"recipe": recipe.to_yaml()})
    with ExitStack() as claim:
        run = group.led(lambda: claim.enter_context(RunFolder.claimed(folder, recipe, resume=resume, command=command)))
        state = _State.start(recipe, run, group, resume=resume, on_prepare=on_prepare if group.leads else None)
        if on_start is not None and group.leads:
            on_start(state.sampler, state.progress.step)
        tracking = recipe.tracking if group.leads else type(recipe.tracking)()
        tracked = recipe.model_copy(update={"tracking": tracking})
        with (
            closing(state.gradient_cache.workers),
            finish_step_on_interrupt() as interrupted,
            trackers.started(tracked, folder, state.progress.step) as track,
        ):
            while not state.ended:
                record = state.take_step()
                if state.judges and state.due(recipe.validation.every):
                    record["validation_loss"] = state.validate()
                # Read once: a Ctrl-C after the save must not pass for one before it.
                stopping = group.any(interrupted.is_set())
                saving = stopping or state.ended or state.best_now or state.due(recipe.checkpoint.every)
                # First, for a checkpoint stands for the lines of its steps; those after it are written again.
                if group.leads:
                    run.append_metrics(record, settle=saving)
                if saving:
                    state.save()
                if group.leads:
                    track(record)
                # Before anything is shown: after a SIGHUP there is no terminal any more.
                if stopping and not state.ended:
                    raise StoppedError(f"interrupted after step {state.progress.step}, which is saved; {run.go_on}")
                if group.leads and on_step is not None:
                    on_step(record)

        saved = state.choose_weights()
        group.led(state.finish)
    done = state.progress
    return Outcome(run.encoder, done, state.pairs, done.step < recipe.optim.steps, saved, group.leads)


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
    group: Processes
    sampler: Sampler
    subject: EncoderInTraining
    gradient_cache: GradientCache
    training: BatchLoss
    held_out: BatchLoss | None
    judges: list[tuple[np.ndarray, np.ndarray]]
    optimiser: torch.optim.AdamW
    average: AveragedWeights | None
    progress: Progress

    @classmethod
    def start(
        cls, recipe: Recipe, run: RunFolder, group: Processes, *, resume: bool, on_prepare: OnPrepare | None
    ) -> _State:
        saved = checkpoint.checkpoints(run.checkpoints)
        resuming = resume and bool(saved)
        data = _data(recipe, run, group, resuming=resuming, on_prepare=on_prepare)
        sampler = Sampler(data.train, recipe.plan(data.sources), recipe.seed)
        batches, validation = recipe.batches, recipe.validation
        check_scores(batches.size, batches.size * (1 + recipe.loss.negatives))
        if batches.size < group.world:
            raise UsageError(f"batches.size: {batches.size} pairs cannot be shared by {group.world} processes")
        if data.validation is None and validation.patience is not None:
            raise UsageError("validation.patience: no group is held out to judge by; raise validation.share")
        judges = []
        if data.validation is not None:
            if group.leads:
                data.validation.write_parquet(run.validation)
            judges = validation_batches(data.validation, batches.size, validation.batches)
        # Weights that a recipe adds (adapters) start from the run's seed too.
        torch.manual_seed(recipe.seed)
        subject = EncoderInTraining.of(recipe, data, group.device, on_prepare)
        adam = optimiser(subject.parameters, recipe.optim)
        decay = recipe.optim.average
        average = AveragedWeights(subject.parameters, decay) if decay is not None else None
        student = dimension(subject.encoder)
        distils = recipe.loss.distils
        teacher = Teacher.of(recipe, data.train, sampler, student, group, on_prepare) if distils else None
        progress = _fresh(data, subject, teacher)
        if resuming:
            values = None if average is None else average.values
            progress = _resumed(progress, checkpoint.restore(saved[-1], subject.parameters, adam, values), run)
        if group.world > 1:
            group.agree({"encoder": subject.digest(), "step to go on from": str(progress.step)})
        if group.leads:
            run.start_metrics(progress.step)
        cache = _gradient_cache(recipe, subject, group)
        consistent = recipe.loss.consistency > 0
        translations = Translations(data.train, recipe.seed) if consistent else None
        training = BatchLoss(recipe, data.train, subject.train, cache, subject.temperature, translations, teacher)
        held_out = None
        if data.validation is not None and subject.validation is not None:
            held_out = BatchLoss(recipe, data.validation, subject.validation, cache, subject.temperature)
        return cls(recipe, run, group, sampler, subject, cache, training, held_out, judges, adam, average, progress)

    @property
    def ended(self) -> bool:
        """All steps are done, or the validation loss has stopped falling."""
        patience = self.recipe.validation.patience
        exhausted = patience is not None and self.progress.checks_since_best >= patience
        return exhausted or self.progress.step >= self.recipe.optim.steps

    @property
    def pairs(self) -> Counter[str]:
        """Pairs that are trained on, by language."""
        counted: Counter[str] = Counter()
        for languages in self.training.corpus.counts().values():
            counted.update(languages)
        return counted

    @property
    def best_now(self) -> bool:
        return self.progress.best_step == self.progress.step

    def due(self, every: int) -> bool:
        return self.progress.step % every == 0 or self.progress.step == self.recipe.optim.steps

    def take_step(self) -> dict[str, Any]:
        """Train on the next batch and return what there is to say of it."""
        started = time.perf_counter()
        done = self.progress
        batch = self.sampler.batch(done.step)
        with out_of_memory_named(f"{checkpoint.last_good(self.run.checkpoints)}; {self.run.go_on}"):
            loss, work = self.training.accumulate(done.step, batch.query_rows, batch.passage_rows)
        norm = torch.nn.utils.clip_grad_norm_(self.subject.parameters.values(), self.recipe.optim.clip)
        for what, value in (("loss", loss), ("gradient's norm", norm)):
            if not math.isfinite(value.item()):
                raise TrainingError(self._diverged(done.step + 1, f"the {what} is {value.item()}"))
        trend = done.trend.after(loss.item())
        if trend.diverges(len(batch)):
            first, now = f"{trend.start:.2f}", f"{trend.running:.2f}"
            raise TrainingError(self._diverged(done.step + 1, f"the loss diverges: it was {first} and is {now}"))
        rate = learning_rate(done.step, self.recipe.optim)
        for parameters in self.optimiser.param_groups:
            parameters["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=False)
        if self.average is not None:
            self.average.add(self.subject.parameters, done.step)
        self.gradient_cache.refresh()
        seconds = time.perf_counter() - started
        self.progress = replace(done, step=done.step + 1, seconds=done.seconds + seconds, trend=trend)
        return {
            "step": done.step + 1,
            "loss": round(loss.item(), 6),
            "kind": batch.kind,
            "lr": rate,
            "gradient_norm": round(norm.item(), 4),
            "pairs_per_second": round(len(batch) / seconds, 2),
            "tokens": work.tokens,
            "padding": round(work.padding, 4),
        }

    def validate(self) -> float:
        """Return the held-out loss of what would be saved now, and note whether it is the best so far."""
        assert self.held_out is not None
        self._exchange_average()
        found = self.held_out.held_out_loss(self.judges)
        self._exchange_average()
        # The first process's, so that all stop at the same step.
        loss = self.group.from_leader(round(found, 6))
        done = self.progress
        if not math.isfinite(loss):
            raise TrainingError(self._diverged(done.step, f"the held-out loss is {loss}"))
        if done.best_loss is None or loss < done.best_loss:
            self.progress = replace(done, best_step=done.step, best_loss=loss, checks_since_best=0)
        else:
            self.progress = replace(done, checks_since_best=done.checks_since_best + 1)
        return float(loss)

    def save(self) -> None:
        def write() -> None:
            average = None if self.average is None else self.average.values
            checkpoint.save(self.run.checkpoints, self.subject.parameters, self.optimiser, self.progress, average)
            checkpoint.prune(self.run.checkpoints, self.recipe.checkpoint.keep, self.progress.best_step)

        self.group.led(write)

    def choose_weights(self) -> int:
        """Put in place what is saved as the encoder, the best weights or the last ones, and return their step."""
        done = self.progress
        saved = done.step if self.recipe.validation.patience is None or done.best_step is None else done.best_step
        if saved == done.step:
            self._exchange_average()
        else:
            averaged = self.average is not None
            place = checkpoint.path(self.run.checkpoints, saved)
            checkpoint.restore_weights(place, self.subject.parameters, averaged=averaged)
        return saved

    def finish(self) -> None:
        """Write the encoder and put down that the run has ended."""
        self.subject.save(self.recipe, self.training.corpus, self.run)
        self.run.finish(self.progress.seconds)

    def _exchange_average(self) -> None:
        if self.average is not None:
            self.average.exchange(self.subject.parameters)
            self.gradient_cache.refresh()

    def _diverged(self, step: int, what: str) -> str:
        good = checkpoint.last_good(self.run.checkpoints)
        return f"step {step}: {what}; {good}; lower optim.lr or raise loss.temperature"


def _data(
    recipe: Recipe, run: RunFolder, group: Processes, *, resuming: bool, on_prepare: OnPrepare | None
) -> TrainingData:
    """The pairs of a run, without evaluation texts, which the first process looks for."""
    data = assemble(recipe)
    if group.world == 1:
        return clean(data, recipe, run.decontamination, resuming=resuming, progress=on_prepare)
    held_out = "" if data.validation is None else fingerprint(data.validation.table)
    group.agree({"data": fingerprint(data.train.table), "held-out data": held_out})

    def look() -> str:
        clean(data, recipe, run.decontamination, resuming=resuming, progress=on_prepare)
        return run.decontamination.read_text("utf-8")

    # The others drop what its record says, as a run does that is gone on with.
    found = group.led(look)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / run.decontamination.name
        record.write_text(found, encoding="utf-8")
        return clean(data, recipe, record, resuming=True)


def _fresh(data: TrainingData, subject: EncoderInTraining, teacher: Teacher | None) -> Progress:
    """What is put down of a run's inputs."""
    progress = Progress(pairs=data.fingerprint, frozen=subject.frozen_digest())
    return progress if teacher is None else replace(progress, teacher=teacher.fingerprint, taught=teacher.digest())


def _resumed(fresh: Progress, saved: Progress, run: RunFolder) -> Progress:
    """What was saved, once it is sure to be of the inputs at hand."""
    for what, before, now in (
        ("pairs, or which of them were dropped,", saved.pairs, fresh.pairs),
        ("weights of the encoder that do not train", saved.frozen, fresh.frozen),
        ("files of the teacher", saved.teacher, fresh.teacher),
    ):
        if before != now:
            raise UsageError(f"{run.path}: the {what} have changed since the run began: start a new run")
    if saved.taught != fresh.taught:
        _log.warning(
            "%s: the teacher's vectors that the run began with are no longer in the cache, and new ones may differ in "
            "their last digits: so may what comes out",
            run.path,
        )
    return replace(saved, taught=fresh.taught)


def _gradient_cache(recipe: Recipe, subject: EncoderInTraining, group: Processes) -> GradientCache:
    through = choose_forward(subject.encoder, subject.weights, subject.path, subject.pad_id)
    return GradientCache(
        encoder=subject.encoder,
        weights=subject.weights,
        through=through,
        memory=GraphMemory(graph_limit(recipe.batches.memory, group.device, group.local)),
        processes=group,
        workers=Workers(torch.get_num_threads() if through.concurrent else 1),
        token_budget=recipe.batches.tokens,
    )
