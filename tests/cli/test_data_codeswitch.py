import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.data_codeswitch import code_switch, lexicon
from equilingua.corpus.load import load_corpus
from equilingua.errors import UsageError


def run(*arguments):
    app = typer.Typer()
    app.command("lexicon")(lexicon)
    app.command("code-switch")(code_switch)
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_a_lexicon_is_induced_and_used(tmp_path):
    table, out = tmp_path / "en-de.tsv", tmp_path / "switched.parquet"

    assert f"into de: {table}" in run("lexicon", "starter", "--to", "de", "--out", table).replace("\n", "")
    assert "\t" in table.read_text()
    given = ["code-switch", "starter", "--to", "de", "--lexicon", table, "--rate", 1, "--limit", 50, "--out", out]
    record = json.loads(run(*given, "--json", "-"))
    assert record["pairs"] == 50
    assert record["kept"] + record["unchanged"] == 50
    starter = load_corpus("starter")
    assert len(load_corpus(out)) == len(starter) + record["kept"]
    # The same lexicon, induced on the way.
    run(
        "code-switch",
        "starter",
        "--to",
        "de",
        "--rate",
        1,
        "--limit",
        50,
        "--out",
        tmp_path / "b.parquet",
        "--only-switched",
    )
    assert list(load_corpus(tmp_path / "b.parquet")) == list(load_corpus(out))[len(starter) :]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "de", "--out", "x.jsonl"], "ends in .parquet"),
        (["--to", "de,es", "--lexicon", "one.tsv", "--out", "x.parquet"], "given 1 times for 2 languages"),
        (["--to", "de", "--rate", "0", "--out", "x.parquet"], "rate 0"),
    ],
)
def test_wrong_requests(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=message):
        run("code-switch", "starter", *arguments)
    assert not list(tmp_path.iterdir())
