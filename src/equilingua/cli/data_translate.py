"""`equilingua data translate`: pairs of one language as parallel pairs in others, by machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Device, Json, Quiet, check_json, comma_list, progress_bars, write_json
from equilingua.errors import UsageError
from equilingua.terminal import console, say

if TYPE_CHECKING:
    from equilingua.corpus.augment.translate import TranslationPlan, TranslationReport

_ENGINE_HELP = "apertium, ctranslate2:FOLDER or transformers:NAME (a folder, or a name on the hub)."


def translate(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    name: Annotated[str, typer.Argument(metavar="NAME", help="A set, or the path of a JSONL, CSV or Parquet file.")],
    to: Annotated[str, typer.Option("--to", metavar="CODE[,CODE...]", help="Languages to translate into.")],
    engine: Annotated[str, typer.Option(help=_ENGINE_HELP)] = "apertium",
    source: Annotated[str, typer.Option("--from", metavar="CODE", help="Language to translate from.")] = "en",
    sides: Annotated[str, typer.Option(help="both, query or passage.")] = "both",
    languages: Annotated[
        str | None, typer.Option("--languages", metavar="CODE[,CODE...]", help="Read these languages of the set only.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Parquet to write (default: in the cache).")] = None,
    only_translations: Annotated[
        bool, typer.Option("--only-translations", help="Write the translations without what was read.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="Translate only the first so many pairs.")] = None,
    length_ratio: Annotated[float, typer.Option(help="Drop what grows or shrinks by more than this factor.")] = 2.0,
    copied: Annotated[
        float | None,
        typer.Option(help="Drop what keeps more than this share of its words (default: 0.6; 0.95 for near languages)."),
    ] = None,
    wrong_language: Annotated[
        bool, typer.Option("--language-id/--no-language-id", help="Drop what is surely in another language.")
    ] = True,
    round_trip: Annotated[
        float | None, typer.Option(metavar="CHRF", help="Drop what comes back with a chrF below this (0 to 100).")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also where the group has the language already.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="With --again: chrF against what people wrote, in the report.")
    ] = False,
    seconds: Annotated[float, typer.Option("--time-out", help="Seconds of silence after which Apertium hangs.")] = 60.0,
    skip_failures: Annotated[
        bool, typer.Option("--skip-failures", help="Drop pairs that the engine dies or hangs on, and go on.")
    ] = False,
    device: Device = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Translate pairs of one language into others by machine; what is done is kept, and a second run goes on from it.

    The file that is written holds what was read and, with the same groups, its translations; each translated pair says
    in its source what made it. A report with the counts by filter lies beside it.
    """
    from equilingua.corpus.augment.translate import TranslationPlan
    from equilingua.corpus.augment.translation_filters import TranslationFilters

    if seconds <= 0:
        raise UsageError(f"--time-out {seconds}: use a number of seconds above 0")
    if measure and not again:
        raise UsageError("--measure compares with what people wrote, which is only translated with --again: add it")
    filters = TranslationFilters(length_ratio, copied, wrong_language, round_trip)
    plan = TranslationPlan(source, tuple(comma_list(to, "--to")), sides, filters, limit, again, measure, skip_failures)
    read = None if languages is None else comma_list(languages, "--languages")
    request = _Asked(name, engine, read, out, only_translations, device, seconds)
    check_json(json)
    path = request.path(plan)
    report = _run(request, plan, path, quiet=quiet)
    record = {"name": name, "path": str(path), **report.record()}
    if write_json(json, record) and not quiet:
        _show(report, path)


@dataclass(frozen=True)
class _Asked:
    name: str
    engine: str
    languages: list[str] | None
    out: Path | None
    only_translations: bool
    device: str | None
    seconds: float

    def path(self, plan: TranslationPlan) -> Path:
        """Return where to write to, and find out before the work that it can be written to."""
        from equilingua.places import cache_folder

        if self.out is None:
            stem = f"{Path(self.name).stem}.{plan.source}-{'+'.join(plan.targets)}.{self.engine.partition(':')[0]}"
            return cache_folder() / "translated" / f"{stem}.parquet"
        if self.out.suffix != ".parquet":
            raise UsageError(f"--out {self.out}: pairs are written as Parquet, give a name that ends in .parquet")
        check_json(self.out)
        return self.out


def _run(request: _Asked, plan: TranslationPlan, path: Path, *, quiet: bool) -> TranslationReport:
    from equilingua import durable
    from equilingua.corpus.augment import engines
    from equilingua.corpus.augment import translate as translating
    from equilingua.corpus.augment.translation_cache import TranslationCache
    from equilingua.corpus.load import load_corpus
    from equilingua.places import cache_folder

    corpus = load_corpus(request.name, languages=request.languages)

    def opener(start: str, end: str) -> engines.Engine:
        return engines.open_engine(request.engine, start, end, device=request.device, seconds=request.seconds)

    cache = TranslationCache(cache_folder() / "translations.sqlite3")
    try:
        with progress_bars(quiet=quiet) as progress:
            translated, report = translating.translate(corpus, plan, opener, cache, progress)
    finally:
        cache.close()
    whole = translated if request.only_translations else translating.with_originals(corpus, translated)
    whole.write_parquet(path)
    durable.write_json(path.with_suffix(".json"), {"name": request.name, **report.record()})
    return report


def _show(report: TranslationReport, path: Path) -> None:
    from rich.table import Table

    reasons = list(dict.fromkeys(reason for target in report.targets.values() for reason in target.dropped))
    headers = ["pairs", "already there", *reasons, "kept", "texts", "cached", "seconds"]
    table = Table("to", "engine", title=f"Translated from {report.source}", title_justify="left")
    for header in headers:
        table.add_column(header.replace("_", " "), justify="right")
    for code, target in report.targets.items():
        cells: list[Any] = [target.pairs, target.already_there, *(target.dropped.get(reason, 0) for reason in reasons)]
        cells += [target.kept, target.texts, target.cached]
        engine = f"{target.engine['engine']} {target.engine['version']} {target.engine['direction']}"
        table.add_row(code, engine, *(f"{cell:,}" for cell in cells), f"{target.seconds:.1f}")
    console().print(table)
    for code, target in report.targets.items():
        if target.measured:
            figures = ", ".join(f"{side} {value:.1f}" for side, value in target.chrf.items())
            say(f"{code}: chrF against {target.measured:,} pairs that people translated: {figures}")
    say(f"written to {path}")
