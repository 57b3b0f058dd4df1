"""`equilingua train`: one run, from a recipe to a saved encoder."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Json, Quiet, check_json, progress_bars, write_json
from equilingua.errors import EquilinguaError, StoppedError
from equilingua.progress import of_training
from equilingua.terminal import plain, say

if TYPE_CHECKING:
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
    command = plain(shlex.join(["equilingua", *sys.argv[1:]]))
    with progress_bars(quiet=quiet) as report:
        hooks = of_training(report, chosen.optim.steps)
        outcome = run(chosen, folder, resume=resume, command=command, **hooks)
    if not outcome.leads:
        return
    compared, told = _beside_base(chosen, outcome, quiet=quiet)
    if write_json(json, _record(outcome, compared)) and not quiet:
        say(told)
        say(_summary(outcome))


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
