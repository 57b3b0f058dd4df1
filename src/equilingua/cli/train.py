"""`equilingua train`: one run, from a recipe to a saved encoder."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Json, Quiet, SparseLines, check_json, progress_bars, write_json
from equilingua.errors import EquilinguaError, StoppedError
from equilingua.terminal import console, plain, say

if TYPE_CHECKING:
    from equilingua.batching.sampler import Sampler
    from equilingua.training.recipe import Recipe
    from equilingua.training.trainer import Outcome


def train(
    recipe: Annotated[
        str,
        typer.Argument(metavar="RECIPE", help="A YAML file, or one of `equilingua recipe list`, such as hybrid."),
    ],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The run's folder.", show_default="runs/RECIPE")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint.")] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Train an encoder by a recipe. Ctrl-C finishes the step and saves; --resume goes on."""
    from equilingua.training.recipe import load_recipe
    from equilingua.training.trainer import train as run

    check_json(json)
    chosen = load_recipe(recipe, changes or ())
    folder = out or Path("runs") / Path(recipe).stem
    with _Display(chosen.optim.steps, quiet=quiet) as display:
        outcome = run(
            chosen,
            folder,
            resume=resume,
            command=plain(shlex.join(["equilingua", *sys.argv[1:]])),
            on_prepare=display.prepare,
            on_start=display.start,
            on_step=display.step,
        )
    if not outcome.leads:
        return
    compared, told = _beside_base(chosen, outcome, quiet=quiet)
    if write_json(json, _record(outcome, compared)) and not quiet:
        say(told)
        say(_summary(outcome))


class _Display:
    """Loss, pairs a second and time left on standard error: a bar on a terminal, a line now and then anywhere else."""

    def __init__(self, steps: int, *, quiet: bool) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = console(stderr=True)
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet,
        )
        self._lines = None if quiet or self._console.is_terminal else SparseLines(self._console)
        self._quiet = quiet
        self._task = self._bar.add_task("training", total=steps, note="preparing")
        self._steps = steps
        self._began = (time.monotonic(), 0)
        self._prepared: Counter[str] = Counter()
        self._held_out = ""

    def __enter__(self) -> "_Display":
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        # After a SIGHUP there is no terminal any more.
        with suppress(OSError):
            if self._bar.live.is_started:
                self._bar.stop()

    def prepare(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage before the first step is."""
        self._prepared[stage] += done
        self._show(0, f"{stage}: {self._prepared[stage]:,} of {total:,}")

    def start(self, sampler: "Sampler", step: int) -> None:
        """Say what is left out, and where a resumed run goes on."""
        if not self._quiet:
            for excluded in sampler.excluded:
                self._console.print(f"left out: {excluded}", style="yellow")
        self._began = (time.monotonic(), step)
        self._show(step, "")

    def step(self, record: Mapping[str, Any]) -> None:
        """Show the newest line of the metrics."""
        if "validation_loss" in record:
            self._held_out = f", held-out {record['validation_loss']:.3f}"
        note = f"loss {record['loss']:.3f}{self._held_out}, {record['pairs_per_second']:.1f} pairs/s"
        self._show(record["step"], note)

    def _show(self, step: int, note: str) -> None:
        self._bar.update(self._task, completed=step, note=note)
        if self._lines is None or not note:
            return
        started, first = self._began
        if step <= first:
            self._lines.say(note)
            return
        left = (time.monotonic() - started) / (step - first) * (self._steps - step) / 60
        self._lines.say(f"step {step:,} of {self._steps:,}: {note}, {left:.0f} min left", now=step == self._steps)


def _beside_base(recipe: "Recipe", outcome: "Outcome", *, quiet: bool) -> tuple[dict[str, Any] | None, str]:
    """Measure the trained encoder and its base on the held-out pairs; return the figures, and what they say."""
    from equilingua import durable
    from equilingua.evaluation import held_out
    from equilingua.training.run_folder import RunFolder

    run = RunFolder(outcome.encoder.parent)
    if not run.validation.is_file():
        return None, (
            "no pairs were held out, so nothing says whether it is better than its base: "
            "a greater validation.share holds some out"
        )
    try:
        kept = f"{run.encoder} is saved, and not compared with its base"
        with progress_bars(quiet=quiet, kept=kept) as progress:
            compared = held_out.beside_base(
                recipe.encoder.base, run.encoder, run.validation, precision=recipe.precision, progress=progress
            )
    except StoppedError:
        raise
    except EquilinguaError as error:
        return None, f"not compared with its base: {error}"
    durable.write_json(run.beside_base, compared)
    return compared, held_out.sentence(compared)


def _record(outcome: "Outcome", compared: dict[str, Any] | None) -> dict[str, Any]:
    progress = outcome.progress
    return {
        "encoder": str(outcome.encoder),
        "steps": progress.step,
        "seconds": round(progress.seconds, 1),
        "stopped_early": outcome.stopped_early,
        "saved_step": outcome.saved_step,
        "best": {"step": progress.best_step, "validation_loss": progress.best_loss},
        "held_out": compared,
    }


def _summary(outcome: "Outcome") -> str:
    progress = outcome.progress
    ending = ", stopped early" if outcome.stopped_early else ""
    best = (
        "" if progress.best_loss is None else f"; least held-out loss {progress.best_loss:.4f} at {progress.best_step}"
    )
    return (
        f"{outcome.encoder}: {progress.step} steps in {progress.seconds:.0f} s{ending}{best}; "
        f"saved are the weights of step {outcome.saved_step}"
    )
