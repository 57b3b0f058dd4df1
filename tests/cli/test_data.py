import json
import re

import pytest
from typer.testing import CliRunner

from equilingua.cli import data
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.corpus.sources import libreoffice_help
from equilingua.errors import DataError, UsageError


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


def run(*arguments):
    """Run the command; what it raises is raised here, as the main program expects."""
    result = CliRunner().invoke(data.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_list_shows_each_set_with_its_licence():
    table = run("list").stdout

    assert re.search(r"mlqa-r .* CC-BY-NC-4\.0 .* to fetch", table)
    assert re.search(r"libreoffice-help .* MPL-2\.0 .* to build", table)
    records = {record["name"]: record for record in json.loads(run("list", "--json", "-").stdout)}
    assert len(records["xquad-r"]["files"]) == 11
    assert records["starter"]["splits"] == ["train", "validation", "test"]


def test_fetch_takes_what_has_files():
    assert "shipped with the package (CC0-1.0)" in run("fetch", "starter").stdout
    assert json.loads(run("fetch", "starter", "--json", "-", "--quiet").stdout) == {"starter": []}
    with pytest.raises(UsageError, match="is built, not fetched: equilingua data build libreoffice-help"):
        run("fetch", "libreoffice-help")
    with pytest.raises(UsageError, match="unknown set 'startr': did you mean 'starter'"):
        run("fetch", "startr")


def test_fetch_of_a_wrong_file_raises_for_the_main_program(tmp_path, monkeypatch):
    (tmp_path / "mirror/eval/xquad-r").mkdir(parents=True)
    (tmp_path / "mirror/eval/xquad-r/ar.json").write_text("{}")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path / "mirror"))

    with pytest.raises(DataError, match=r"ar\.json: not the registered file: expected sha256"):
        run("fetch", "xquad-r")


def test_build_refuses_what_is_not_built():
    with pytest.raises(UsageError, match="set 'starter' is shipped, not built"):
        run("build", "starter")
    with pytest.raises(UsageError, match="unknown choice of headings 'some'"):
        run("build", "libreoffice-help", "--headings", "some")


def test_build_shows_the_report_and_where_it_lies(monkeypatch):
    report = libreoffice_help.BuildReport(
        name="libreoffice-help",
        headings="distinctive",
        packages={"libreoffice-help-en-us": "4:7.4"},
        languages={"en": {"sections": 1200, "short_passage": 200, "pairs": 1000}},
        pairs=1000,
        groups=1000,
        groups_by_languages={1: 1000},
        seconds=2.0,
    )

    def build(_folder, _languages, _headings, progress):
        progress("libreoffice-help-en-us", 1, 1)
        return ParallelCorpus.from_pairs([]), report

    monkeypatch.setattr(libreoffice_help, "build", build)

    shown = run("build", "libreoffice-help", "--languages", "en").stdout
    assert re.search(r"en .* 1,200 .* 200 .* 1,000", shown)
    assert "distinctive.en.parquet" in shown.replace("\n", "")
    assert json.loads(run("build", "libreoffice-help", "--json", "-").stdout)["languages"]["en"]["pairs"] == 1000
    assert run("build", "libreoffice-help", "--quiet").stdout == ""


def test_stats_of_a_users_file(tmp_path):
    path = tmp_path / "own.parquet"
    ParallelCorpus.from_pairs(
        [Pair("1", "en", "abc?", "abcd", "s"), Pair("1", "de", "ab?", "ab", "s"), Pair("2", "de", "ab?", "ab", "s")]
    ).write_parquet(path)

    record = json.loads(run("stats", str(path), "--json", "-").stdout)
    assert [(row["language"], row["pairs"]) for row in record["pairs"]] == [("de", 2), ("en", 1)]
    assert record["groups_by_languages"] == {"all": {"1": 1, "2": 1}}
    shown = run("stats", str(path), "--languages", "de").stdout
    assert "all: 2 groups by number of languages: 2 in 1" in shown
    assert " en " not in shown


def test_stats_of_a_file_with_a_mistake(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text('{"group": "1", "language": "en", "query": "", "passage": "p"}\n')

    with pytest.raises(DataError, match=r"own\.jsonl:1: key 'query' is empty"):
        run("stats", str(path))
