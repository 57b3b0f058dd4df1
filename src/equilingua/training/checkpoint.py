"""Checkpoints in safe formats: the trained weights, the optimiser's moments and the progress, whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from equilingua import durable
from equilingua.errors import DataError, TrainingError
from equilingua.training.divergence import LossTrend

if TYPE_CHECKING:
    from pathlib import Path

_WEIGHTS = "weights.safetensors"
_MOMENTS = "optimiser.safetensors"
_PROGRESS = "progress.json"


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
    """

    step: int = 0
    seconds: float = 0.0
    best_step: int | None = None
    best_loss: float | None = None
    checks_since_best: int = 0
    trend: LossTrend = field(default_factory=LossTrend)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Progress:
        """Read what `dataclasses.asdict` made of it."""
        return cls(**record | {"trend": LossTrend(**record.get("trend", {}))})


def save(
    folder: Path, weights: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer, progress: Progress
) -> Path:
    """Write the checkpoint of `progress.step` into `folder` and return its path.

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
            save_file(moments, aside / _MOMENTS)
            (aside / _PROGRESS).write_text(json.dumps(asdict(progress)), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"checkpoint {target} cannot be written: {error}; {last_good(folder)}; make room and go on with --resume"
        ) from error
    return target


def restore(saved: Path, weights: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer) -> Progress:
    """Load a checkpoint into the weights and the optimiser, in place.

    Raises:
        DataError: the checkpoint is damaged or holds other weights.
    """
    restore_weights(saved, weights)
    try:
        moments = load_file(saved / _MOMENTS)
        progress = Progress.from_record(json.loads((saved / _PROGRESS).read_text(encoding="utf-8")))
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise DataError(f"checkpoint {saved} cannot be read: {error}") from error
    for key, value in moments.items():
        kind, name = key.split("/", 1)
        weight = weights[name]
        # A fused optimiser reads a moment in its weight's own memory layout, whatever that is.
        optimiser.state[weight][kind] = (
            torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value.to(weight.device)
        )
    return progress


def restore_weights(saved: Path, weights: dict[str, torch.nn.Parameter]) -> None:
    """Load a checkpoint's weights only, in place.

    Raises:
        DataError: the checkpoint is damaged or holds other weights.
    """
    try:
        values = load_file(saved / _WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise DataError(f"checkpoint {saved} cannot be read: {error}") from error
    if {name: value.shape for name, value in values.items()} != {name: w.shape for name, w in weights.items()}:
        raise DataError(f"checkpoint {saved} holds other weights than this recipe trains")
    for name, value in values.items():
        weights[name].data.copy_(value)


def path(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies, whether or not it is there."""
    return folder / f"step-{step:07d}"


def checkpoints(folder: Path) -> list[Path]:
    """Return the whole checkpoints of a run, oldest first."""
    return sorted(found for found in folder.glob("step-*") if (found / _PROGRESS).is_file())


def last_good(folder: Path) -> str:
    """Name the newest whole checkpoint, for messages."""
    saved = checkpoints(folder)
    return f"the last good checkpoint is {saved[-1]}" if saved else "no checkpoint was saved before it"


def prune(folder: Path, keep: int, best_step: int | None) -> None:
    """Remove all but the `keep` newest checkpoints and the best one, and what a killed run left half written."""
    for half in folder.glob(".step-*"):
        shutil.rmtree(half)
    for old in checkpoints(folder)[:-keep]:
        if best_step is None or old != path(folder, best_step):
            shutil.rmtree(old)
