"""TensorBoard, Weights & Biases and trackio, through accelerate's trackers, for recipes that ask for them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from equilingua.training.recipe import Recipe

    Track = Callable[[Mapping[str, Any]], None]


def check(recipe: Recipe) -> None:
    """Refuse a recipe whose trackers are not all installed, before anything costly is done.

    Raises:
        MissingExtraError: a tracker's package is not installed.
    """
    for name in recipe.tracking.to:
        if find_spec(name) is None:
            raise MissingExtraError(f"tracking.to: {name}", name, "tracking")


@contextmanager
def started(recipe: Recipe, folder: Path, step: int = 0) -> Iterator[Track]:
    """Yield what sends a line of `metrics.jsonl` to each tracker of a recipe, and close them at the end.

    Only the main process sends. Of a line its numbers are sent, and the loss again under the name of the batch's kind
    (`loss/cross-lingual`), since the kinds differ in their loss.

    Args:
        recipe: its `tracking` says which trackers; none by default, and then nothing is done. It is sent too.
        folder: of the run, whose name is the run's name; TensorBoard's files lie in its `tensorboard/`.
        step: steps that the run had done before, as when it is resumed.

    Raises:
        MissingExtraError: a tracker's package is not installed.
    """
    check(recipe)
    trackers = [_start(name, recipe, folder, step) for name in dict.fromkeys(recipe.tracking.to)]

    def track(record: Mapping[str, Any]) -> None:
        for tracker in trackers:
            tracker.log(_figures(record), step=record["step"])

    try:
        yield track
    finally:
        for tracker in trackers:
            tracker.finish()


def _start(name: str, recipe: Recipe, folder: Path, step: int) -> Any:  # noqa: ANN401  (accelerate has no types)
    """Start a tracker, not by way of an Accelerator: its `end_training` would end the process group too."""
    from accelerate import PartialState
    from accelerate.tracking import TensorBoardTracker, TrackioTracker, WandBTracker

    PartialState()  # tells a tracker whether it is in the main process
    project, run = recipe.tracking.project, folder.resolve().name
    if name == "tensorboard":
        # What an interrupted run sent of steps that are now done again is hidden.
        tracker = TensorBoardTracker(name, folder, purge_step=step + 1 if step else None)
    elif name == "wandb":
        tracker = WandBTracker(project, name=run, group=run, dir=str(folder))
    else:
        tracker = TrackioTracker(project, name=run, resume="allow")
    tracker.start()
    tracker.store_init_configuration(dict(_flat(recipe.model_dump(mode="json"))))
    return tracker


def _figures(record: Mapping[str, Any]) -> dict[str, float]:
    figures = {
        key: value
        for key, value in record.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and key != "step"
    }
    if "loss" in figures and "kind" in record:
        figures[f"loss/{record['kind']}"] = figures["loss"]
    return figures


def _flat(node: Any, key: str = "") -> Iterator[tuple[str, str | int | float | bool]]:  # noqa: ANN401  (any YAML node)
    """A recipe's values by their dotted keys, in the types that trackers take."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from _flat(child, f"{key}.{name}" if key else name)
    else:
        yield key, node if isinstance(node, str | int | float | bool) else json.dumps(node)
