"""`--quick`, and that every study of the project can be planned."""

from pathlib import Path

import pytest

from equilingua.study.checks import check
from equilingua.study.definition import load_study
from equilingua.study.estimate import MANY, plan
from equilingua.study.grid import points, runs
from equilingua.study.ledger import Entry, Places
from equilingua.study.quick import quick
from equilingua.study.runner import Undertaking

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.yaml"))
SEVEN = {"strategies", "alpha", "domain", "dream", "low-resource", "medical", "batch-size"}


def test_the_seven_questions_have_a_study_each():
    assert {path.stem for path in STUDIES} >= SEVEN


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_can_be_planned_within_its_budget(path):
    study = load_study(str(path))
    places = Places.of(study.name, quick=False)
    planned = runs(study, places.runs)
    check(study, points(study), planned)

    found = plan(study, planned, {run.id: Entry.planned(run) for run in planned})
    assert found.hours <= study.budget + 0.05
    assert study.select is not None or len(study.seeds) >= 3
    assert study.select is not None or study.hypotheses
    # What trains on prepared files is measured on other groups, which are looked for among its pairs.
    for run in planned:
        if run.recipe is not None:
            assert run.recipe.decontaminate.enabled


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_quick_study_is_small_and_reads_the_starter_corpus_alone(path):
    study = quick(load_study(str(path)))
    planned = Undertaking.of(study, Places.of(study.name, quick=True)).runs
    trained = [run for run in planned if run.recipe is not None]

    assert 2 <= len(trained) <= 6 < MANY
    assert all(run.recipe.optim.steps <= 3 and run.recipe.batches.size <= 8 for run in trained)
    assert {data.name for run in trained for data in run.recipe.data} == {"starter"}
    assert {one.set for run in planned for one in run.sets} <= {"starter", "validation"}
    assert study.select is not None or study.hypotheses


def test_a_quick_study_is_planned_twice_alike(declare):
    study = quick(declare(untrained={"base": {"encoder": "embedded:base"}}))
    places = Places.of("tiny", quick=True)

    assert [point.name for point in points(study)] == ["cross-lingual", "monolingual", "base"]
    assert [run.key for run in runs(study, places.runs)] == [run.key for run in runs(study, places.runs)]
    assert study.hypotheses[0].benchmark == "starter"


def test_what_is_fitted_on_other_text_is_fitted_on_the_starter_corpus(declare):
    shifted = {"encoder": "embedded:base", "posthoc": "shift", "fit_on": ["libreoffice-help"]}
    study = quick(declare(untrained={"shifted": shifted, "base": {"encoder": "embedded:base"}}))

    assert {name: one.fit_on for name, one in study.untrained.items()} == {"shifted": ["starter"], "base": None}
