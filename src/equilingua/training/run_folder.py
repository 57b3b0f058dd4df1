"""The folder of a training run: what lies where, and whether it may be started or gone on with."""

from __future__ import annotations

import json
import logging
import os
import shlex
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from equilingua import durable, provenance
from equilingua.errors import StoppedError, TrainingError, UsageError
from equilingua.terminal import plain
from equilingua.training import checkpoint
from equilingua.training.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from equilingua.training.recipe import Recipe

_log = logging.getLogger(__name__)


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
        return f"resume with: {shlex.join(command)}"

    @property
    def has_steps(self) -> bool:
        """Whether a step has been taken."""
        return next(self._metric_lines(), None) is not None or bool(checkpoint.checkpoints(self.checkpoints))

    @classmethod
    @contextmanager
    def claimed(cls, path: Path, recipe: Recipe, *, resume: bool, command: str) -> Iterator[RunFolder]:
        """Hold a folder for a run, so that no other process trains there; a new run without a step leaves nothing.

        Raises:
            UsageError: another process trains there, or `open` refuses.
            DataError: `open` refuses.
            StoppedError: Ctrl-C; the message says what there is to resume.
        """
        if plain(str(path)) != str(path):
            raise UsageError(f"{path}: the folder's name is not UTF-8, or holds control characters: choose another")
        run = cls(path)
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        with ExitStack() as lock:
            try:
                lock.enter_context(durable.locked(path / "train", 0))
            except TimeoutError:
                raise UsageError(f"{path}: another process is training there: wait for it, or end it") from None
            fresh = not run.recipe.exists()
            try:
                yield cls.open(path, recipe, resume=resume, command=command)
            except BaseException as error:
                keeps = not fresh or run.has_steps
                if not keeps:
                    run._clear(made)
                if not isinstance(error, KeyboardInterrupt):
                    raise
                kept = f"{checkpoint.last_good(run.checkpoints)}; {run.go_on}" if keeps else "nothing was trained yet"
                raise StoppedError(f"interrupted; {kept}") from None

    @classmethod
    def open(cls, path: Path, recipe: Recipe, *, resume: bool, command: str) -> RunFolder:
        """Begin a run in a folder, or go on with the one that it holds.

        Raises:
            UsageError: it holds a run and `resume` is not set, or the run that it holds has another recipe.
            DataError: what it holds cannot be read.
        """
        run = cls(path)
        record = {
            "command": command,
            "commit": provenance.commit(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": provenance.machine(),
            "versions": provenance.versions(),
        }
        if run.recipe.exists():
            if not resume:
                raise UsageError(f"{path} holds a run already: add --resume to go on, or choose another --out")
            started = load_recipe(run.recipe)
            differences = sorted(_differences(started.model_dump(mode="json"), recipe.model_dump(mode="json")))
            if differences:
                raise UsageError(f"{path} holds a run of another recipe: {'; '.join(differences)}")
            record = run._resumed(record)
        path.mkdir(parents=True, exist_ok=True)
        for folder in (path, run.checkpoints):
            durable.sweep(folder)
        durable.write_json(run.environment, record)
        if not run.recipe.exists():
            durable.write_text(run.recipe, recipe.to_yaml())
        return run

    def _resumed(self, now: dict[str, Any]) -> dict[str, Any]:
        """The record of a run that goes on; what differs from where it began is said before it does."""
        if not self.environment.exists():
            return now
        try:
            record: dict[str, Any] = json.loads(self.environment.read_text("utf-8"))
            before, resumed = _decisive(record), [*record.get("resumed", [])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise durable.unusable(self.environment, error, "remove it, and it is written anew") from error
        if differences := sorted(_differences(before, _decisive(now))):
            _log.warning(
                "%s began in another environment, so figures may differ: %s", self.path, "; ".join(differences)
            )
        return record | {"resumed": [*resumed, now]}

    def _clear(self, made: Sequence[Path]) -> None:
        """Remove the files of a run that was refused, and the folders that were made for it."""
        for file in (self.recipe, self.environment, self.metrics, self.validation, self.decontamination):
            file.unlink(missing_ok=True)
        if made:
            (self.path / ".train.lock").unlink(missing_ok=True)
        # Somebody else may have put something there meanwhile.
        with suppress(OSError):
            for folder in made:
                folder.rmdir()

    def start_metrics(self, step: int) -> None:
        """Keep the lines of the first `step` steps only: those after the checkpoint are done again."""
        try:
            kept = [line for line in self._metric_lines() if json.loads(line)["step"] <= step]
        except (ValueError, KeyError, TypeError) as error:
            raise durable.unusable(self.metrics, error, "repair or remove it") from error
        durable.write_text(self.metrics, "".join(kept))

    def append_metrics(self, record: Mapping[str, Any], *, settle: bool) -> None:
        """Add one line.

        Args:
            record: of the step.
            settle: bring all lines to the disk, as before a checkpoint that stands for their steps.

        Raises:
            TrainingError: the disk is full or fails.
        """
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
                if settle:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            good = checkpoint.last_good(self.checkpoints)
            raise TrainingError(
                f"{self.metrics} cannot be written: {error.strerror or error}; {good}; make room and {self.go_on}"
            ) from error

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


def _decisive(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What figures may depend on."""
    machine = environment["machine"]
    return {**environment["versions"], **{key: machine.get(key) for key in ("processor", "accelerators")}}
