"""`equilingua data stats` for a recipe: what its batches will really draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.cli.options import progress_bars, write_json
from equilingua.places import shipped
from equilingua.terminal import console, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from equilingua.batching.plan import Kind
    from equilingua.batching.sampler import DrawnStream, Summary

SUFFIXES = (".yaml", ".yml")


def is_recipe(name: str) -> bool:
    """Tell whether a recipe is meant rather than a set or a file of pairs."""
    return name.lower().endswith(SUFFIXES) or name in shipped("recipes")


def show(recipe: str | Path, *, json: Path | None = None, quiet: bool = False) -> None:
    """Print what a recipe's run draws: items by source, language and kind of batch, and how often it sees each pair.

    Caps and decontamination are applied as in the run itself.

    Raises:
        RecipeError, PlanError, UsageError, DataError: the recipe cannot be carried out.
    """
    from equilingua.batching.sampler import Sampler, summarise
    from equilingua.training import decontamination
    from equilingua.training.data import assemble
    from equilingua.training.recipe import load_recipe

    chosen = load_recipe(recipe)
    data = assemble(chosen)
    dropped = 0
    if chosen.decontaminate.enabled:
        with progress_bars(quiet=quiet) as progress:
            found = decontamination.search(data, chosen, progress)
        before = len(data.train)
        data = decontamination.apply(data, found.groups)
        dropped = before - len(data.train)
    sampler = Sampler(data.train, chosen.plan(data.sources), chosen.seed)
    summary = summarise(sampler, chosen.optim.steps)
    record = {"recipe": str(recipe), "pairs": len(data.train), "decontaminated": dropped, **_record(summary)}
    if write_json(json, record):
        _print(record, summary)


def _record(summary: Summary) -> dict[str, Any]:
    return {
        "steps": summary.steps,
        "size": summary.size,
        "batches": dict(summary.batches),
        "items_by_language": summary.items_by_language(),
        "items_by_source": summary.items_by_source(),
        "drawn": [
            {
                "kind": stream.kind,
                "source": stream.source,
                "language": stream.language,
                "passage_language": stream.passage_language,
                "items": stream.items,
                "pairs": stream.pairs,
                "epochs": round(stream.epochs, 4),
            }
            for stream in summary.drawn
        ],
        "excluded": [str(excluded) for excluded in summary.excluded],
    }


def _print(record: dict[str, Any], summary: Summary) -> None:
    from rich.table import Table

    batches = ", ".join(f"{count:,} {kind}" for kind, count in summary.batches.items())
    title = f"{summary.steps:,} steps of {summary.size}: {batches}; from {record['pairs']:,} pairs"
    table = Table(title=title, title_justify="left")
    for header in ("source", "language"):
        table.add_column(header, no_wrap=True)
    kinds = list(summary.batches)
    for header in (*kinds, "items", "share", "times each pair is seen"):
        table.add_column(header, justify="right")
    total = sum(stream.items for stream in summary.drawn)
    for (source, language), streams in _by_source_and_language(summary.drawn).items():
        items = sum(stream.items for stream in streams)
        # A pair is in one stream of each kind at most, unless pairs of languages have streams of their own.
        pairs = max(stream.pairs for stream in streams)
        table.add_row(
            source,
            language,
            *(f"{_items(streams, kind):,}" for kind in kinds),
            f"{items:,}",
            f"{items / total:.1%}" if total else "",
            f"{items / pairs:.2f}" if pairs else "",
        )
    console().print(table)
    if record["decontaminated"]:
        say(f"{record['decontaminated']:,} pairs dropped: they hold evaluation texts")
    for excluded in record["excluded"]:
        say(f"never drawn: {excluded}")


def _by_source_and_language(drawn: Iterable[DrawnStream]) -> dict[tuple[str, str], list[DrawnStream]]:
    found: dict[tuple[str, str], list[DrawnStream]] = {}
    for stream in drawn:
        found.setdefault((stream.source, stream.language), []).append(stream)
    return dict(sorted(found.items()))


def _items(streams: Iterable[DrawnStream], kind: Kind) -> int:
    return sum(stream.items for stream in streams if stream.kind == kind)
