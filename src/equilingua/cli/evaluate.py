"""`equilingua evaluate`: the three settings and language bias of one encoder."""

import math
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

    from equilingua.evaluation.results import Evaluation, Result

_SETTINGS = {"monolingual": "monolingual", "cross_lingual": "cross-lingual", "multilingual": "multilingual"}
_METRICS = {"map": "mAP", "recall@1": "R@1", "recall@10": "R@10", "mrr": "MRR", "ndcg@10": "nDCG@10"}


def evaluate(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="embedded:base, a folder, or a hub name.")],
    on: On,
    posthoc: Annotated[
        str | None,
        typer.Option("--posthoc", metavar="NAME", help="Change the vectors first, without training: center."),
    ] = None,
    languages: Languages = None,
    json: Json = None,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Measure an encoder: retrieval in one language, across two, and in the pool of all, with language bias."""
    from rich.console import Console

    from equilingua.evaluation.evaluate import evaluate as measure

    options = encoding_options(languages, device, precision)
    check_json(json)
    with progress_bars(quiet=quiet) as progress:
        evaluation = measure(encoder, comma_list(on, "--on"), posthoc, progress=progress, **options)
    if not write_json(json, evaluation.to_json()):
        return
    console = Console(highlight=False)
    for name in evaluation.results:
        console.print(_table(evaluation, name))
        console.print(_remarks(evaluation.results[name]), markup=False)


def _table(evaluation: "Evaluation", name: str) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    title = f"{evaluation.encoder}{f' + {evaluation.posthoc}' if evaluation.posthoc else ''} on {name}"
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("setting")
    for label in _METRICS.values():
        table.add_column(label, justify="right")
    for setting, label in _SETTINGS.items():
        mean = evaluation.results[name].settings[setting].mean()
        table.add_row(label, *(_figure(mean[metric]) for metric in _METRICS))
    return table


def _remarks(result: "Result") -> str:
    bias, counts = result.bias.mean(), result.to_json()["counts"]
    distance, share = bias["rank_distance"], bias["same_language_top1"]
    languages = "1 language" if counts["languages"] == 1 else f"{counts['languages']} languages"
    return (
        f"  rank distance {distance:,.1f} · top hit in the question's language {share:.1%}\n"
        f"  {counts['questions']:,} questions, {counts['candidates']:,} candidates, {languages}\n"
        f"  encoded in {result.encode_seconds:.1f} s, scored in {result.score_seconds:.1f} s\n"
    )


def _figure(value: float) -> str:
    # NaN: the setting does not exist, as across languages in a benchmark of one.
    return "-" if math.isnan(value) else f"{value:.4f}"
