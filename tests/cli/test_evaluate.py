"""What `equilingua evaluate` says of the cache, of bias and of what a posthoc method was fitted on."""

import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.evaluate import evaluate
from equilingua.errors import UsageError
from equilingua.languages import described


@pytest.fixture
def pairs_file(tmp_path):
    return write(tmp_path / "pairs.jsonl", "w", ("de", "en", "hi"))


@pytest.fixture
def other_file(tmp_path):
    return write(tmp_path / "other.jsonl", "v", ("de", "en"))


def write(file, word, languages):
    records = [
        {"group": f"{word}{row}", "language": code, "query": f"{word}{row} ask {code}", "passage": f"{word}{row} say"}
        for code in languages
        for row in range(12)
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return file


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "1000")  # so that no path is broken at the end of a line
    app = typer.Typer()
    app.command("evaluate")(evaluate)

    def invoke(*arguments):
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        assert outcome.exit_code == 0, outcome.output
        return " ".join(outcome.stdout.split())

    return invoke


def test_the_second_time_vectors_come_from_the_cache(run, pairs_file, tmp_path):
    assert "from the cache" not in run("random", "--on", pairs_file)
    assert "(all from the cache)" in run("random", "--on", pairs_file)
    assert (tmp_path / "cache" / "vectors").is_dir()


def test_no_cache(run, pairs_file, tmp_path):
    for _ in range(2):
        assert "from the cache" not in run("random", "--on", pairs_file, "--no-cache")
    assert not (tmp_path / "cache" / "vectors").exists()


def test_bias_figures_stand_below_the_table(run, pairs_file):
    said = run("random", "--on", pairs_file)
    for label in ("rank distance", "same-language score offset", "PEER", "AWRF"):
        assert label in said
    assert "questions answered 100.0 %" in said
    assert "same-language score offset –" in run("random", "--on", pairs_file, "--languages", "de")


def test_what_a_method_was_fitted_on(run, pairs_file, other_file):
    said = run("random", "--on", pairs_file, "--posthoc", "center")
    assert "center fitted on the evaluation texts themselves" in said
    said = run("random", "--on", pairs_file, "--posthoc", "lir:2", "--fit-on", other_file, "--fit-texts", 5)
    assert f"lir:2 fitted on 10 questions and 10 passages of {other_file}; none in {described('hi')}" in said


def test_a_benchmark_is_nothing_to_fit_on(run, pairs_file):
    with pytest.raises(UsageError, match="--fit-on xquad-r: is a benchmark"):
        run("random", "--on", pairs_file, "--posthoc", "center", "--fit-on", "xquad-r")
    with pytest.raises(UsageError, match="--fit-on: ',' names nothing"):
        run("random", "--on", pairs_file, "--posthoc", "center", "--fit-on", ",")


def test_a_ranker_has_no_vectors_to_change(run, pairs_file):
    with pytest.raises(UsageError, match="--posthoc center: changes vectors, and 'bm25' gives scores only"):
        run("bm25", "--on", pairs_file, "--posthoc", "center")
