"""`equilingua compare`: encoders on the same benchmarks, with paired tests, overall and by language."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import (
    Device,
    Json,
    Languages,
    On,
    Precision,
    Qrels,
    Quiet,
    check_json,
    comma_list,
    encoding_options,
    progress_bars,
    write_json,
)
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.terminal import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from equilingua.evaluation.comparison import Rule
    from equilingua.evaluation.comparison_record import Comparison, ComparisonRecord, Difference

_ROWS = {"monolingual": "mono mAP", "cross_lingual": "cross mAP", "multilingual": "multi mAP", "bias": "rank distance"}
_VERDICTS = {"win": "A", "loss": "B", "tie": "tie"}
_FORMATS = (".md", ".tex", ".html")


def compare(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    encoders: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C...]",
            help="Each an encoder as evaluate takes it, ENCODER+METHOD (as of --posthoc), or the runs of one recipe "
            "with several seeds: NAME=RUN,RUN,...",
        ),
    ],
    on: On,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="Compare each with each, and not only the first with the others.")
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Also write a table for a paper or page: .tex, .md or .html."),
    ] = None,
    correction: Annotated[
        str, typer.Option("--correction", help="Of p-values for many comparisons: holm, bh or none.")
    ] = "holm",
    interval: Annotated[
        str, typer.Option("--interval", help="How the bootstrap makes intervals: percentile or bca.")
    ] = "percentile",
    fit_on: Annotated[
        str | None, typer.Option("--fit-on", metavar="SET[,SET...]", help="What methods are fitted on; see evaluate.")
    ] = None,
    qrels: Qrels = None,
    languages: Languages = None,
    json: Json = None,
    resamples: Annotated[int, typer.Option("--resamples", min=99, help="Of each test.")] = 9999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Makes the tests repeatable.")] = 0,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Tell whether encoders differ by more than chance: paired tests over groups of translated questions."""
    from equilingua import api
    from equilingua.report.compared import cautions

    rule = _rule(resamples, seed, correction, interval)
    options = encoding_options(languages, device, precision)
    check_json(json)
    _check_table(table)
    kept = "vectors that were encoded are kept; the same command goes on from there"
    with progress_bars(quiet=quiet, kept=kept) as progress:
        compared = api.compare(
            *encoders,
            on=comma_list(on, "--on"),
            rule=rule,
            all_pairs=all_pairs,
            fit_on=None if fit_on is None else comma_list(fit_on, "--fit-on"),
            qrels=qrels,
            progress=progress or False,
            **options,
        )
    record = compared.record()
    if table is not None:
        _write_table(table, record)
    if not write_json(json, record.to_json()):
        return
    terminal = console()
    for found in compared.results.values():
        _print(terminal.print, found, rule, record.labels)
        for remark in cautions(found):
            terminal.print(remark)
        terminal.print()


def _rule(resamples: int, seed: int, correction: str, interval: str) -> "Rule":
    from typing import get_args

    from equilingua.evaluation import comparison, significance

    if correction not in significance.CORRECTIONS:
        raise unknown_name("correction", correction, significance.CORRECTIONS)
    if interval not in get_args(significance.Interval):
        raise unknown_name("interval", interval, get_args(significance.Interval))
    options: dict[str, Any] = {"correction": correction, "interval": interval}
    return comparison.Rule(resamples=resamples, seed=seed, **options)


def _print(say: Callable[..., None], compared: "Comparison", rule: "Rule", names: dict[str, str]) -> None:
    from equilingua.evaluation import significance

    for first, second in compared.pairs:
        say(f"{compared.benchmark}\nA = {names[first]}\nB = {names[second]}")
        say(_table([row for row in compared.overall if (row.first, row.second) == (first, second)], compared))
    corrected = {"holm": "after Holm", "bh": "after Benjamini and Hochberg", "none": "not corrected"}[rule.correction]
    say(
        f"p*: {corrected}, over these {len(compared.overall)} comparisons; intervals are not corrected.\n"
        f"A/tie/B: languages, or pairs of languages, in which A is better, neither or B ({corrected}).",
    )
    tests = max((_parts(compared, pair) for pair in compared.pairs), default=0)
    if rule.correction == "holm" and significance.smallest(rule.resamples, tests) >= rule.level:
        enough = int(tests / rule.level) + 1
        say(
            f"Over {tests:,} pairs no p* can fall below {rule.level:g}, however large a difference: use --resamples "
            f"{enough:,} or more, or --correction bh.",
        )


def _parts(compared: "Comparison", pair: tuple[str, str]) -> int:
    """Return the size of the largest family of parts that randomisation tests were made for."""
    settings = [
        row.setting for row in compared.by_part if (row.first, row.second) == pair and row.test == "randomisation"
    ]
    return max((settings.count(setting) for setting in set(settings)), default=0)


def _table(rows: "Sequence[Difference]", compared: "Comparison") -> "Table":
    from rich import box
    from rich.table import Table

    from equilingua.report import numerals

    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("figure", no_wrap=True)
    for label in ("A", "B", "A - B", "95 % interval", "p", "p*", "better", "A/tie/B"):
        table.add_column(label, justify="left" if label == "better" else "right", no_wrap=True)
    for row in rows:
        write = numerals.ranks if row.figure == "rank_distance" else numerals.score
        low, difference, high = (
            numerals.signed(write(abs(value)), value) for value in (row.low, row.difference, row.high)
        )
        table.add_row(
            _ROWS[row.setting],
            _with_deviation(row.a, row.a_deviation, write),
            _with_deviation(row.b, row.b_deviation, write),
            difference,
            f"{low} to {high}",
            numerals.score(row.p),
            numerals.score(row.p_corrected),
            _VERDICTS[row.verdict],
            "/".join(map(str, compared.tally(row.first, row.second, row.setting))),
        )
    return table


def _with_deviation(value: float, deviation: float | None, write: Callable[[float], str]) -> str:
    return write(value) if deviation is None else f"{write(value)}\N{PLUS-MINUS SIGN}{write(deviation)}"


def _check_table(file: Path | None) -> None:
    if file is None:
        return
    if file.suffix not in _FORMATS:
        raise UsageError(f"--table: {file}: give a file that ends in {', '.join(_FORMATS)}")
    check_json(file, "--table")


def _write_table(file: Path, record: "ComparisonRecord") -> None:
    from equilingua import durable
    from equilingua.report import compared

    text = compared.tables(record, file.suffix.removeprefix("."))
    try:
        durable.write_text(file, text)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}): give another place with --table") from None
