"""Read a training run's folder: its recipe, its metrics by step and what it was made with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError
from equilingua.terminal import plain
from equilingua.training.recipe_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RECIPE, METRICS, ENVIRONMENT = "recipe.yaml", "metrics.jsonl", "environment.json"


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """One training run.

    Attributes:
        name: the folder's name.
        recipe: the recipe as written.
        steps: [logged] step numbers, ascending.
        losses: [logged] training loss; NaN where it was not finite.
        pairs_per_second: [logged] speed; NaN where it was not logged.
        validation_steps: [validated] step numbers, ascending.
        validation_losses: [validated] loss on the held-out groups.
        environment: environment.json: machine, versions, commit, command, started, seconds; empty where absent.
    """

    name: str
    recipe: str
    steps: np.ndarray
    losses: np.ndarray
    pairs_per_second: np.ndarray
    validation_steps: np.ndarray
    validation_losses: np.ndarray
    environment: Mapping[str, Any] = field(default_factory=dict)


def find(folders: Sequence[Path]) -> list[Path]:
    """Return the run folders among `folders`; one that holds runs instead of being one stands for them, by name.

    Raises:
        DataError: a folder neither is a run nor holds any.
    """
    found: list[Path] = []
    for folder in folders:
        if (folder / RECIPE).is_file():
            found.append(folder)
            continue
        inner = sorted(path.parent for path in folder.glob(f"*/{RECIPE}"))
        if not inner:
            raise DataError(f"{folder}: holds no {RECIPE}: give a folder that equilingua train --out wrote")
        found.extend(inner)
    return list(dict.fromkeys(found))


def read(folder: Path) -> RunRecord:
    """Return the record of the run in `folder`; metrics.jsonl and environment.json may be absent (a run under way).

    Raises:
        DataError: a file is unreadable or malformed; the message names it and its line or key.
    """
    recipe = _text(folder / RECIPE)
    try:
        read_yaml(recipe)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(
            f"{folder / RECIPE}{line}: is not YAML: restore the recipe that the run was made with"
        ) from None
    rows = _metrics(folder / METRICS) if (folder / METRICS).exists() else []
    validated = [(step, row["validation_loss"]) for step, row in rows if math.isfinite(row["validation_loss"])]
    return RunRecord(
        name=plain(folder.resolve().name),
        recipe=recipe,
        steps=np.array([step for step, _ in rows], dtype=np.int64),
        losses=np.array([row["loss"] for _, row in rows], dtype=np.float64),
        pairs_per_second=np.array([row["pairs_per_second"] for _, row in rows], dtype=np.float64),
        validation_steps=np.array([step for step, _ in validated], dtype=np.int64),
        validation_losses=np.array([loss for _, loss in validated], dtype=np.float64),
        environment=_environment(folder / ENVIRONMENT) if (folder / ENVIRONMENT).exists() else {},
    )


def _finite(value: object) -> float | None:
    """Return a finite number as a float; None for anything else, such as text, NaN or more than a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _metrics(path: Path) -> list[tuple[int, dict[str, float]]]:
    lines = _text(path).splitlines(keepends=True)
    rows: dict[int, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json_text.loads(line, f"{path}:{number}")
        except DataError as error:
            # A run that was killed, or still goes on, may leave its last line unfinished; the rest is whole.
            if number == len(lines) and not line.endswith("\n"):
                break
            raise DataError(f"{error}: remove the line") from None
        step, row = _row(record, f"{path}:{number}")
        # A resumed run logs again the steps since its checkpoint: the later line is what the encoder saw.
        rows[step] = rows.get(step, {}) | {key: value for key, value in row.items() if not math.isnan(value)}
    absent = dict.fromkeys(("loss", "validation_loss", "pairs_per_second"), math.nan)
    return [(step, absent | rows[step]) for step in sorted(rows)]


def _row(record: object, where: str) -> tuple[int, dict[str, float]]:
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: is not an object with the keys step and loss: remove the line")
    step = record.get("step")
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < 2**63:
        raise DataError(f"{where}: step is {step!r}, not a whole number of at least 0: remove the line")
    row: dict[str, float] = {}
    for key in ("loss", "validation_loss", "pairs_per_second"):
        value = record.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise DataError(f"{where}: {key} is {value!r}, not a number: remove the line")
        number = _finite(value)
        row[key] = math.nan if number is None else number
    return step, row


def _environment(path: Path) -> Mapping[str, Any]:
    try:
        record = json_text.read(path)
    except DataError as error:
        raise DataError(f"{error}: remove the file") from None
    if not isinstance(record, Mapping):
        raise DataError(f"{path}: is not an object: remove the file")
    for key in ("machine", "versions"):
        if not isinstance(record.get(key, {}), Mapping):
            raise DataError(f"{path}: {key} is not an object: remove the file")
    if _finite(record.get("seconds", 0)) is None:
        raise DataError(f"{path}: seconds is not a number: remove the file")
    return record


def _text(path: Path) -> str:
    try:
        return text_lines.decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
