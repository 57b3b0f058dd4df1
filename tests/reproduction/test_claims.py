"""Claims held against results folders whose contents are known."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from equilingua.errors import DataError
from equilingua.study.report.write import report
from reproduction import claims as published
from tests.report.factory import XQUAD_R, evaluation
from tests.study import synthetic
from tests.study.synthetic import declaration, hypothesis

RESULTS = Path(__file__).parents[2] / "results"
MLQA_R = ("ar", "de", "en", "es", "hi", "vi", "zh")
FOUND = {"enabled": True, "checked": {"xquad-r": 3}, "not_checked": {}, "dropped": {"training_pairs": 3}}


def outcomes(results):
    return {one.number: one.outcome for one in published.judge(results)}


def write_evaluation(results, name, record):
    (results / "evaluations").mkdir(parents=True, exist_ok=True)
    (results / "evaluations" / f"{name}.json").write_text(json.dumps(record), "utf-8")


def write_study(results, *hypotheses, name="strategies", recipe=None, trained=None, prepare=(), **options):
    folder = results / "studies" / name
    synthetic.write(
        folder, declared=declaration(name=name, hypotheses=list(hypotheses), prepare=list(prepare)), **options
    )
    report(folder)
    own = {
        "encoder": {"base": "embedded:base"},
        "data": [{"name": "libreoffice-help"}],
        "batches": {"strategy": "hybrid", "alpha": 0.5, "size": 32},
        "optim": {"steps": 400},
        "seed": 0,
        **(recipe or {}),
    }
    record = {"steps": 400, "validation_loss": 1.0, **(trained or {})}
    read = {"xquad-r": "done"}
    entry = replace(synthetic.entry("hybrid", 0), plan={"recipe": own}, trained=record, read=read)
    with (folder / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(asdict(entry)) + "\n")


def test_an_empty_folder_has_nothing_to_say(tmp_path):
    assert set(outcomes(tmp_path).values()) == {"not run yet", "not testable here"}
    assert "cannot be had" in published.judge(tmp_path)[6].figure


def test_todays_results_are_one_seed_and_say_so():
    """The result files of the repository can be read, and what has no study is not called held."""
    found = {one.number: one for one in published.judge(RESULTS)}
    assert (found[3].outcome, found[5].outcome) == ("held", "held")
    for one in found.values():
        assert "One seed" not in one.figure or one.outcome in {"undecided", "not testable here"}
        assert all((RESULTS / file).exists() for file in one.files)


@pytest.mark.parametrize(
    ("hypotheses", "outcome"),
    [
        ([hypothesis(claims=[6])], "held"),
        ([hypothesis(claims=[6]), hypothesis("hybrid", "base", claims=[6])], "held"),
        ([hypothesis(claims=[6]), hypothesis("monolingual", "hybrid", claims=[6])], "not held"),
        ([hypothesis(claims=[6]), hypothesis("hybrid", "mixed", claims=[6])], "undecided"),
        ([hypothesis("hybrid", "mixed", claims=[6])], "not run yet"),
        ([hypothesis(claims=[8])], "not run yet"),
    ],
)
def test_declared_hypotheses_decide(tmp_path, hypotheses, outcome):
    write_study(tmp_path, *hypotheses)
    found = published.judge(tmp_path)[5]
    assert found.outcome == outcome
    if outcome == "held":
        assert found.files == ("studies/strategies/tables.json",)
        assert "[+" in found.interval


def test_whatever_the_encoder_takes_both_encoders(tmp_path):
    write_study(tmp_path, hypothesis(claims=[7]), name="one", recipe={"encoder": {"base": "xlm-roberta-base"}})
    assert outcomes(tmp_path)[7] == "not testable here"
    base = {"encoder": {"base": "sentence-transformers/LaBSE"}}
    write_study(tmp_path, hypothesis(claims=[7]), name="two", recipe=base)
    assert outcomes(tmp_path)[7] == "held"


def test_one_counterexample_is_enough_against_whatever_the_encoder(tmp_path):
    write_study(tmp_path, hypothesis("monolingual", "hybrid", claims=[7]))
    assert outcomes(tmp_path)[7] == "not held"


@pytest.mark.parametrize(("alpha", "outcome"), [(0.5, "held"), (0.9, "not run yet")])
def test_batches_of_both_kinds_are_counted(tmp_path, alpha, outcome):
    write_study(tmp_path, recipe={"batches": {"strategy": "hybrid", "alpha": alpha, "size": 32}})
    found = published.judge(tmp_path)[0]
    assert found.outcome == outcome
    if outcome == "held":
        assert "of 400 batches monolingual" in found.figure


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (None, "not run yet"),
        (FOUND | {"kept": {"training_pairs": 1000}}, "held"),
        ({"enabled": False}, "not held"),
        (FOUND | {"checked": {}, "not_checked": {"xquad-r": "is not on this machine"}}, "undecided"),
    ],
)
def test_zero_shot_rests_on_what_was_looked_for(tmp_path, record, outcome):
    write_study(tmp_path, trained={} if record is None else {"decontamination": record})
    assert outcomes(tmp_path)[4] == outcome


def test_machine_translated_pairs_are_found_in_what_runs_were_trained_on(tmp_path):
    command = ["data", "translate", "libreoffice-help", "--to", "gl,eo", "--engine", "apertium"]
    prepare = [{"command": command, "makes": ["translated.parquet"]}]
    write_study(tmp_path, name="without", prepare=prepare)
    assert outcomes(tmp_path)[10] == "not run yet"
    write_study(tmp_path, name="with", prepare=prepare, recipe={"data": [{"name": "translated.parquet"}]})
    found = published.judge(tmp_path)[9]
    assert found.outcome == "held"
    assert "gl, eo" in found.figure


def test_benchmarks_and_their_languages_are_counted(tmp_path):
    write_evaluation(tmp_path, "x", evaluation(benchmarks={"xquad-r": XQUAD_R}))
    assert outcomes(tmp_path)[2] == "not run yet"
    write_evaluation(tmp_path, "m", evaluation(benchmarks={"mlqa-r": MLQA_R}))
    assert outcomes(tmp_path)[2] == "not testable here"
    assert outcomes(tmp_path)[3] == "held"
    write_evaluation(tmp_path, "i", evaluation(benchmarks={"miracl": ("ar", "en")}))
    assert outcomes(tmp_path)[2] == "held"
    shutil.rmtree(tmp_path / "evaluations")
    write_evaluation(tmp_path, "x", evaluation(benchmarks={"xquad-r": XQUAD_R[:10], "mlqa-r": MLQA_R}))
    assert outcomes(tmp_path)[3] == "not held"


def test_macro_averages_are_computed_again(tmp_path):
    record = evaluation(benchmarks={"xquad-r": XQUAD_R})
    for setting, parts in (("monolingual", "by_language"), ("cross_lingual", "by_pair")):
        own = record["results"]["xquad-r"][setting]
        own["map"] = sum(scores["map"] for scores in own[parts].values()) / len(own[parts])
    write_evaluation(tmp_path, "x", record)
    assert outcomes(tmp_path)[5] == "held"
    record["results"]["xquad-r"]["monolingual"]["map"] += 0.001
    write_evaluation(tmp_path, "x", record)
    assert outcomes(tmp_path)[5] == "not held"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("evaluations/x.json", "{"),
        ("studies/s/study.yaml", "a: ["),
        ("studies/s/study.yaml", "- a"),
        ("studies/s/tables.json", "{}"),
        ("studies/s/ledger.jsonl", "{"),
    ],
)
def test_a_damaged_file_is_one_clear_line(tmp_path, path, text):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / "studies/s").mkdir(parents=True, exist_ok=True)
    (tmp_path / "studies/s/study.yaml").write_text(yaml.safe_dump(declaration()), "utf-8")
    (tmp_path / path).write_text(text, "utf-8")
    with pytest.raises(DataError, match=path.rpartition("/")[2].replace(".", r"\.")) as error:
        published.judge(tmp_path)
    assert "\n" not in str(error.value)


def test_markdown_and_record_have_all_ten(tmp_path):
    write_study(tmp_path, hypothesis(claims=[6]))
    found = published.judge(tmp_path)
    text = published.markdown(found)
    rows = [line for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert len(rows) == 10
    assert "[studies/strategies/tables.json](studies/strategies/tables.json)" in text
    assert [one["number"] for one in published.to_json(found)["claims"]] == list(range(1, 11))
    assert found[5].line.startswith("6. held: Hybrid")
