"""`equilingua recipe`: the recipes that are shipped, and new ones to edit."""

from pathlib import Path
from typing import Annotated

import typer

from equilingua.cli.options import Json, check_json, write_json
from equilingua.errors import UsageError
from equilingua.places import shipped
from equilingua.terminal import console, say

app = typer.Typer(help="List, show and write recipes: YAML files that describe training runs.", no_args_is_help=True)


@app.command("list")
def list_recipes(json: Json = None) -> None:
    """List the recipes that are shipped; `equilingua train NAME` carries one out."""
    # The first line of each is a comment that says what it is.
    records = [
        {"name": name, "about": file.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")}
        for name, file in shipped("recipes").items()
    ]
    if not write_json(json, records):
        return
    from rich.table import Table

    table = Table("recipe", "about", title="Recipes", title_justify="left")
    for one in records:
        table.add_row(one["name"], one["about"])
    console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A name of `equilingua recipe list`, or a file.")],
) -> None:
    """Print a recipe with every field written out and explained."""
    from equilingua.training.recipe import load_recipe

    say(load_recipe(name).explained())


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, such as mine.yaml.")],
    like: Annotated[str, typer.Option("--like", metavar="NAME|FILE", help="The recipe to start from.")] = "hybrid",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
    ] = None,
) -> None:
    """Write a recipe to edit, with every field written out and explained."""
    from equilingua import durable
    from equilingua.training.recipe import load_recipe

    check_json(file, "FILE")
    if file.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{file}: a recipe's name ends in .yaml")
    if file.exists():
        raise UsageError(f"{file} is there already: give another name")
    durable.write_text(file, load_recipe(like, changes or ()).explained() + "\n")
    say(f"{file}: edit it, then: equilingua train {file}")
