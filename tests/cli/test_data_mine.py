import json
import re

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.data_mine import mine
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import ParallelCorpus
from equilingua.errors import StoppedError, UsageError

pytest.importorskip("faiss", reason="the extra 'search' is not installed")


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments):
    app = typer.Typer()
    app.command()(mine)
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_mines_a_set_s_training_part_and_shows_the_shares(tiny_folder, tmp_path):
    options = ["--languages", "en,de", "--margin", "none", "--quiet", "--json", "-"]
    record = json.loads(run("starter", "--encoder", tiny_folder, *options))

    mined = ParallelCorpus.read_parquet(tmp_path / "starter.negatives.parquet")
    assert record["path"] == "starter.negatives.parquet"
    train = load_corpus("starter", split="train", languages=["en", "de"])
    assert mined.groups == train.groups
    assert record["mined"] == sum(len(pair.negatives) for pair in mined) == 4 * len(train)
    assert record["margin"] == "none"
    test = set(load_corpus("starter", split="test").table["passage"].to_pylist())
    assert not test & {text for pair in mined for text in pair.negatives}


def test_prints_a_table(tiny_folder):
    options = ["--encoder", tiny_folder, "--languages", "en,de", "--margin", "none", "--per-query", 2]
    shown = run("starter", *options, "--cross-lingual-share", 1, "--window", "1:9", "--out", "deep/m.parquet")

    assert re.search(r"en +72 +72 +0 +144 +50.0% +50.0%", shown)
    assert "288 of 288 wanted negatives for 144 pairs, from 144 passages: 0 same-language, 288 cross-lingual" in shown
    assert "written to deep/m.parquet" in shown


def test_the_same_command_goes_on_after_ctrl_c(tiny_folder, monkeypatch):
    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("equilingua.mining.mine.nearest", interrupt)
    with pytest.raises(StoppedError, match=r"interrupted: what is done is kept in .*mining; the same command"):
        run("starter", "--encoder", tiny_folder, "--languages", "en,de", "--quiet")
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["startr"], "unknown set 'startr': did you mean 'starter'"),
        (["starter", "--margin", "5 percent"], "margin '5 percent'"),
        (["starter", "--window", "100"], "window '100'"),
        (["starter", "--per-query", "0"], "negatives per query"),
        (["starter", "--out", "mined.csv"], r"--out: mined.csv must end in .parquet"),
        (["starter", "--out", "file/mined.parquet"], "--out: file/mined.parquet cannot be a file"),
        (["starter", "--languages", "xx-nope"], "unknown language code"),
        (["starter", "--languages", "en"], "cross-lingual share 0.5: the corpus has texts in en only"),
    ],
)
def test_mistakes(tiny_folder, tmp_path, arguments, message):
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=message):
        run(*arguments, "--encoder", tiny_folder, "--quiet")
