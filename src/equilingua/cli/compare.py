"""`equilingua compare`: two encoders on the same benchmarks, with paired tests."""

from typing import TYPE_CHECKING, Annotated

import typer

from equilingua.cli.options import (
    Device,
    Json,
    Languages,
    On,
    Precision,
    Quiet,
    check_json,
    comma_list,
    encoding_options,
    progress_bars,
    write_json,
)

if TYPE_CHECKING:
    from rich.table import Table

    from equilingua.evaluation.comparison import Comparison

_ROWS = {
    ("monolingual", "map"): "mono mAP",
    ("cross_lingual", "map"): "cross mAP",
    ("multilingual", "map"): "multi mAP",
    ("bias", "rank_distance"): "rank distance",
}
_VERDICTS = {"win": "A", "loss": "B", "tie": "tie"}


def compare(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    a: Annotated[str, typer.Argument(metavar="A", help="An encoder: embedded:base, a folder, or a hub name.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The encoder to compare it with.")],
    on: On,
    languages: Languages = None,
    json: Json = None,
    resamples: Annotated[int, typer.Option("--resamples", min=99, help="Of each test.")] = 9999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Makes the tests repeatable.")] = 0,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Tell whether one encoder is better than another: paired tests over groups of translated questions."""
    from rich.console import Console

    from equilingua.evaluation.comparison import compare_results, to_json
    from equilingua.evaluation.evaluate import evaluate, load_all

    options = encoding_options(languages, device, precision)
    check_json(json)
    benchmarks = load_all(comma_list(on, "--on"), options.pop("languages"))
    with progress_bars(quiet=quiet) as progress:
        first = evaluate(a, benchmarks, progress=progress, **options)
        second = evaluate(b, benchmarks, progress=progress, **options)
    compared = {
        name: compare_results(result, second.results[name], resamples=resamples, seed=seed)
        for name, result in first.results.items()
    }
    if not write_json(json, to_json(first, second, compared, resamples=resamples, seed=seed)):
        return
    console = Console(highlight=False)
    console.print(f"A = {a}\nB = {b}\n", markup=False)
    for name, rows in compared.items():
        console.print(_table(name, rows))


def _table(benchmark: str, rows: list["Comparison"]) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(benchmark), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("figure", no_wrap=True)
    for label in ("A", "B", "A - B", "95 % interval", "p"):
        table.add_column(label, justify="right", no_wrap=True)
    table.add_column("better")
    for row in rows:
        form = ",.1f" if row.figure == "rank_distance" else ".4f"
        table.add_row(
            _ROWS[row.setting, row.figure],
            format(row.a, form),
            format(row.b, form),
            format(row.difference, "+" + form),
            f"{format(row.low, '+' + form)} to {format(row.high, '+' + form)}",
            f"{row.p:.4f}",
            _VERDICTS[row.verdict],
        )
    return table
