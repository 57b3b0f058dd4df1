"""`equilingua evaluate`: the three settings and language bias of one encoder."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from equilingua.languages import described, pair_described
from equilingua.report import numerals
from equilingua.terminal import console

if TYPE_CHECKING:
    from rich.table import Table

    from equilingua.evaluation.results import Evaluation, Result

# Name in results → what it is called here, and how it is written; docs/bias.md says what each sees.
_BIAS = {
    "language_preference@10": ("own language in the first 10 beyond its due", "+.1%"),
    "score_offset": ("same-language score offset", "+.3f"),
    "peer": ("PEER", ".3f"),
    "awrf": ("AWRF", ".3f"),
}


def evaluate(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    encoder: Annotated[
        str,
        typer.Argument(metavar="ENCODER", help="embedded:base, a folder, a hub name, a peer, or run:FILE (TREC)."),
    ],
    on: On,
    posthoc: Annotated[
        str | None,
        typer.Option(
            "--posthoc",
            metavar="NAME",
            help="Change vectors or scores first, without training: center, shift:A (A times what "
            "separates it from English), lir:R (R directions a language), "
            "calibrate, calibrate:z (scaled too), several joined by +, or a file that --save-posthoc wrote. "
            "ENCODER+NAME says the same.",
        ),
    ] = None,
    fit_on: Annotated[
        str | None,
        typer.Option(
            "--fit-on",
            metavar="SET[,SET...]",
            help="Fit --posthoc on the text of these corpora (named sets or files) instead of the benchmark's own.",
        ),
    ] = None,
    fit_texts: Annotated[
        int, typer.Option("--fit-texts", min=1, help="With --fit-on: at most so many texts a language and role.")
    ] = 2000,
    save_posthoc: Annotated[
        Path | None,
        typer.Option("--save-posthoc", metavar="FILE", help="With --fit-on: keep the fitted method for other text."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Encode every text anew, and keep no vectors on disk.")
    ] = False,
    trec: Annotated[
        Path | None,
        typer.Option("--trec", metavar="DIR", help="Also write TREC run and qrels files of the pool to this folder."),
    ] = None,
    qrels: Qrels = None,
    all_pairs: Annotated[
        bool,
        typer.Option("--all-pairs", help="Write every pair of languages to --json, also of more than 100 languages."),
    ] = False,
    languages: Languages = None,
    json: Json = None,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Measure an encoder: retrieval in one language, across two, and in the pool of all, with language bias."""
    from equilingua.evaluation import trec as files
    from equilingua.evaluation.evaluate import evaluate as measure

    if trec is not None:
        files.check_folder(trec)
    options = encoding_options(languages, device, precision)
    check_json(json)
    check_json(save_posthoc, "--save-posthoc")
    kept = "" if no_cache else "vectors that were encoded are kept; the same command goes on from there"
    with progress_bars(quiet=quiet, kept=kept) as progress:
        evaluation = measure(
            encoder,
            comma_list(on, "--on"),
            posthoc,
            fit_on=None if fit_on is None else comma_list(fit_on, "--fit-on"),
            fit_texts=fit_texts,
            save_posthoc=save_posthoc,
            qrels=qrels,
            cache=not no_cache,
            progress=progress,
            **options,
        )
    if trec is not None:
        files.write_evaluation(trec, evaluation)
    if not write_json(json, evaluation.to_json(all_pairs=all_pairs)):
        return
    if json is not None:
        _bring_card_up_to_date(json.parent)
    terminal = console()
    for name in evaluation.results:
        terminal.print(_table(evaluation, name))
        terminal.print(_remarks(evaluation, name))


def _bring_card_up_to_date(folder: Path) -> None:
    """Let the card of a run's encoder show the result that was just written into the run's folder."""
    if (folder / "recipe.yaml").is_file() and (folder / "encoder").is_dir():
        from equilingua.training import model_card
        from equilingua.training.run_folder import RunFolder

        model_card.add_results(RunFolder(folder))


def _table(evaluation: "Evaluation", name: str) -> "Table":
    from rich import box
    from rich.table import Table

    from equilingua.evaluation.record import METRICS

    title = f"{evaluation.encoder}{f' + {evaluation.posthoc}' if evaluation.posthoc else ''} on {name}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("setting")
    for metric in METRICS:
        table.add_column(numerals.name(metric), justify="right")
    for setting, label in numerals.SETTINGS.items():
        mean = evaluation.results[name].settings[setting].mean()
        table.add_row(label, *(_figure(mean[metric]) for metric in METRICS))
    return table


