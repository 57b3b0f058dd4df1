import pytest

from equilingua.errors import RecipeError, UsageError
from equilingua.study.definition import load_study, names
from equilingua.study.ledger import Places
from equilingua.training.recipe import load_recipe
from tests.study import studies


def test_a_study_is_found_by_name_with_its_recipe_in_it(workplace, declare, tiny_folder):
    declare("batches")
    (workplace / "base.yaml").write_text(f"encoder: {{base: '{tiny_folder}'}}\ndata: [{{name: starter}}]\n")
    declare("other", recipe="../base.yaml")

    assert names() == ["batches", "other"]
    assert load_study("batches").name == "batches"
    assert load_study("other").recipe["optim"]["steps"] == 300


def test_numbers_are_read_as_recipes_read_them(workplace):
    path = studies.write(workplace, "numbers", studies.record("encoder"))
    path.write_text(path.read_text() + "changes: {optim.lr: 3e-5}\n")

    assert load_study("numbers").changes == {"optim.lr": 3e-5}


def test_quick_results_are_never_among_the_real_ones():
    assert Places.of("alpha", quick=False).results.parts[0] == "results"
    quick = Places.of("alpha", quick=True)
    assert {quick.results.parts[0], quick.runs.parts[0]} == {"runs"}
    assert quick.runs != Places.of("alpha", quick=False).runs


def test_what_cannot_be_read_is_said(workplace, declare):
    declare("alpha")
    (workplace / "studies/list.yaml").write_text("- 1\n")
    (workplace / "studies/broken.yaml").write_text("a: [\n")
    named = studies.write(workplace, "named", studies.record("encoder", name="../up"))

    with pytest.raises(UsageError, match="unknown study 'alhpa': did you mean 'alpha'"):
        load_study("alhpa")
    with pytest.raises(UsageError, match="expected keys such as 'question'"):
        load_study("list")
    with pytest.raises(UsageError, match="is no usable YAML"):
        load_study("broken")
    with pytest.raises(UsageError, match="cannot be read"):
        load_study("nowhere.yaml")
    with pytest.raises(UsageError, match="use letters, digits"):
        load_study(str(named))


def test_an_absent_recipe_is_named(declare):
    with pytest.raises(RecipeError, match=r"absent\.yaml cannot be read"):
        declare(recipe="absent.yaml")


@pytest.mark.usefixtures("workplace")
def test_without_a_folder_of_studies_the_shipped_ones_are_known():
    assert "strategies" in names()
    assert load_study("strategies").recipe == load_recipe("hybrid").model_dump(mode="json")


def test_a_study_of_the_folder_comes_before_the_shipped_one_of_its_name(declare):
    declare("alpha", title="mine")

    assert names() == ["alpha"]
    assert load_study("alpha").title == "mine"
    assert load_study("domain").name == "domain"


def test_the_recipe_of_a_study_may_be_a_shipped_one(declare):
    declare("batches", recipe="monolingual")

    assert load_study("batches").recipe["batches"]["strategy"] == "monolingual"
