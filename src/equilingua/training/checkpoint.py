"""Checkpoints in safe formats: trained weights, their average, the optimiser's moments and the progress, or nothing."""

from __future__ import annotations

import json
import math
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from equilingua import durable
from equilingua.errors import DataError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_WEIGHTS = "weights.safetensors"
_AVERAGE = "average.safetensors"
_MOMENTS = "optimiser.safetensors"
_PROGRESS = "progress.json"
# Steps over which the loss is averaged, and after which it is judged at all. Hard batches come and go within them.
_WINDOW = 30
# How many times the loss of the first steps it may be.
_FACTOR = 2.0
# The loss of an encoder that cannot tell any candidate from another is log(candidates), give or take so much.
_CHANCE = 0.98


@dataclass(frozen=True)
class LossTrend:
    """How the loss of the newest steps compares to that of the first.

    Attributes:
        start: mean of the first steps, 30 or as many as there were.
        running: exponential mean over about as many of the newest.
        steps: how many losses were seen.
    """

    start: float = 0.0
    running: float = 0.0
    steps: int = 0

    def after(self, loss: float) -> LossTrend:
        """Return the trend with one more step's loss."""
        steps = self.steps + 1
        if steps <= _WINDOW:
            mean = self.start + (loss - self.start) / steps
            return LossTrend(mean, mean, steps)
        return replace(self, running=self.running + (loss - self.running) / _WINDOW, steps=steps)

    def diverges(self, candidates: int) -> bool:
        """Tell whether the running loss is both twice that of the first steps and no better than chance.

        An encoder that starts badly may stay near chance for long, and one that starts well may meet harder batches;
        neither is both.

        >>> trend = LossTrend()
        >>> for loss in [1.0] * 30 + [3.5] * 200:
        ...     trend = trend.after(loss)
        >>> trend.diverges(candidates=32), trend.diverges(candidates=64)
        (True, False)
        """
        return self.running > _FACTOR * self.start and self.running > _CHANCE * math.log(max(2, candidates))


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: steps done.
        seconds: spent on them.
        best_step: the step whose weights had the least validation loss; None before the first check.
        best_loss: that loss.
        checks_since_best: validation checks since then.
        trend: of the training loss.
        pairs: fingerprint of the pairs trained on and held out, without those that were dropped.
        frozen: fingerprint of the encoder's weights that do not train, which are not in the checkpoint.
        teacher: fingerprint of the encoder that teaches; empty where none does.
        taught: fingerprint of its vectors of the run's texts.
    """

    step: int = 0
    seconds: float = 0.0
    best_step: int | None = None
    best_loss: float | None = None
    checks_since_best: int = 0
    trend: LossTrend = field(default_factory=LossTrend)
    pairs: str = ""
    frozen: str = ""
    teacher: str = ""
    taught: str = ""

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Progress:
        """Read what `dataclasses.asdict` made of it."""
        return cls(**record | {"trend": LossTrend(**record.get("trend", {}))})


def save(
    folder: Path,
    weights: dict[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
    progress: Progress,
    average: Mapping[str, torch.Tensor] | None = None,
) -> Path:
    """Write the checkpoint of `progress.step` into `folder` and return its path.

    Args:
        folder: of the run's checkpoints.
        weights: those that train, by name.
        optimiser: of the weights.
        progress: where the run stands.
        average: of the weights over the steps, by name, where the run keeps one.

    Raises:
        TrainingError: it cannot be written, as on a full disk; earlier checkpoints stay whole.
    """
    target = path(folder, progress.step)
    moments = {}
    for name, weight in weights.items():
        for kind, value in optimiser.state.get(weight, {}).items():
            moments[f"{kind}/{name}"] = value.contiguous()
    try:
        with durable.replacing(target) as aside:
            aside.mkdir()
            save_file({name: weight.detach().contiguous() for name, weight in weights.items()}, aside / _WEIGHTS)
            if average is not None:
                save_file(dict(average), aside / _AVERAGE)
            save_file(moments, aside / _MOMENTS)
            (aside / _PROGRESS).write_text(json.dumps(asdict(progress)), encoding="utf-8")
            durable.seal(aside)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"checkpoint {target} cannot be written: {error}; {last_good(folder)}; make room and go on with --resume"
        ) from error
    return target


def restore(
    saved: Path,
    weights: Mapping[str, torch.Tensor],
    optimiser: torch.optim.Optimizer,
    average: Mapping[str, torch.Tensor] | None = None,
) -> Progress:
    """Load a checkpoint into the weights, the optimiser and the average, in place.

    Raises:
        DataError: the checkpoint is damaged, holds other weights, or cannot be read.
    """
    with _explained(saved):
        durable.check(saved)
    _put(saved / _WEIGHTS, weights)
    if average is not None:
        _put(saved / _AVERAGE, average)
    with _explained(saved):
        moments = load_file(saved / _MOMENTS)
        progress = Progress.from_record(json.loads((saved / _PROGRESS).read_text(encoding="utf-8")))
    for key, value in moments.items():
        kind, name = key.split("/", 1)
        weight = weights[name]
        # A fused optimiser reads a moment in its weight's own memory layout, whatever that is.
        optimiser.state[weight][kind] = (
            torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value.to(weight.device)
        )
    return progress


def restore_weights(saved: Path, weights: Mapping[str, torch.Tensor], *, averaged: bool = False) -> None:
    """Load a checkpoint's weights only, or their average only, in place.

    Raises:
        DataError: the checkpoint is damaged, holds other weights, or cannot be read.
    """
    with _explained(saved):
        durable.check(saved)
    _put(saved / (_AVERAGE if averaged else _WEIGHTS), weights)


def _put(file: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Load weights from a file of a checkpoint that is known to be whole."""
    with _explained(file.parent):
        values = load_file(file)
    if {name: value.shape for name, value in values.items()} != {name: w.shape for name, w in weights.items()}:
        raise DataError(f"checkpoint {file.parent} holds other weights than this recipe trains")
    for name, value in values.items():
        weights[name].data.copy_(value)


def path(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies, whether or not it is there."""
    return folder / f"step-{step:07d}"


def checkpoints(folder: Path) -> list[Path]:
    """Return the whole checkpoints of a run, oldest first."""
    # Not `glob`, to which a folder that must not be read is an empty one.
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    return [path for path in found if path.name.startswith("step-") and path / _PROGRESS in path.iterdir()]


def last_good(folder: Path) -> str:
    """Name the newest whole checkpoint, for messages."""
    saved = checkpoints(folder)
    return f"the last good checkpoint is {saved[-1]}" if saved else "no checkpoint was saved before it"


def prune(folder: Path, keep: int, best_step: int | None) -> None:
    """Remove all but the `keep` newest checkpoints and the best one."""
    for old in checkpoints(folder)[:-keep]:
        if best_step is None or old != path(folder, best_step):
            shutil.rmtree(old)


@contextmanager
def _explained(saved: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        remedy = "remove it to go on from an earlier one, or start a new run"
        raise durable.unusable(saved, error, remedy) from error
