import json
import re

import pytest
from typer.testing import CliRunner

from equilingua.cli import data
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError
from tests.corpus.toy_source import register, toy_pairs


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

    assert re.search(r"mlqa-r .* benchmark .* yes .* to fetch .* CC-BY-NC-4\.0 .* LAReQA", table)
    assert re.search(r"libreoffice-help .* corpus .* yes .* to build .* MPL-2\.0 ", table)
    assert re.search(r"medquad .* corpus .* no .* to build ", table)
    records = {record["name"]: record for record in json.loads(run("list", "--json", "-").stdout)}
    assert len(records["xquad-r"]["files"]) == 11
    assert records["starter"]["splits"] == ["train", "validation", "test"]
    assert records["libreoffice-help"]["options"] == {"headings": "distinctive"}


def test_list_leaves_descriptions_out_where_there_is_no_room(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    assert "LAReQA" not in run("list").stdout


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
    with pytest.raises(UsageError, match="unknown option of libreoffice-help 'heading': did you mean 'headings'"):
        run("build", "libreoffice-help", "--option", "heading=all")
    with pytest.raises(UsageError, match="--option: 'headings' is not KEY=VALUE"):
        run("build", "libreoffice-help", "--option", "headings")


def test_build_shows_the_report_and_where_it_lies(monkeypatch):
    asked = []

    def pairs(inputs):
        asked.append((inputs.languages, dict(inputs.options)))
        return toy_pairs(inputs)

    register(monkeypatch, pairs)

    result = run("build", "toy", "--languages", "de,en", "--option", "headings=all", "--option", "cap=7")

    shown = result.stdout
    assert asked == [({"de", "en"}, {"headings": "all", "cap": "7"})]
    assert "toy: 3 pairs, 2 groups (CC0-1.0)" in shown
    assert re.search(r"language .* found .* left out .* pairs", shown)
    assert re.search(r"de .* 3 .* 2 .* 1 ", shown)
    assert re.search(r"all .* 5 .* 2 .* 3 ", shown)
    assert "left out: 1 short passage, 1 no text" in shown
    assert re.search(r"s and at most [\d,]+ MiB; written to .*all\+cap=7\.de\+en\.parquet", shown.replace("\n", ""))
    record = json.loads(run("build", "toy", "--json", "-").stdout)
    assert record["languages"]["en"] == {"found": 2, "pairs": 2}
    assert record["path"].endswith("toy/distinctive+cap=0.parquet")
    assert run("build", "toy", "--quiet").stdout == ""
    assert re.search(r"toy .* corpus .* yes .* built .* CC0-1\.0 .* a toy", run("list").stdout)


def test_progress_says_how_much_is_done_not_how_much_was_added(monkeypatch):
    def pairs(inputs):
        for done in (1, 3, 4):
            inputs.progress("pages", done, 4)
        return toy_pairs(inputs)

    register(monkeypatch, pairs)

    assert "pages: 4 of 4 (100%)" in run("build", "toy").stderr


def test_stats_of_a_users_file(tmp_path):
    path = tmp_path / "own.parquet"
    ParallelCorpus.from_pairs(
        [Pair("1", "en", "abc?", "abcd", "s"), Pair("1", "de", "ab?", "ab", "s"), Pair("2", "de", "ab?", "ab", "s")]
    ).write_parquet(path)

    record = json.loads(run("stats", str(path), "--json", "-").stdout)
    assert [(row["language"], row["pairs"]) for row in record["pairs"]] == [("de", 2), ("en", 1)]
    assert record["groups_by_languages"] == {"all": {"1": 1, "2": 1}}
    assert record["groups_without"] == {"all": {"en": 1}}
    assert record["untranslated"] == {"all": {}}
    shown = run("stats", str(path)).stdout
    assert re.search(r"language .* pairs .* characters a query .* characters a passage", shown)
    assert "all: groups that lack a language: en 1\n" in shown
    assert "untranslated" not in shown
    shown = run("stats", str(path), "--languages", "de").stdout
    assert "all: 2 groups by number of languages: 2 in 1" in shown
    assert " en " not in shown


def test_stats_of_a_file_with_a_mistake(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text('{"group": "1", "language": "en", "query": "", "passage": "p"}\n')

    with pytest.raises(DataError, match=r"own\.jsonl:1: column 'query' is empty"):
        run("stats", str(path))


def test_validate_tells_every_error_and_fails(tmp_path):
    path = tmp_path / "own.jsonl"
    good = {"group": "1", "language": "en", "query": "q", "passage": "p"}
    path.write_text("\n".join(json.dumps(one) for one in (good, good | {"query": ""}, good | {"language": "qq-x"})))

    result = CliRunner().invoke(data.app, ["validate", str(path)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines[:-1]] == ["error", "error", "warning"]
    assert lines[0].startswith(f"error: {path}:2: ")
    assert lines[-1] == f"{path}: 1 pair in 1 language; 2 errors, 1 warning"
    record = json.loads(CliRunner().invoke(data.app, ["validate", str(path), "--json", "-"]).stdout)
    assert (record["pairs"], len(record["errors"]), len(record["warnings"])) == (1, 2, 1)


def test_validate_of_what_is_well_succeeds():
    assert run("validate", "starter").stdout == "starter: 1,440 pairs in 12 languages; 0 errors, 0 warnings\n"
