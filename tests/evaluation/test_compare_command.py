"""`equilingua compare` with more than two encoders, methods, runs of a recipe, and tables."""

import json

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.compare import compare
from equilingua.errors import UsageError
from equilingua.evaluation.comparison_record import ComparisonRecord


@pytest.fixture
def run(pairs_file):
    app = typer.Typer()
    app.command("compare")(compare)

    def invoke(*arguments):
        given = ["--on", str(pairs_file), "--quiet", "--resamples", "199", *map(str, arguments)]
        outcome = CliRunner().invoke(app, given, env={"COLUMNS": "80"})
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return outcome

    return invoke


@pytest.fixture
def copies(encoder, encoder_folder, tmp_path):
    """Two more encoders: the same with noise on its words, as other seeds would leave it."""
    import torch

    made = []
    for seed in (1, 2):
        other = tmp_path / f"seed-{seed}"
        noisy = type(encoder)(str(encoder_folder), device="cpu")
        with torch.no_grad():
            weight = noisy[0].embedding.weight
            weight += 0.5 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
        noisy.save(str(other))
        made.append(other)
    return made


def test_several_encoders_and_a_method(run, encoder_folder, copies, tmp_path):
    file = tmp_path / "out.json"
    outcome = run(encoder_folder, f"{encoder_folder}+center", copies[0], "--json", file)
    assert outcome.exit_code == 0
    record = json.loads(file.read_text("utf-8"))
    jsonschema.validate(record, ComparisonRecord.model_json_schema())
    assert [one["runs"][0]["posthoc"] for one in record["encoders"]] == [None, "center", None]
    assert "+center (fitted on the evaluation texts themselves)" in " ".join(outcome.stdout.split())
    assert "All encoders answer all questions." in outcome.stdout
    assert len(next(iter(record["results"].values()))) == 2 * 4
    assert "over these 8 comparisons" in outcome.stdout
    assert "\N{HORIZONTAL ELLIPSIS}" not in outcome.stdout


def test_all_pairs(run, encoder_folder, copies, tmp_path):
    file = tmp_path / "out.json"
    run(encoder_folder, *copies, "--all-pairs", "--json", file)
    rows = next(iter(json.loads(file.read_text("utf-8"))["results"].values()))
    assert len({(row["first"], row["second"]) for row in rows}) == 3


def test_runs_of_a_recipe(run, encoder_folder, copies):
    outcome = run(f"noisy={copies[0]},{copies[1]}", encoder_folder)
    assert "A = noisy" in outcome.stdout
    assert "\N{PLUS-MINUS SIGN}" in outcome.stdout


@pytest.mark.parametrize(("suffix", "sign"), [("tex", r"\toprule"), ("md", "| --- |"), ("html", "<caption>")])
def test_tables(run, encoder_folder, copies, tmp_path, suffix, sign):
    file = tmp_path / "new" / f"table.{suffix}"
    assert run(encoder_folder, copies[0], "--table", file).exit_code == 0
    assert sign in file.read_text("utf-8")


def test_too_few_resamples_for_the_correction_are_said(run, encoder_folder, copies):
    outcome = run(encoder_folder, copies[0], "--resamples", "99")
    assert "no p* can fall below 0.05" in " ".join(outcome.stdout.split())
    assert "no p* can fall" not in run(encoder_folder, copies[0], "--resamples", "99", "--correction", "bh").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("one",), "1 encoder is named, and it takes at least two"),
        (("one", "two", "--correction", "bonferroni"), "unknown correction 'bonferroni'"),
        (("one", "two", "--interval", "normal"), "unknown interval 'normal'"),
        (("one", "two", "--table", "x.pdf"), r"--table: x\.pdf: give a file that ends in \.md, \.tex, \.html"),
        (("one", "two", "--fit-on", "starter"), "there is nothing to fit"),
        (("a.json", "b.json"), "a result file keeps averages"),
    ],
)
def test_wrong_usage(run, arguments, message):
    with pytest.raises(UsageError, match=message):
        run(*arguments)


def test_a_table_that_could_not_be_written_is_refused_at_once(run, tmp_path):
    (tmp_path / "plain").touch()
    with pytest.raises(UsageError, match=r"--table: .* cannot be a file"):
        run("no-such", "encoder", "--table", tmp_path / "plain" / "out.md")
