"""`equilingua data mine`: hard negatives for the pairs of a corpus."""

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
    encoding_options,
    progress_bars,
    write_json,
)
from equilingua.errors import UsageError
from equilingua.terminal import console, say

if TYPE_CHECKING:
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.mining.report import MiningReport

_COLUMNS = {
    "questions": "questions",
    "passages": "passages",
    "same_language": "negatives of own questions",
    "cross_lingual": "of other languages'",
    "share": "share",
    "passage_share": "share of passages",
}


def mine(  # noqa: PLR0913  (an argument is an option)
    name: Annotated[str, typer.Argument(metavar="NAME", help="A set, or the path of a JSONL, CSV or Parquet file.")],
    *,
    encoder: Annotated[str, typer.Option(metavar="ENCODER", help="What ranks: embedded:base, a folder or a hub name.")],
    per_query: Annotated[int, typer.Option(help="Negatives of each question.")] = 4,
    cross_lingual_share: Annotated[float, typer.Option(help="Share of them in other languages.")] = 0.5,
    margin: Annotated[
        str,
        typer.Option(
            help="Highest score of a negative: 95% of the positive's, or so much below it (0.05; may be negative), "
            "or none."
        ),
    ] = "95%",
    window: Annotated[
        str, typer.Option(metavar="FIRST:LAST", help="Ranks, in each language, that negatives come from.")
    ] = "0:100",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The result.", show_default="NAME.negatives.parquet"),
    ] = None,
    languages: Languages = None,
    json: Json = None,
    quiet: Quiet = False,
    device: Device = None,
    precision: Precision = "auto",
) -> None:
    """Mine hard negatives: passages that an encoder ranks high for a question although they do not answer it.

    A set that has splits is mined in its training part only. A run that was stopped goes on when started again.
    """
    from equilingua.mining.candidates import require_faiss
    from equilingua.mining.mine import mine as search
    from equilingua.mining.selection import Margin, MiningPlan, parse_window
    from equilingua.places import cache_folder

    plan = MiningPlan(per_query, cross_lingual_share, Margin.parse(margin), parse_window(window))
    options = encoding_options(languages, device, precision)
    target = _target(name, out)
    check_json(json)
    require_faiss()
    corpus = _load(name, options["languages"])
    from equilingua.encoder.load import load

    work = cache_folder() / "mining"
    kept = f"what is done is kept in {work}; the same command goes on from there"
    with progress_bars(quiet=quiet, kept=kept) as progress:
        mined, report = search(
            corpus,
            load(encoder, device=device),
            plan,
            work,
            name=encoder,
            precision=options["precision"],
            progress=progress,
        )
    mined.write_parquet(target)
    record = {"set": name, "encoder": encoder, **plan.record(), **_fields(report), "path": str(target)}
    if write_json(json, record) and not quiet:
        _show(report)
        say(f"written to {target}; vectors and blocks are kept in {work} for another run")


def _target(name: str, out: Path | None) -> Path:
    """Where the corpus goes; found out before hours of work."""
    target = out or Path(f"{Path(name).stem}.negatives.parquet")
    if target.suffix != ".parquet":
        raise UsageError(f"--out: {target} must end in .parquet")
    existing = next(parent for parent in target.absolute().parents if parent.exists())
    if target.is_dir() or not existing.is_dir():
        raise UsageError(f"--out: {target} cannot be a file: give another place")
    return target


def _load(name: str, languages: list[str] | None) -> "ParallelCorpus":
    """The corpus, or its training part where it has splits: what is tested on must not be trained against."""
    from equilingua.corpus.load import load_corpus, training_split

    return load_corpus(name, split=training_split(name), languages=languages)


def _fields(report: "MiningReport") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(report)


def _show(report: "MiningReport") -> None:
    from rich import box
    from rich.table import Table

    table = Table(title="Negatives by language", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("language")
    for label in _COLUMNS.values():
        table.add_column(label, justify="right")
    for language, counts in report.by_language.items():
        cells = (f"{counts[key]:.1%}" if "share" in key else f"{counts[key]:,}" for key in _COLUMNS)
        table.add_row(language, *cells)
    console().print(table)
    scores = ", ".join(f"{kind.replace('_', ' ')} {score:.3f}" for kind, score in report.mean_scores.items())
    replaced = f"; replaced those of {report.replaced:,} pairs" if report.replaced else ""
    say(
        f"{report.mined:,} of {report.wanted:,} wanted negatives for {report.pairs:,} pairs, from "
        f"{report.candidates:,} passages: {report.same_language:,} same-language, {report.cross_lingual:,} "
        f"cross-lingual; {report.short:,} pairs have fewer than wanted, {report.without:,} none{replaced}\n"
        f"mean scores: {scores}\nencoded in {report.seconds['encode']:.0f} s, mined in "
        f"{report.seconds['search']:.0f} s",
    )
