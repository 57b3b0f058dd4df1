"""`equilingua merge`: one encoder from the weights of several."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import (
    Device,
    Json,
    Languages,
    Precision,
    Quiet,
    check_json,
    comma_list,
    encoding_options,
    progress_bars,
    write_json,
)
from equilingua.errors import UsageError
from equilingua.terminal import console, say

if TYPE_CHECKING:
    from equilingua.evaluation.results import Evaluation


def merge(
    encoders: Annotated[
        list[str],
        typer.Argument(
            metavar="ENCODER@WEIGHT...",
            help="Each a run's folder, embedded:base, another folder or a hub name, all trained from one base. Weights "
            "that do not add up to 1 are divided by their sum; without any, all are equal.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the merged encoder.")],
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="NAME[,NAME...]", help="Then measure it and each ingredient; see evaluate."),
    ] = None,
    languages: Languages = None,
    json: Json = None,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Average the weights of encoders that were trained from one base, such as runs, or a run and its base."""
    from equilingua.training import merge as merging
    from equilingua.training import merged_card

    check_json(json)
    ingredients = merging.parse(encoders)
    names = None if on is None else _benchmarks(on)
    if names is None and languages is not None:
        raise UsageError(f"--languages {languages}: there is nothing to measure: name a benchmark with --on")
    options = encoding_options(languages, device, precision)
    with progress_bars(quiet=quiet, kept="nothing is written") as progress:
        used = merging.merge(ingredients, out, progress)
    made = f"{out}: {' + '.join(f'{one.weight:.4g} x {one.name}' for one in used)}"
    record: dict[str, Any] = {
        "encoder": str(out),
        "ingredients": [{"encoder": one.name, "weight": one.weight} for one in used],
    }
    if names is None:
        if write_json(json, record):
            say(made)
        return
    kept = f"{out} is saved; equilingua evaluate {out} --on {on} measures it, from vectors that were kept"
    with progress_bars(quiet=quiet, kept=kept) as progress:
        measured = _measured([*(one.name for one in used), str(out)], names, progress, options)
    merged_card.add_results(out, measured[-1].record().results)
    if write_json(json, record | {"evaluations": [one.to_json() for one in measured]}):
        say(made)
        _print(measured)


def _benchmarks(on: str) -> list[str]:
    """Find out before the mean is taken whether there are such benchmarks."""
    from equilingua.evaluation.benchmarks.by_name import check_name

    names = comma_list(on, "--on")
    for name in names:
        check_name(name)
    return names


def _measured(
    encoders: Sequence[str],
    on: Sequence[str],
    progress: Any,  # noqa: ANN401  (what `progress_bars` yields)
    options: dict[str, Any],
) -> "list[Evaluation]":
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.evaluate import evaluate, open_all

    # Loaded once for all encoders, but for collections that are read in pieces by each.
    opened = open_all(on, options["languages"])
    benchmarks = [one if isinstance(one, Benchmark) else name for one, name in zip(opened, on, strict=True)]

    def of(encoder: str) -> Any:  # noqa: ANN401  (likewise)
        return None if progress is None else lambda stage, done, total: progress(f"{encoder}: {stage}", done, total)

    return [evaluate(encoder, benchmarks, progress=of(encoder), **options) for encoder in encoders]


def _print(measured: "Sequence[Evaluation]") -> None:
    from equilingua.report import findings, side_by_side, tables

    terminal = console()
    for one in side_by_side.gather([each.record() for each in measured]):
        terminal.print(tables.terminal(tables.overview(one)))
        for sentence in findings.cautions(one):
            terminal.print(findings.plain(sentence))
    names = " ".join(each.encoder for each in reversed(measured))
    on = ",".join(measured[0].results)
    terminal.print(f"which differences are more than chance: equilingua compare {names} --on {on}", soft_wrap=True)
