"""`equilingua evaluate` and `equilingua compare`, run as a user runs them."""

import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.compare import compare
from equilingua.cli.evaluate import evaluate
from equilingua.errors import DataError, UsageError


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("evaluate")(evaluate)
    app.command("compare")(compare)

    def invoke(*arguments):
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return outcome

    return invoke


def test_evaluate_prints_a_table_and_writes_json(run, encoder_folder, pairs_file, tmp_path):
    file = tmp_path / "new" / "out.json"
    outcome = run("evaluate", encoder_folder, "--on", pairs_file, "--posthoc", "center", "--json", file)
    assert outcome.exit_code == 0
    for text in ("monolingual", "cross-lingual", "multilingual", "mAP", "rank distance", "36 questions, 36 candidates"):
        assert text in outcome.stdout
    assert "encoding" not in outcome.stdout
    assert json.loads(file.read_text("utf-8"))["posthoc"] == "center"


def test_quiet_shows_no_progress(run, encoder_folder, pairs_file):
    assert run("evaluate", encoder_folder, "--on", pairs_file, "--quiet").stderr == ""
    assert "scoring" in run("evaluate", encoder_folder, "--on", pairs_file).stderr


def test_one_language_only(run, encoder_folder, pairs_file):
    outcome = run("evaluate", encoder_folder, "--on", pairs_file, "--languages", "EN", "--quiet")
    assert outcome.exit_code == 0
    assert "12 questions, 12 candidates, 1 language\n" in outcome.stdout


def test_compare_prints_a_table_and_writes_json(run, encoder_folder, pairs_file, tmp_path):
    file = tmp_path / "out.json"
    command = ("compare", encoder_folder, encoder_folder, "--on", pairs_file, "--json", file, "--resamples", 99)
    outcome = run(*command)
    assert outcome.exit_code == 0
    for text in ("multi mAP", "rank distance", "95 % interval", "tie"):
        assert text in outcome.stdout
    rows = json.loads(file.read_text("utf-8"))["results"][str(pairs_file)]
    assert [row["verdict"] for row in rows] == ["tie"] * 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--on", "nowhere"), "unknown benchmark 'nowhere'"),
        (("--on", ","), "--on: ',' names nothing"),
        (("--on", "starter", "--languages", "xx-nonsense"), "unknown language code 'xx-nonsense'"),
        (("--on", "starter", "--precision", "float16"), "unknown precision 'float16'"),
    ],
)
@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_wrong_usage(run, verb, options, message):
    with pytest.raises(UsageError, match=message):
        run(verb, *["no-such-encoder"] * (2 if verb == "compare" else 1), *options)


def test_a_result_that_could_not_be_written_is_refused_at_once(run, tmp_path):
    with pytest.raises(UsageError, match=r"--json: .* cannot be a file"):
        run("evaluate", "no-such-encoder", "--on", "starter", "--json", tmp_path)
    (tmp_path / "plain").touch()
    with pytest.raises(UsageError, match=r"--json: .* cannot be a file"):
        run("evaluate", "no-such-encoder", "--on", "starter", "--json", tmp_path / "plain" / "out.json")


def test_one_group_cannot_be_compared(run, encoder_folder, pairs_file, tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text("".join(line for line in pairs_file.open() if '"g1"' in line))
    with pytest.raises(DataError, match="at least two groups"):
        run("compare", encoder_folder, encoder_folder, "--on", file)
