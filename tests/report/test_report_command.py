import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.report import report
from equilingua.errors import DataError

from .factory import XQUAD_R, compared, evaluation, four, write_run


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(report)
    return app


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number}.json" for number in range(4)]
    for path, record in zip(paths, four(), strict=True):
        path.write_text(json.dumps(record), encoding="utf-8")
    return [str(path) for path in paths]


def test_writes_the_page_and_prints_the_table(command, files, tmp_path):
    write_run(tmp_path / "demo" / "hybrid", steps=5)
    out = tmp_path / "made" / "report.html"
    arguments = [*files, "--runs", str(tmp_path / "demo"), "--out", str(out), "--title", "Our encoders"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert ".5496" in result.stdout
    assert "hybrid is best in" in result.stdout
    assert result.stdout.rstrip().endswith("report.html")
    page = out.read_text(encoding="utf-8")
    assert "<title>Our encoders</title>" in page
    assert "strategy: hybrid" in page


def test_quiet_prints_nothing(command, files, tmp_path):
    result = CliRunner().invoke(command, [*files, "--out", str(tmp_path / "r.html"), "--quiet"], catch_exceptions=False)
    assert result.stdout == ""
    assert (tmp_path / "r.html").is_file()


def test_files_that_cannot_be_compared_are_named_and_nothing_is_written(command, files, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(json.dumps(evaluation(0, {"xquad-r": XQUAD_R[:3]})), encoding="utf-8")
    out = tmp_path / "r.html"
    with pytest.raises(DataError, match=r"other\.json: results\.xquad-r\.counts"):
        CliRunner().invoke(command, [files[0], str(other), "--out", str(out)], catch_exceptions=False)
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_an_error(command, files, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be written"):
        CliRunner().invoke(command, [*files, "--out", str(tmp_path / "file" / "r.html")], catch_exceptions=False)


def test_markdown_is_written_beside_the_page(command, files, tmp_path):
    table = tmp_path / "table.md"
    arguments = [*files, "--out", str(tmp_path / "r.html"), "--markdown", str(table), "--quiet"]
    CliRunner().invoke(command, arguments, catch_exceptions=False)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "**xquad-r**"
    assert sum(line.startswith("| ") for line in lines) == 2 + len(files)


def test_paired_tests_are_shown_beside(command, files, tmp_path):
    tests, out = tmp_path / "compare.json", tmp_path / "r.html"
    tests.write_text(json.dumps(compared()), encoding="utf-8")
    arguments = [*files, "--compare", str(tests), "--out", str(out), "--quiet"]
    CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert "More than chance?" in out.read_text(encoding="utf-8")
    with pytest.raises(DataError, match=r"0\.json: a: key is missing: give a file that compare --json wrote"):
        CliRunner().invoke(command, [*files, "--compare", files[0], "--out", str(out)], catch_exceptions=False)
