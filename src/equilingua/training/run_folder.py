"""The folder of a training run: what lies where, and whether it may be started or gone on with."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from equilingua import durable, provenance
from equilingua.errors import UsageError
from equilingua.training.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from equilingua.training.recipe import Recipe


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe with every field written out."""
        return self.path / "recipe.yaml"

    @property
    def environment(self) -> Path:
        """Machine, versions, commit, command and times."""
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        """One JSON line a step."""
        return self.path / "metrics.jsonl"

    @property
    def validation(self) -> Path:
        """The held-out pairs; `evaluate --on` takes this file."""
        return self.path / "validation.parquet"

    @property
    def beside_base(self) -> Path:
        """The trained encoder's figures on the held-out pairs, and its base's."""
        return self.path / "held_out.json"

    @property
    def decontamination(self) -> Path:
        """Which evaluation sets were looked for among the pairs, what was found, and what was dropped."""
        return self.path / "decontamination.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def encoder(self) -> Path:
        """Folder of the trained encoder."""
        return self.path / "encoder"

    @property
    def go_on(self) -> str:
        """How to resume, for messages."""
        command = ["equilingua", "train", str(self.recipe), "--out", str(self.path), "--resume"]
        return f"go on with: {shlex.join(command)}"

    @classmethod
    def open(cls, path: Path, recipe: Recipe, *, resume: bool, command: str) -> RunFolder:
        """Claim a folder for a run.

        Raises:
            UsageError: it holds a run and `resume` is not set, or the run that it holds has another recipe or one that
                cannot be read.
        """
        run = cls(path)
        if run.recipe.exists():
            if not resume:
                raise UsageError(f"{path} holds a run already: add --resume to go on, or choose another --out")
            started = load_recipe(run.recipe)
            differences = sorted(_differences(started.model_dump(mode="json"), recipe.model_dump(mode="json")))
            if differences:
                raise UsageError(f"{path} holds a run of another recipe: {'; '.join(differences)}")
            return run
        path.mkdir(parents=True, exist_ok=True)
        record = {
            "command": command,
            "commit": provenance.commit(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": provenance.machine(),
            "versions": provenance.versions(),
        }
        durable.write_json(run.environment, record)
        durable.write_text(run.recipe, recipe.to_yaml())
        return run

    def start_metrics(self, step: int) -> None:
        """Keep the lines of the first `step` steps only: those after the checkpoint are done again."""
        kept = [line for line in self._metric_lines() if json.loads(line)["step"] <= step]
        durable.write_text(self.metrics, "".join(kept))

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add one line."""
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def finish(self, seconds: float) -> None:
        """Note the end of the run and the seconds spent in steps."""
        record = json.loads(self.environment.read_text("utf-8"))
        record |= {"seconds": round(seconds, 1), "finished": datetime.now(UTC).isoformat(timespec="seconds")}
        durable.write_json(self.environment, record)

    def _metric_lines(self) -> Iterator[str]:
        """The whole lines of the metrics; a kill may have cut the last one."""
        if self.metrics.exists():
            with self.metrics.open(encoding="utf-8") as file:
                yield from (line for line in file if line.endswith("\n"))


# What a recipe says of the machine rather than of the run: it may be changed when one is gone on with.
_MACHINE = {"batches.memory", "batches.tokens"}


def _differences(old: Any, new: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401  (any YAML node)
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() | new.keys():
            yield from _differences(old.get(name), new.get(name), f"{key}.{name}" if key else name)
    elif old != new and key not in _MACHINE:
        yield f"{key} was {old!r}, is {new!r}"
