import json
import re
import shutil

import pytest
import typer
from typer.testing import CliRunner

from equilingua.cli.data_translate import translate
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import UsageError


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "own.parquet"
    ParallelCorpus.from_pairs(
        [
            Pair("1", "en", "How do I insert a table?", "Open the menu and choose a table with three rows.", "own"),
            Pair("2", "en", "Close the window", "The window closes when you click the red button.", "own"),
            Pair("2", "es", "Cerrar la ventana", "La ventana se cierra al hacer clic en el botón rojo.", "own"),
            Pair("3", "en", "Qwxyz", "Qwxyz Zyxwq Wqxyz", "own"),
        ]
    ).write_parquet(path)
    return path


def run(*arguments):
    """Run the command; what it raises is raised here, as the main program expects."""
    app = typer.Typer()
    app.command()(translate)
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0
    return result


@pytest.fixture
def apertium():
    from equilingua.corpus.augment import apertium

    if shutil.which("apertium") is None:
        pytest.skip("Apertium is not installed")
    if ("en", "es") not in apertium.directions(apertium.data_folder()):
        pytest.skip("Apertium's pair eng-spa is not installed")


@pytest.mark.usefixtures("apertium")
def test_a_file_is_translated_and_written_with_its_report(pairs, tmp_path):
    out = tmp_path / "translated.parquet"

    shown = run(pairs, "--to", "es", "--out", out).stdout
    corpus = load_corpus(out)
    assert len(corpus) == 5
    added = corpus[4]
    assert (added.group, added.language) == ("1", "es")
    assert re.fullmatch(r"own\+apertium-[\d.]+:en", added.source)
    assert "mesa" in added.query or "tabla" in added.query
    report = json.loads(out.with_suffix(".json").read_text())["targets"]["es"]
    assert (report["pairs"], report["already_there"], report["dropped"], report["kept"]) == (3, 1, {"copied": 1}, 1)
    assert re.search(r"es .* 3 .* 1 .* 1 .* 1 ", shown)


@pytest.mark.usefixtures("apertium")
def test_a_second_run_takes_everything_from_the_cache(pairs, tmp_path):
    run(pairs, "--to", "es", "--quiet")
    record = json.loads(run(pairs, "--to", "es", "--quiet", "--json", "-").stdout)

    assert record["path"] == str(tmp_path / "cache/translated/own.en-es.apertium.parquet")
    assert record["targets"]["es"]["cached"] == record["targets"]["es"]["texts"] == 4


@pytest.mark.usefixtures("apertium")
def test_only_translations_of_some_languages_and_sides(pairs, tmp_path):
    out = tmp_path / "t.parquet"
    run(
        pairs, "--to", "es", "--out", out, "--languages", "en", "--sides", "query", "--limit", 2, "--only-translations",
        "--quiet",
    )  # fmt: skip

    corpus = load_corpus(out)
    assert [pair.group for pair in corpus] == ["1", "2"]
    assert all(pair.source.endswith(":en/query") and pair.passage.isascii() for pair in corpus)


@pytest.mark.usefixtures("apertium")
def test_chrf_against_people(pairs, tmp_path):
    pytest.importorskip("sacrebleu", reason="the extra 'translate' is not installed")
    shown = run(pairs, "--to", "es", "--out", tmp_path / "t.parquet", "--again", "--measure").stdout

    assert re.search(r"es: chrF against 1 pairs that people translated: query \d+\.\d, passage \d+\.\d", shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "en"], "en is the language to translate from"),
        (["--to", " , "], "names nothing"),
        (["--to", "es", "--engine", "google"], "unknown translation engine 'google'"),
        (["--to", "es", "--out", "pairs.jsonl"], "give a name that ends in .parquet"),
        (["--to", "es", "--measure"], "only translated with --again"),
        (["--to", "es", "--time-out", "0"], "--time-out 0"),
        (["--to", "es", "--from", "fr"], "unknown language 'fr'"),
        (["--to", "es", "--copied", "2"], "copied share 2"),
    ],
)
def test_wrong_requests_end_before_any_work(pairs, tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        run(pairs, *arguments)
    assert not (tmp_path / "cache/translated").exists()
