"""`equilingua data validate`: what is wrong with pairs, before anything is trained or measured on them."""

from dataclasses import asdict
from typing import Annotated

import typer

from equilingua.cli.options import Json, check_json, write_json
from equilingua.terminal import say

_SHOWN = 20


def validate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A file or folder of pairs, FORMAT:PLACE, or a set.")],
    json: Json = None,
) -> None:
    """Look for mistakes in pairs: what cannot be read, contradicts itself, is there twice, or is not translated.

    Every error of a file of pairs is told with its line, and not the first alone. Fails (exit code 1) if there is one.
    """
    from equilingua.corpus import problems

    check_json(json)
    found = problems.find(name)
    if write_json(json, {"name": name, **asdict(found)}):
        for kind, said in (("error", found.errors), ("warning", found.warnings)):
            for one in said[:_SHOWN]:
                say(f"{kind}: {one}")
            if len(said) > _SHOWN:
                say(f"{len(said) - _SHOWN:,} more {kind}s: --json FILE has them all")
        numbers = {"pair": found.pairs, "language": len(found.languages)}
        problems_found = {"error": len(found.errors), "warning": len(found.warnings)}
        say(f"{name}: {_counted(numbers, ' in ')}; {_counted(problems_found, ', ')}")
    if found.errors:
        raise typer.Exit(1)


def _counted(numbers: dict[str, int], between: str) -> str:
    return between.join(f"{number:,} {what}{'' if number == 1 else 's'}" for what, number in numbers.items())
