import json

import pytest
from typer.testing import CliRunner

from equilingua.cli.main import app
from equilingua.errors import UsageError
from equilingua.training.recipe import load_recipe


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments):
        result = CliRunner().invoke(app, ["recipe", *map(str, arguments)], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    return invoke


def test_the_shipped_recipes_are_listed(run):
    assert "hybrid batches on LibreOffice's help" in run("list")
    assert {record["name"] for record in json.loads(run("list", "--json", "-"))} >= {"demo", "hybrid", "monolingual"}


def test_a_recipe_is_shown_with_every_field_explained(run):
    shown = run("show", "demo")

    assert "  # pairs a step\n  size: 32\n" in shown
    assert "  steps: 30\n" in shown


def test_a_new_recipe_is_written_and_never_over_another_file(run, tmp_path):
    said = run("new", "mine.yaml", "--like", "monolingual", "--set", "data=[{name: my.jsonl}]")

    assert said == "mine.yaml: edit it, then: equilingua train mine.yaml\n"
    written = load_recipe(tmp_path / "mine.yaml")
    assert written == load_recipe("monolingual", ["data=[{name: my.jsonl}]"])
    with pytest.raises(UsageError, match=r"mine\.yaml is there already"):
        run("new", "mine.yaml")
    with pytest.raises(UsageError, match=r"mine: a recipe's name ends in \.yaml"):
        run("new", "mine")
