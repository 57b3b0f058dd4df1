"""What `from equilingua import …` gives, as a notebook uses it."""

import subprocess
import sys

import numpy as np
import pytest

import equilingua
from equilingua import compare, encode, evaluate, load, load_corpus, train
from equilingua.display import html, markdown
from equilingua.errors import UsageError

PAIRS = [
    {"group": str(topic), "language": language, "query": f"{ask} {topic}", "passage": f"{say} {topic}."}
    for topic in range(6)
    for language, ask, say in (("de", "Frage", "Antwort"), ("en", "question", "answer"))
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def test_names_are_imported_when_they_are_used():
    code = "import equilingua, sys; from equilingua import *; print('torch' in sys.modules, 'pyarrow' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False", "False"]
    assert set(equilingua.__all__) <= set(dir(equilingua))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = equilingua.trian


def test_pairs_are_given_as_records_data_frame_or_corpus(capsys):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([*PAIRS[:-1], PAIRS[-1] | {"passage_id": "p"}])
    results = [evaluate("random", given, progress=False) for given in (PAIRS, tuple(PAIRS), frame, load_corpus(PAIRS))]
    records = [one.to_json()["results"]["pairs"] for one in results]
    for record in records:
        del record["seconds"], record["cached"]
    assert records[0] == records[1] == records[2] == records[3]
    assert records[0]["counts"]["questions"] == len(PAIRS)
    assert capsys.readouterr().err == ""
    with pytest.raises(UsageError, match="there are no pairs"):
        load_corpus([])


def test_an_evaluation_is_a_table_and_a_data_frame():
    evaluation = evaluate("random", PAIRS, progress=False)
    result = evaluation.results["pairs"]
    (summary,) = evaluation.summary()
    assert summary["cross-lingual mAP"] == result.settings["cross_lingual"].mean()["map"]
    assert f"{summary['rank distance']:,.1f}" in evaluation.table()
    assert evaluation.table().startswith("| encoder |")
    assert str(evaluation) == repr(evaluation) == evaluation.table()
    assert summary["questions answered"] == 1
    assert evaluation._repr_html_().count("<tr>") == 2
    frame = evaluation.to_pandas()
    one = frame[(frame.setting == "cross_lingual") & (frame.part == "de>en") & (frame.figure == "map")]
    assert one.value.tolist() == [result.settings["cross_lingual"].by_part()["de>en"]["map"]]


def test_names_say_what_methods_were_fitted_on_and_figures_may_be_absent():
    evaluation = evaluate("random", PAIRS, "center", progress=False)
    assert "random + center (fitted on the evaluation texts themselves)" in evaluation.table()
    compared = compare("random", "random+center", on=PAIRS, progress=False)
    assert {row["second"] for row in compared.summary()} == {
        "random+center (fitted on the evaluation texts themselves)"
    }
    # No question shares a word with any passage, so BM25 answers nothing.
    silent = [pair | {"passage": "nothing"} for pair in PAIRS]
    (row,) = evaluate("bm25", silent, progress=False).summary()
    assert row["questions answered"] == 0
    assert "nan" not in evaluate("bm25", silent, progress=False).table()


def test_languages_are_kept():
    assert evaluate("random", PAIRS, languages=["de"], progress=False).to_json()["results"]["pairs"]["counts"][
        "by_language"
    ].keys() == {"de"}


def test_progress_goes_to_the_error_stream(capsys):
    evaluate("random", PAIRS)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "scoring pairs" in printed.err


def test_a_comparison_is_a_table_and_a_data_frame():
    compared = compare("bm25", "random", on=PAIRS, progress=False)
    overall = compared.results["pairs"].overall
    assert [row["verdict"] for row in compared.summary()] == [row.verdict for row in overall]
    assert len(compared.to_pandas()) == len(compared.rows()) > len(overall)
    assert compared.to_json()["results"]["pairs"][0]["first"] == "bm25"
    with pytest.raises(UsageError, match="at least two"):
        compare("bm25", on=PAIRS)


def test_training_from_a_mapping(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = {
        "encoder": {"base": str(tiny_folder)},
        "data": [{"name": "starter", "languages": ["en", "de"]}],
        "batches": {"size": 4},
        "optim": {"steps": 2},
    }
    outcome = train(recipe, progress=False)
    assert outcome.encoder.parent.parent.name == "runs"
    vectors = encode(outcome.encoder, ["eins", "two", "eins"], "query", progress=False)
    assert vectors.shape == (3, 32)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    np.testing.assert_array_equal(vectors, encode(load(outcome.encoder), ["eins", "two", "eins"], "query"))
    assert evaluate(outcome.encoder, "starter", languages=["en", "de"], progress=False).results["starter"].cached == 0
    assert train(recipe, resume=True, progress=False).encoder == outcome.encoder
    with pytest.raises(UsageError, match="unknown key"):
        train(recipe | {"stpes": 3})


def test_tables_escape_what_they_show():
    rows = [{"name": "<b>|", "value": 0.5}, {"name": "b", "value": None}, {"name": "c", "value": -0.25}]
    expected = ["| name | value |", "|---|---:|", r"| <b>\| | .5000 |", "| b | – |", "| c | -.2500 |"]
    assert markdown(rows).splitlines() == expected
    assert "&lt;b&gt;|" in html(rows)
