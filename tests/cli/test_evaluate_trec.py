"""`equilingua evaluate --trec DIR`, and `run:FILE` in an encoder's place."""

import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.evaluate import evaluate
from equilingua.errors import UsageError


@pytest.fixture
def pairs_file(tmp_path):
    file = tmp_path / "some pairs.jsonl"
    records = [
        {"group": f"g {row}", "language": code, "query": f"ask {row} {code}", "passage": f"say {row} {code}"}
        for code in ("de", "en", "hi")
        for row in range(12)
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return file


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    app = typer.Typer()
    app.command("evaluate")(evaluate)

    def invoke(*arguments):
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception

    return invoke


def test_what_is_written_can_be_evaluated(run, pairs_file, tmp_path):
    run("random", "--on", pairs_file, "--trec", tmp_path / "trec", "--json", tmp_path / "own.json")
    runs, qrels = sorted((tmp_path / "trec").glob("*.run")), sorted((tmp_path / "trec").glob("*.qrels"))
    assert len(runs) == len(qrels) == 1
    assert len(qrels[0].read_text().splitlines()) == 36 * 3
    run(f"run:{runs[0]}", "--on", pairs_file, "--json", tmp_path / "read.json")
    own, read = (json.loads((tmp_path / name).read_text()) for name in ("own.json", "read.json"))
    assert read["encoder"] == f"run:{runs[0]}"
    for setting in ("monolingual", "cross_lingual", "multilingual"):
        assert own["results"][str(pairs_file)][setting] == read["results"][str(pairs_file)][setting]


def test_a_run_and_qrels_by_the_ids_of_ones_own_file(run, tmp_path):
    file, listed, qrels = (tmp_path / name for name in ("my.jsonl", "my.run", "my.qrels"))
    records = [
        {"group": f"q{row}", "language": "de" if row % 2 else "en", "query": f"ask {row}", "passage": f"say {row}"}
        | {"passage_id": f"p{row}"}
        for row in range(4)
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    listed.write_text("".join(f"q{row} Q0 p{row} 1 1 x\n" for row in range(4)))
    run(f"run:{listed}", "--on", file, "--json", tmp_path / "own.json")
    own = json.loads((tmp_path / "own.json").read_text())["results"][str(file)]
    assert (own["multilingual"]["map"], own["bias"]["coverage"], own["depth"]) == (1, 1, 1)
    qrels.write_text("q0 0 p0 1\nq1 0 p0 1\n")
    run(f"run:{listed}", "--on", file, "--qrels", qrels, "--json", tmp_path / "judged.json")
    record = json.loads((tmp_path / "judged.json").read_text())
    assert record["qrels"] == str(qrels)
    judged = record["results"][str(file)]
    assert (judged["multilingual"]["by_language"]["en"]["map"], judged["multilingual"]["by_language"]["de"]["map"]) == (
        1,
        0,
    )
    assert judged["counts"]["skipped"]["multilingual"] == 2
    with pytest.raises(UsageError, match="is of one benchmark, and 2 are named"):
        run(f"run:{listed}", "--on", f"{file},starter", "--qrels", qrels)


def test_a_folder_that_cannot_be_made_is_refused_at_once(run, pairs_file, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="TREC files cannot be written there"):
        run("no-such/encoder", "--on", pairs_file, "--trec", tmp_path / "file")


def test_a_run_that_is_not_there(run, pairs_file, tmp_path):
    with pytest.raises(UsageError, match="there is no such run file"):
        run(f"run:{tmp_path}/none.run", "--on", pairs_file)


def test_a_run_has_no_vectors_to_change(run, pairs_file, tmp_path):
    file = tmp_path / "x.run"
    file.write_text("de:g%200 Q0 de:0 1 1 x\n")
    with pytest.raises(UsageError, match="gives scores only"):
        run(f"run:{file}", "--on", pairs_file, "--posthoc", "center")
