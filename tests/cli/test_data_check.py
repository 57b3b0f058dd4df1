import json

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.data_check import check
from equilingua.errors import UsageError

app = typer.Typer()
app.command()(check)

LEAK = "A beehive keeps its brood at an even temperature of about 35 degrees."


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


@pytest.fixture
def file(tmp_path):
    def write(name, *passages):
        path = tmp_path / f"{name}.jsonl"
        records = [
            {"group": f"{name}-{n}", "language": "en", "query": f"Heading of {name}, {n}", "passage": passage}
            for n, passage in enumerate(passages)
        ]
        path.write_text("\n".join(json.dumps(record) for record in records))
        return str(path)

    return write


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_what_is_found_is_printed_and_fails(file):
    train, bench = file("mine", "Nothing of the kind.", LEAK.upper()), file("bench", LEAK)

    result = run("--train", train, "--against", bench)
    assert result.exit_code == 1
    assert f"{train} against {bench}: 1 of 2 pairs: 1 normalised" in result.stdout
    assert "normalised 1.00: row 1 (mine-1, en, passage) and passage bench-0 (en)" in result.stdout
    assert LEAK in result.stdout
    assert LEAK.upper() in result.stdout


def test_the_threshold_counts_pairs(file):
    train, bench = file("mine", "Nothing of the kind.", LEAK), file("bench", LEAK)

    assert run("--train", train, "--against", bench, "--threshold", "1").exit_code == 0
    assert run("--train", train, "--against", f"{bench},{bench}", "--threshold", "0", "--quiet").exit_code == 1


def test_clean_pairs_pass(file):
    result = run("--train", file("mine", "Nothing of the kind."), "--against", file("bench", LEAK))

    assert result.exit_code == 0
    assert "0 of 1 pairs" in result.stdout


def test_json_has_every_finding(file, tmp_path):
    train, bench = file("mine", *(f"{LEAK} {'and so on ' * n}" for n in range(30))), file("bench", LEAK)

    result = run("--train", train, "--against", bench, "--json", str(tmp_path / "found.json"))
    assert "and 10 more" in result.stdout
    record = json.loads((tmp_path / "found.json").read_text())
    assert (record["pairs_found"], record["threshold"]) == (30, 0)
    (trained,) = record["train"]
    assert (trained["name"], trained["pairs"]) == (train, 30)
    assert trained["against"][bench]["pairs"] == len(trained["against"][bench]["findings"]) == 30
    first = trained["against"][bench]["findings"][0]
    assert first.items() >= {"row": 0, "side": "passage", "item_id": "bench-0", "kind": "exact"}.items()
    printed = run("--train", train, "--against", bench, "--json", "-")
    assert json.loads(printed.stdout) == record


def test_without_names_every_set_at_hand_is_checked_and_the_others_are_named(file):
    result = run("--train", file("mine", "Nothing of the kind."), "--quiet", "--json", "-")

    record = json.loads(result.stdout)
    assert "starter" in record["train"][0]["against"]
    assert record["not_checked"]["xquad-r"] == "not on this machine: equilingua data fetch xquad-r"


def test_the_starter_corpus_is_checked_split_against_split():
    result = run("--train", "starter", "--against", "starter", "--json", "-", "--quiet", "--threshold", "20")

    assert result.exit_code == 0
    (trained,) = json.loads(result.stdout)["train"]
    assert trained["pairs"] > trained["against"]["starter"]["pairs"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--train", "startr"), "unknown set 'startr': did you mean 'starter'"),
        (("--train", "starter", "--against", "xquad-rr"), "unknown evaluation set 'xquad-rr': did you mean 'xquad-r'"),
        (("--train", "starter", "--against", "none.jsonl"), "none.jsonl: no such file"),
        (("--train", ","), "--train: ',' names nothing"),
        (("--train", "starter", "--json", "/dev/null/x"), "--json: "),
    ],
)
def test_wrong_usage(arguments, message):
    with pytest.raises(UsageError, match=message):
        run(*arguments)
