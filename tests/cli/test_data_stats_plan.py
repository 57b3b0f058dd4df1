import json
from pathlib import Path

import pytest
import yaml

from equilingua.cli.data_stats_plan import is_recipe, show
from equilingua.errors import RecipeError

RECIPE = {
    "data": [{"name": "starter", "languages": ["en", "de", "ru"], "max_pairs_per_language": 40}],
    "batches": {"strategy": "hybrid", "size": 8, "alpha": 0.5},
    "optim": {"steps": 100},
}


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    return path


def test_what_is_drawn_is_shown_by_source_language_and_kind(file, capsys):
    show(file, quiet=True)

    printed = capsys.readouterr().out
    assert "100 steps of 8: " in printed
    assert "from 120 pairs" in printed
    assert all(word in printed for word in ("starter", "de", "en", "ru", "monolingual", "cross-lingual"))


def test_json_counts_every_item(file, capsys):
    show(file, json=Path("-"), quiet=True)

    record = json.loads(capsys.readouterr().out)
    assert sum(record["batches"].values()) == 100
    assert sum(record["items_by_language"].values()) == sum(stream["items"] for stream in record["drawn"]) == 800
    assert record["items_by_source"] == {"starter": 800}
    assert {stream["kind"] for stream in record["drawn"]} == {"monolingual", "cross-lingual"}
    assert (record["pairs"], record["decontaminated"]) == (120, 0)


def test_what_holds_evaluation_texts_is_not_drawn(tmp_path, capsys):
    from equilingua.corpus.evaluation_sets import load_evaluation_set

    texts = [item.text for item in load_evaluation_set("starter").items if item.role == "passage"][:5]
    records = [
        {"group": str(n), "language": "en", "query": f"heading {n}", "passage": text}
        for n, text in enumerate([*texts, *(f"{'clean ' * n} text of number {n}" for n in range(20))])
    ]
    (tmp_path / "mine.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        yaml.safe_dump(
            RECIPE
            | {
                "data": [{"name": str(tmp_path / "mine.jsonl")}],
                "batches": {"strategy": "monolingual", "size": 4},
                "validation": {"share": 0},
            }
        )
    )

    show(recipe, quiet=True)
    assert "5 pairs dropped: they hold evaluation texts" in capsys.readouterr().out


def test_names_of_recipes():
    assert is_recipe("recipes/hybrid.yaml")
    assert is_recipe("MINE.YML")
    assert not is_recipe("starter")
    assert not is_recipe("pairs.jsonl")


def test_a_missing_recipe_is_an_error(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        show(tmp_path / "none.yaml")
