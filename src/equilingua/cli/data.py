"""`equilingua data`: the named sets, fetched, built and counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli import data_check, data_codeswitch, data_mine, data_stats_plan, data_translate, data_validate
from equilingua.cli.options import Json, Languages, Quiet, comma_list, progress_bars, write_json
from equilingua.errors import UsageError
from equilingua.places import cache_folder, mirror_folder
from equilingua.terminal import console, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from equilingua.corpus.build import BuildReport
    from equilingua.corpus.registry import SetInfo

_WIDE = 140
# Languages that a line names before it counts the rest.
_LISTED = 12

app = typer.Typer(
    help="List, fetch, build, count and validate sets; look for leaks, translate them, mine negatives.",
    no_args_is_help=True,
)
app.command("validate")(data_validate.validate)
app.command("leaks")(data_check.check)
app.command("check", help="The same as `leaks`, by its first name.")(data_check.check)
app.command("translate")(data_translate.translate)
app.command("lexicon")(data_codeswitch.lexicon)
app.command("code-switch")(data_codeswitch.code_switch)
app.command("mine")(data_mine.mine)


@app.command("list")
def list_sets(json: Json = None) -> None:
    """List the named sets: what each is for, under which licence, whether parallel, and where its text is."""
    from equilingua.corpus import registry

    records = [_record(info) for info in registry.sets().values()]
    if not write_json(json, records):
        return
    headers = {"name": "set", "kind": "kind", "parallel": "parallel", "here": "text", "licence": "licence"}
    if _wide():
        headers["description"] = "what it is"
    _write_table("Named sets", headers, records)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Sets to bring into the cache.")],
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Bring the files of sets into the cache, from the mirror folder or their origin, checked by SHA-256."""
    from equilingua.corpus import fetch as fetching
    from equilingua.corpus import registry

    chosen = [registry.find(name) for name in names]
    for info in chosen:
        if info.provision == "built" and not info.files:
            raise UsageError(f"set '{info.name}' is built, not fetched: equilingua data build {info.name}")
    paths: dict[str, list[str]] = {}
    with progress_bars(quiet=quiet) as progress:
        for info in chosen:
            paths[info.name] = []
            for file in info.files:
                paths[info.name].append(str(fetching.fetch(file)))
                if progress is not None:
                    progress(info.name, 1, len(info.files))
    if write_json(json, paths) and not quiet:
        for info in chosen:
            found = f"{len(info.files)} files in {cache_folder()}" if info.files else "shipped with the package"
            say(f"{info.name}: {found} ({info.licence})")


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="The set to build.")],
    languages: Languages = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="What else the set lets one choose; may be repeated."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Build a set and write it, with a report of what was dropped and why, into the cache."""
    from dataclasses import asdict

    from equilingua.corpus import build as building

    chosen, options = _codes(languages), _key_values(option or [])
    path = building.corpus_path(name, chosen, options)
    with progress_bars(quiet=quiet) as progress:
        _, report = building.build(name, chosen, options, None if progress is None else _steps(progress))
    if write_json(json, {"path": str(path), **asdict(report)}) and not quiet:
        _write_table(*_build_table(report))
        if why := _build_reasons(report):
            say(f"left out: {why}")
        say(f"{_build_cost(report)}; written to {path}")


@app.command()
def stats(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A set, a file of pairs, FORMAT:PLACE, or a recipe.")],
    languages: Languages = None,
    json: Json = None,
) -> None:
    """Count a set: pairs by language, split and source, groups by number of languages; or what a recipe draws."""
    if data_stats_plan.is_recipe(name):
        data_stats_plan.show(name, json=json)
        return
    from equilingua.corpus import load, registry, statistics

    chosen = _codes(languages)
    if not load.is_path(name) and registry.find(name).provision == "fetched":
        record = statistics.of_documents(load.load_documents(name, chosen))
    else:
        splits = load.splits(name) or (None,)
        parts = {split or "all": load.load_corpus(name, split=split, languages=chosen) for split in splits}
        record = statistics.of_corpus(parts)
    if not write_json(json, {"name": name, **record}):
        return
    for key in ("documents", "pairs"):
        if key in record:
            rows = record[key]
            columns = rows[0] if rows else {}
            headers = {column: column.replace("mean", "characters a").replace("_", " ") for column in columns}
            _write_table(f"{name}: numbers, and mean lengths in characters", headers, rows)
    for split, spread in record.get("groups_by_languages", {}).items():
        total = f"{sum(spread.values()):,} groups"
        listed = ", ".join(f"{groups:,} in {count}" for count, groups in sorted(spread.items(), reverse=True))
        say(f"{split}: {total} by number of languages: {listed}")
        if without := record["groups_without"][split]:
            say(f"{split}: groups that lack a language: {_first(without)}")
        if copies := record["untranslated"][split]:
            same = f"{sum(copies.values()):,} pairs have the passage of another language of their group"
            say(f"{split}: {same}, perhaps untranslated: {_first(copies)}")


def _first(numbers: dict[str, int]) -> str:
    """List the largest of the numbers by language, and say how many more there are."""
    listed = ", ".join(f"{language} {number:,}" for language, number in list(numbers.items())[:_LISTED])
    return listed + (f" and {len(numbers) - _LISTED} more languages" if len(numbers) > _LISTED else "")


def _codes(languages: str | None) -> list[str] | None:
    """Split the option's value; normalising and unknown codes are the corpus's business."""
    return None if languages is None else comma_list(languages, "--languages")


def _key_values(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--option: '{pair}' is not KEY=VALUE")
        found[key.strip()] = value.strip()
    return found


def _steps(bars: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    """Turn news of how much is done into how much was done since the last news."""
    before: dict[str, int] = {}

    def tell(stage: str, done: int, whole: int) -> None:
        bars(stage, done - before.get(stage, 0), whole)
        before[stage] = done

    return tell


def _build_table(report: BuildReport) -> tuple[str, dict[str, str], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"language": code, "found": counts.get("found", 0), "pairs": counts.get("pairs", 0)}
        for code, counts in report.languages.items()
    ]
    rows.append({"language": "all", **{key: sum(row[key] for row in rows) for key in ("found", "pairs")}})
    for row in rows:
        row["left out"] = row["found"] - row["pairs"]
    title = f"{report.name}: {report.pairs:,} pairs, {report.groups:,} groups ({report.licence})"
    return title, {name: name for name in ("language", "found", "left out", "pairs")}, rows


def _build_reasons(report: BuildReport) -> str:
    total: Counter[str] = Counter()
    for counts in report.languages.values():
        total.update({why: number for why, number in counts.items() if why not in {"found", "pairs"}})
    return ", ".join(f"{number:,} {why.replace('_', ' ')}" for why, number in total.most_common() if number)


def _build_cost(report: BuildReport) -> str:
    memory = "" if report.peak_mebibytes is None else f" and at most {report.peak_mebibytes:,} MiB"
    return f"{report.seconds:.0f} s{memory}"


def _record(info: SetInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "kind": info.kind,
        "parallel": "yes" if info.parallel else "no",
        "licence": info.licence,
        "version": info.version,
        "here": _whereabouts(info),
        "description": info.description,
        "origin": info.origin,
        "splits": list(info.splits),
        "options": dict(info.options),
        "packages": list(info.packages),
        "bytes": sum(file.bytes for file in info.files),
        "files": [{"path": file.path, "sha256": file.sha256, "bytes": file.bytes} for file in info.files],
    }


def _whereabouts(info: SetInfo) -> str:
    if info.provision == "shipped":
        return "shipped"
    if info.provision == "built":
        from equilingua.corpus import build as building

        return "built" if any(building.corpus_path(info.name).parent.glob("*.parquet")) else "to build"
    for place, folder in (("mirror", mirror_folder()), ("cache", cache_folder())):
        if folder is not None and all((folder / file.path).is_file() for file in info.files):
            return f"in the {place}"
    return "to fetch"


def _wide() -> bool:
    """Tell whether a table has room for sentences."""
    return console().width >= _WIDE


def _write_table(title: str, headers: dict[str, str], rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for place, (key, header) in enumerate(headers.items()):
        numbers = bool(rows) and isinstance(rows[0].get(key), int | float)
        table.add_column(header, justify="right" if numbers else "left", no_wrap=place == 0)
    for row in rows:
        cells = (row.get(key, 0) for key in headers)
        table.add_row(*(f"{cell:,}" if isinstance(cell, int | float) else str(cell) for cell in cells))
    console().print(table)
