"""`equilingua data`: the named sets, fetched, built and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Json, Languages, Quiet, comma_list, progress_bars, write_json
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from equilingua.corpus.registry import SetInfo

app = typer.Typer(help="List, fetch, build and count the named sets.", no_args_is_help=True)


@app.command("list")
def list_sets(json: Json = None) -> None:
    """List the named sets, their licences, and where their text is."""
    from equilingua.corpus import registry

    records = [_record(info) for info in registry.sets().values()]
    if not write_json(json, records):
        return
    headers = {"name": "set", "kind": "kind", "licence": "licence", "here": "text", "description": "what it is"}
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
        if info.provision == "built":
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
            found = (
                f"{len(info.files)} files in {fetching.cache_folder()}" if info.files else "shipped with the package"
            )
            typer.echo(f"{info.name}: {found} ({info.licence})")


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="The set to build.")],
    languages: Languages = None,
    headings: Annotated[str, typer.Option(help="'distinctive' ones, or 'all'.")] = "distinctive",
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Build a set from its packages and write it, with a report of what was dropped and why, into the cache."""
    from dataclasses import asdict

    from equilingua.corpus import registry
    from equilingua.corpus.sources import libreoffice_help

    info = registry.find(name)
    if info.provision != "built":
        raise UsageError(f"set '{name}' is {info.provision}, not built: equilingua data fetch {name}")
    shown = 0
    with progress_bars(quiet=quiet) as progress:

        def advance(_package: str, done: int, whole: int) -> None:
            nonlocal shown
            if progress is not None:
                progress(f"building {name}", done - shown, whole)
                shown = done

        folder = libreoffice_help.folder()
        kept = libreoffice_help.headings_named(headings)
        chosen = _codes(languages)
        _, report = libreoffice_help.build(folder, chosen, kept, advance)
    path = libreoffice_help.corpus_path(folder, chosen, kept)
    if write_json(json, {"path": str(path), **asdict(report)}) and not quiet:
        columns = list(dict.fromkeys(key for counts in report.languages.values() for key in counts))
        headers = {"language": "language"} | {key: key.replace("_", " ") for key in columns}
        rows = [{"language": code, **counts} for code, counts in report.languages.items()]
        _write_table(f"{report.pairs:,} pairs, {report.groups:,} groups in {report.seconds:.0f} s", headers, rows)
        typer.echo(f"written to {path}")


@app.command()
def stats(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A set, or the path of a JSONL, CSV or Parquet file.")],
    languages: Languages = None,
    json: Json = None,
) -> None:
    """Count a set: pairs by language, split and source with mean lengths, and groups by number of languages."""
    from equilingua.corpus import load, registry, statistics

    chosen = _codes(languages)
    if not load.is_path(name) and registry.find(name).kind == "benchmark":
        record = statistics.of_documents(load.load_documents(name, chosen))
    else:
        splits = () if load.is_path(name) else registry.find(name).splits
        parts = {split or "all": load.load_corpus(name, split=split, languages=chosen) for split in splits or (None,)}
        record = statistics.of_corpus(parts)
    if not write_json(json, {"name": name, **record}):
        return
    for key in ("documents", "pairs"):
        if key in record:
            rows = record[key]
            _write_table(name, {column: column.replace("_", " ") for column in rows[0]} if rows else {}, rows)
    for split, spread in record.get("groups_by_languages", {}).items():
        total = f"{sum(spread.values()):,} groups"
        listed = ", ".join(f"{groups:,} in {count}" for count, groups in sorted(spread.items(), reverse=True))
        typer.echo(f"{split}: {total} by number of languages: {listed}")


def _codes(languages: str | None) -> list[str] | None:
    """Split the option's value; normalising and unknown codes are the corpus's business."""
    return None if languages is None else comma_list(languages, "--languages")


def _record(info: SetInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "kind": info.kind,
        "licence": info.licence,
        "version": info.version,
        "here": _whereabouts(info),
        "description": info.description,
        "origin": info.origin,
        "splits": list(info.splits),
        "bytes": sum(file.bytes for file in info.files),
        "files": [{"path": file.path, "sha256": file.sha256, "bytes": file.bytes} for file in info.files],
    }


def _whereabouts(info: SetInfo) -> str:
    from equilingua.corpus import fetch as fetching

    if info.provision == "shipped":
        return "shipped"
    if info.provision == "built":
        from equilingua.corpus.sources import libreoffice_help

        return "built" if libreoffice_help.corpus_path(libreoffice_help.folder()).is_file() else "to build"
    for place, folder in (("mirror", fetching.mirror_folder()), ("cache", fetching.cache_folder())):
        if folder is not None and all((folder / file.path).is_file() for file in info.files):
            return f"in the {place}"
    return "to fetch"


def _write_table(title: str, headers: dict[str, str], rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for place, (key, header) in enumerate(headers.items()):
        numbers = bool(rows) and isinstance(rows[0].get(key), int | float)
        table.add_column(header, justify="right" if numbers else "left", no_wrap=place == 0)
    for row in rows:
        cells = (row.get(key, 0) for key in headers)
        table.add_row(*(f"{cell:,}" if isinstance(cell, int | float) else str(cell) for cell in cells))
    Console().print(table)
