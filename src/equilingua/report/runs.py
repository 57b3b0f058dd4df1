"""Read a training run's folder: its recipe, its metrics by step and what it was made with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError
from equilingua.evaluation.json_record import problem
from equilingua.terminal import plain
from equilingua.training.recipe_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
        validation_steps: [validated] step numbers, ascending.
        validation_losses: [validated] loss on the held-out groups.
        environment: environment.json: machine, versions, commit, command, started, seconds; empty where absent.
    """

    name: str
    recipe: str
    steps: np.ndarray
    losses: np.ndarray
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
    validated = [row for row in rows if row.validation_loss is not None and math.isfinite(row.validation_loss)]
    return RunRecord(
        name=plain(folder.resolve().name),
        recipe=recipe,
        steps=np.array([row.step for row in rows], dtype=np.int64),
        losses=np.array([row.loss for row in rows], dtype=np.float64),
        validation_steps=np.array([row.step for row in validated], dtype=np.int64),
        validation_losses=np.array([row.validation_loss for row in validated], dtype=np.float64),
        environment=_environment(folder / ENVIRONMENT) if (folder / ENVIRONMENT).exists() else {},
    )


class _Logged(BaseModel):
    """A line of metrics.jsonl; None or NaN where a loss was not logged or not finite."""

    model_config = ConfigDict(strict=True)
    step: Annotated[int, Field(ge=0, lt=2**63)]
    loss: float | None = None
    validation_loss: float | None = None


class _Environment(BaseModel):
    """What the page shows of environment.json."""

    model_config = ConfigDict(strict=True, extra="allow")
    machine: dict[str, Any] = {}
    versions: dict[str, Any] = {}
    seconds: Annotated[float, Field(allow_inf_nan=False)] = 0.0


def _metrics(path: Path) -> list[_Logged]:
    lines = _text(path).splitlines(keepends=True)
    rows: dict[int, _Logged] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _Logged.model_validate(json_text.loads(line, f"{path}:{number}"))
        except ValidationError as error:
            raise DataError(f"{path}:{number}: {problem(error)}: remove the line") from None
        except DataError as error:
            # A run that was killed, or still goes on, may leave its last line unfinished; the rest is whole.
            if number == len(lines) and not line.endswith("\n"):
                break
            raise DataError(f"{error}: remove the line") from None
        # A resumed run logs again the steps since its checkpoint: the later line is what the encoder saw.
        known = rows.get(row.step, row)
        rows[row.step] = known.model_copy(update=row.model_dump(exclude_none=True))
    return [rows[step] for step in sorted(rows)]


def _environment(path: Path) -> Mapping[str, Any]:
    try:
        return _Environment.model_validate(json_text.read(path)).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise DataError(f"{path}: {problem(error)}: remove the file") from None
    except DataError as error:
        raise DataError(f"{error}: remove the file") from None


def _text(path: Path) -> str:
    try:
        return text_lines.decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