def _remarks(evaluation: "Evaluation", name: str) -> str:
    result = evaluation.results[name]
    benchmark, bias = result.benchmark, result.bias.mean()
    codes = len(benchmark.languages)
    languages = "1 language" if codes == 1 else f"{codes} languages"
    answered = numerals.coverage(result.bias.mean_coverage())
    lines = [
        f"rank distance {_form(bias['rank_distance'], ',.1f')} · top hit in the question's language "
        f"{_form(bias['same_language_top1'], '.1%')} · questions answered {answered}",
        " · ".join(f"{label} {_form(bias[name], form)}" for name, (label, form) in _BIAS.items()),
        *_cautions(result),
        *_extremes(result),
        f"{len(benchmark.queries):,} questions, {benchmark.candidate_counts.sum():,} candidates, {languages}",
        f"encoded in {result.encode_seconds:.1f} s{_from_cache(result.cached)}, scored in {result.score_seconds:.1f} s",
    ]
    if benchmark.dropped:
        dropped = (f"{number:,} {why.replace('_', ' ')}" for why, number in benchmark.dropped.items())
        lines.append("left out: " + ", ".join(dropped))
    if evaluation.posthoc:
        lines.append(_fitted(evaluation, result))
    return "".join(f"  {line}\n" for line in lines)


def _cautions(result: "Result") -> list[str]:
    """Say what keeps figures from being what they seem."""
    from equilingua.evaluation.bias.language_bias import COVERAGE
    from equilingua.report import findings

    benchmark, coverage, lines = result.benchmark, result.bias.coverage(), []
    if silent := result.bias.silent():
        told = findings.shares({code: coverage[code] for code in silent})
        lines.append(f"no figure of bias where fewer than {COVERAGE:.0%} of the questions are answered: {told}")
    if result.depth is not None:
        lines.append(findings.depth(result.depth, int(benchmark.candidate_counts.sum())))
    counts = dict(zip(benchmark.languages, benchmark.candidate_counts.tolist(), strict=True))
    if uneven := findings.uneven(counts):
        lines.append(uneven)
    codes, pairs = len(benchmark.languages), len(result.settings["cross_lingual"].by_part())
    if 0 < pairs < codes * (codes - 1):
        lines.append(f"cross-lingual figures are of {pairs:,} of {codes * (codes - 1):,} pairs of languages")
    for setting in ("monolingual", "multilingual"):
        asked = len(result.settings[setting].question)
        if asked and (skipped := result.settings[setting].skipped):
            lines.append(f"{setting} figures leave out {skipped:,} questions to which nothing is relevant")
    return lines


def _extremes(result: "Result") -> list[str]:
    """Name the languages, and the pair, in which mAP is highest and lowest."""
    lines = []
    for setting, label in numerals.SETTINGS.items():
        parts = {name: metrics["map"] for name, metrics in result.settings[setting].by_part().items()}
        if len(parts) > 1 and max(parts.values()) > min(parts.values()):
            told = [pair_described(one(parts, key=parts.__getitem__)) for one in (max, min)]
            values = [_figure(one(parts.values())) for one in (max, min)]
            lines.append(f"{label} mAP: best {told[0]} {values[0]}, worst {told[1]} {values[1]}")
    return lines


def _from_cache(share: float) -> str:
    if not share:
        return ""
    return " (all from the cache)" if share == 1 else f" ({share:.0%} from the cache)"


def _fitted(evaluation: "Evaluation", result: "Result") -> str:
    from equilingua.evaluation.posthoc.by_name import EVALUATION_TEXTS

    if result.fitted is None or (source := result.fitted.source) is None:
        return f"{evaluation.posthoc} fitted on {EVALUATION_TEXTS}"
    numbers = " and ".join(f"{sum(counts.values()):,} {role}" for role, counts in source.numbers.items())
    dropped = f"; {source.dropped:,} left out, which were to be measured" if source.dropped else ""
    seen = f"; {result.seen:,} of the benchmark's own texts among them" if result.seen else ""
    without = result.fitted.without(result.benchmark.languages)
    lacking = f"; none in {', '.join(map(described, without))}" if without else ""
    return f"{evaluation.posthoc} fitted on {numbers} of {', '.join(source.sets)}{dropped}{seen}{lacking}"


def _figure(value: float) -> str:
    return _form(value, ".4f")


def _form(value: float, form: str) -> str:
    # NaN: the setting does not exist, as across languages in a benchmark of one.
    return numerals.ABSENT if math.isnan(value) else format(value, form)
