import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given

from equilingua.errors import DataError, UsageError
from equilingua.evaluation import measure, results
from equilingua.evaluation.benchmarks.by_name import load_benchmark
from equilingua.evaluation.encoding import Encoding
from equilingua.evaluation.evaluate import evaluate, open_all
from equilingua.evaluation.measure import evaluate_scores, evaluate_vectors
from equilingua.evaluation.peers.random_vectors import RandomVectors
from equilingua.evaluation.record import EvaluationRecord
from equilingua.evaluation.results import Evaluation

from .factory import Table as TableScores
from .factory import cases, random_case
from .parallel import parallel


def flat(record, path=()):
    """A record's leaves by their path."""
    if not isinstance(record, dict | list):
        return {path: record}
    inner = record.items() if isinstance(record, dict) else enumerate(record)
    return {place: leaf for key, value in inner for place, leaf in flat(value, (*path, key)).items()}


@pytest.fixture
def other_text(tmp_path):
    """Pairs to fit on, in two of the benchmark's three languages, of words that the encoder knows."""
    file = tmp_path / "other.jsonl"
    records = [
        {"group": f"o{row}", "language": code, "query": f"topic{row} ask{code}", "passage": f"topic{row} say{code}"}
        for code in ("de", "en")
        for row in range(8)
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return str(file)


def test_an_encoder_on_a_file_of_pairs(encoder, pairs_file):
    stages = Counter()
    evaluation = evaluate(
        encoder, pairs_file, name="tiny", progress=lambda stage, done, _: stages.update({stage: done})
    )
    record = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert (record["schema"], record["encoder"], record["posthoc"]) == (1, "tiny", None)
    result = record["results"][str(pairs_file)]
    assert {"monolingual", "cross_lingual", "multilingual", "bias", "seconds", "counts", "cached"} <= set(result)
    for setting in ("monolingual", "cross_lingual", "multilingual"):
        assert {"map", "recall@1", "recall@10", "mrr", "ndcg@10"} <= set(result[setting])
        assert 0 < result[setting]["map"] <= 1
    assert set(result["cross_lingual"]["by_pair"]) == {"de>en", "de>hi", "en>de", "en>hi", "hi>de", "hi>en"}
    assert {"rank_distance", "same_language_top1"} <= set(result["bias"]["by_language"]["de"])
    assert result["counts"]["by_language"]["hi"] == {"questions": 12, "candidates": 12}
    assert stages == {f"encoding {pairs_file}": 72, f"scoring {pairs_file}": 36}
    assert "numpy" in record["versions"]


def test_the_report_reads_what_is_written(encoder, pairs_file):
    record = evaluate(encoder, pairs_file, "center", name="tiny").to_json()
    parsed = EvaluationRecord.parse(json.loads(json.dumps(record)), "here")
    assert parsed.posthoc == "center"
    assert record["posthoc_fitted_on"] == "the evaluation texts themselves"


def test_loaded_by_name_with_two_benchmarks(encoder_folder, pairs_file, tmp_path):
    second = tmp_path / "second.jsonl"
    second.write_bytes(pairs_file.read_bytes())
    evaluation = evaluate(str(encoder_folder), [pairs_file, second], languages=["en", "hi"], device="cpu")
    assert evaluation.encoder == str(encoder_folder)
    first, other = (evaluation.results[str(name)] for name in (pairs_file, second))
    assert first.settings["monolingual"].mean() == other.settings["monolingual"].mean()
    assert first.benchmark.languages == ("en", "hi")


def test_vectors_are_compared_by_cosine():
    case = random_case(np.random.default_rng(0), queries=20, levels=50)
    queries, candidates = case.queries + 0.25, case.candidates + 0.25
    lengths = np.random.default_rng(1).uniform(0.1, 9, (len(candidates), 1))
    plain = evaluate_vectors(queries, candidates, case.benchmark)
    scaled = evaluate_vectors(queries * 3, candidates * lengths, case.benchmark)
    assert scaled.bias.mean() == pytest.approx(plain.bias.mean(), abs=0.5)
    assert scaled.encode_seconds == 0


@given(cases())
def test_in_blocks_of_questions_as_at_once(case):
    def evaluated():
        result = evaluate_scores(TableScores(case.scores), case.benchmark)
        return result, flat({**result.to_json(), "seconds": 0})

    (whole, at_once), blocks = evaluated(), case.benchmark.blocks(3)
    assert [block.start for block in blocks[1:]] == [block.stop for block in blocks[:-1]]
    assert (blocks[0].start, blocks[-1].stop) == (0, len(case.benchmark.queries))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_ENTRIES", 3)
        parts, in_blocks = evaluated()
    assert in_blocks == pytest.approx(at_once, nan_ok=True)
    np.testing.assert_array_equal(parts.counts.top, whole.counts.top)


def test_of_many_languages_the_means_of_each_unless_all_pairs_are_asked_for(monkeypatch):
    made, queries, candidates = parallel(languages=("de", "en", "zh-Hans"))
    result = evaluate_vectors(queries, candidates, made)
    whole = result.to_json()
    monkeypatch.setattr(results, "MOST_LANGUAGES", 2)
    assert result.to_json(all_pairs=True) == whole
    few = result.to_json()
    cross = few["cross_lingual"]
    assert cross["by_pair"] == {}
    assert cross["map"] == whole["cross_lingual"]["map"]
    asked = [whole["cross_lingual"]["by_pair"][pair]["map"] for pair in ("de>en", "de>zh-Hans")]
    assert cross["by_query_language"]["de"]["map"] == pytest.approx(np.mean(asked))
    assert set(cross["by_passage_language"]) == {"de", "en", "zh-Hans"}
    assert set(whole["bias"]) - set(few["bias"]) == {"exposure", "exposure@100", "relevant_share"}
    assert "pool_rank" not in few["distributions"]
    record = Evaluation("plain", None, {"made": result}).to_json()
    jsonschema.validate(record, EvaluationRecord.model_json_schema())
    read = EvaluationRecord.parse(json.loads(json.dumps(record)), "few.json").results["made"]
    assert (read.bias.exposure, read.distributions.pool_rank) == ({}, None)


def test_unusable_vectors():
    case = random_case(np.random.default_rng(0))
    good = np.ones((30, 2))
    with pytest.raises(DataError, match="question vectors: row 0 is zero"):
        evaluate_vectors(np.zeros((6, 2)), good, case.benchmark)
    with pytest.raises(DataError, match="candidate vectors: row 3 holds NaN"):
        evaluate_vectors(good[:6], np.where(np.arange(30)[:, None] == 3, np.nan, good), case.benchmark)
    with pytest.raises(DataError, match="both must come from one encoder"):
        evaluate_vectors(np.ones((6, 3)), good, case.benchmark)


def test_names_are_checked_before_the_encoder_is_loaded(pairs_file):
    with pytest.raises(UsageError, match="unknown benchmark 'xquad-s'"):
        evaluate("no/such/encoder/at/all", [pairs_file, "xquad-s"])
    with pytest.raises(UsageError, match="unknown posthoc"):
        evaluate("no/such/encoder/at/all", pairs_file, "lir")
    with pytest.raises(UsageError, match="a benchmark is named twice"):
        evaluate("no/such/encoder/at/all", ["starter", "starter"])
    with pytest.raises(UsageError, match="no benchmark is named"):
        evaluate("no/such/encoder/at/all", [])


def test_loaded_benchmarks_are_left_as_they_are(pairs_file):
    loaded = load_benchmark(pairs_file)
    assert open_all([loaded])[0] is loaded


def figures(evaluation):
    (result,) = evaluation.results.values()
    return {name: setting.mean() for name, setting in result.settings.items()} | {"bias": result.bias.mean()}


def test_cached_vectors_give_the_same_figures_and_results_say_so(encoder, pairs_file):
    plain = evaluate(encoder, pairs_file, cache=False)
    first, second = evaluate(encoder, pairs_file), evaluate(encoder, pairs_file)
    assert figures(plain) == figures(first) == figures(second)
    shares = [run.to_json()["results"][str(pairs_file)]["cached"] for run in (plain, first, second)]
    assert shares == [0, 0, 1]


def test_part_of_a_benchmark_is_cached(encoder, pairs_file):
    evaluate(encoder, pairs_file, languages=["de"])
    evaluation = evaluate(encoder, pairs_file)
    assert evaluation.results[str(pairs_file)].cached == pytest.approx(1 / 3)


def test_loading_is_no_part_of_encoding(encoder_folder, pairs_file, monkeypatch):
    from equilingua.encoder.load import load

    def slowly(*arguments, **options):
        import time

        time.sleep(0.5)
        return load(*arguments, **options)

    monkeypatch.setattr("equilingua.encoder.load.load", slowly)
    evaluation = evaluate(str(encoder_folder), pairs_file, device="cpu")
    assert evaluation.results[str(pairs_file)].encode_seconds < 0.5


def test_fitted_on_other_text(encoder, pairs_file, other_text):
    own = evaluate(encoder, pairs_file, "center", cache=False)
    evaluation = evaluate(encoder, pairs_file, "center", fit_on=[other_text], fit_texts=5)
    assert figures(own) != figures(evaluation)
    record = evaluation.to_json()
    assert record["posthoc_fitted_on"] == other_text
    assert record["results"][str(pairs_file)]["posthoc_fit"] == {
        "on": [other_text],
        "questions": {"de": 5, "en": 5, "hi": 0},
        "passages": {"de": 5, "en": 5, "hi": 0},
        "dropped": 0,
        "without": ["hi"],
        "seen": 0,
    }
    assert own.to_json()["posthoc_fitted_on"] == "the evaluation texts themselves"
    assert "posthoc_fit" not in own.to_json()["results"][str(pairs_file)]


def test_a_record_says_which_weights_were_measured_and_when(encoder, pairs_file):
    record = evaluate(encoder, pairs_file).to_json()
    assert record["fingerprint"] == Encoding(encoder).fingerprint
    assert datetime.now(UTC) - datetime.fromisoformat(record["measured"]) < timedelta(hours=1)
    assert evaluate("random", pairs_file).to_json()["fingerprint"] == Encoding(RandomVectors()).fingerprint


def test_fitting_text_is_cached_too(encoder, pairs_file, other_text):
    stages = Counter()
    for _ in range(2):
        stages.clear()
        evaluate(
            encoder,
            pairs_file,
            "calibrate",
            fit_on=[other_text],
            progress=lambda stage, done, _: stages.update({stage: done}),
        )
    assert stages[f"encoding text of {other_text}"] == 32


@pytest.mark.parametrize("posthoc", ["center", "lir:1", "lir:2", "calibrate", "calibrate:z", "center+lir:1+calibrate"])
def test_every_posthoc_runs_on_both_kinds_of_text(encoder, pairs_file, other_text, posthoc):
    for fit_on in (None, [other_text]):
        record = evaluate(encoder, pairs_file, posthoc, fit_on=fit_on).to_json()
        assert (
            0 < json.loads(json.dumps(record, allow_nan=False))["results"][str(pairs_file)]["multilingual"]["map"] <= 1
        )


def test_fitting_that_makes_no_sense(encoder, pairs_file, other_text):
    with pytest.raises(UsageError, match="there is nothing to fit: name a method with --posthoc"):
        evaluate(encoder, pairs_file, fit_on=[other_text])
    with pytest.raises(UsageError, match="0 texts to fit on are too few"):
        evaluate(encoder, pairs_file, "center", fit_on=[other_text], fit_texts=0)
    with pytest.raises(UsageError, match="is a benchmark, which nothing may be fitted on"):
        evaluate("no/such/encoder", pairs_file, "center", fit_on=["mlqa-r"])


class Overlap:
    """Ranks by the number of words that question and candidate share."""

    name = "overlap"

    def scores(self, benchmark, progress=None):
        words = [[set(text.split()) for text in texts] for texts in (benchmark.queries, benchmark.candidates)]
        table = np.array([[len(asked & offered) for offered in words[1]] for asked in words[0]], np.float32)
        if progress is not None:
            progress(len(table))
        return Table(table)


class Table:
    def __init__(self, table):
        self.table = table

    def block(self, start, stop, out):
        out[:] = self.table[start:stop]


def test_a_peer_that_gives_scores(pairs_file):
    evaluation = evaluate(Overlap(), pairs_file)
    assert evaluation.encoder == "overlap"
    assert evaluation.results[str(pairs_file)].settings["monolingual"].mean()["map"] > 0.4
    json.dumps(evaluation.to_json(), allow_nan=False)
    with pytest.raises(UsageError, match="--posthoc center: changes vectors, and 'overlap' gives scores only"):
        evaluate(Overlap(), pairs_file, "center")


def test_a_peer_by_name_is_cached_like_an_encoder(pairs_file, vectors_folder):
    first, second = (evaluate("random", pairs_file) for _ in range(2))
    assert first.encoder == "random"
    assert figures(first) == figures(second)
    assert second.results[str(pairs_file)].cached == 1
    assert vectors_folder.is_dir()


def test_a_damaged_cache_is_said_and_made_again(encoder, pairs_file, vectors_folder, caplog):
    before = evaluate(encoder, pairs_file)
    path = next(vectors_folder.rglob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-4] + b"\x00\x00\xc0\x7f")
    after = evaluate(encoder, pairs_file)
    assert path.name in caplog.text
    (one,), (other,) = before.results.values(), after.results.values()
    assert one.settings["multilingual"].mean() == other.settings["multilingual"].mean()


@pytest.mark.parametrize("value", [0, np.nan])
def test_an_encoder_with_an_unusable_vector_is_refused_each_time(pairs_file, vectors_folder, value):
    class Broken:
        name, dim, fingerprint = "broken", 3, f"broken-{value}"

        def encode(self, texts, role, progress=None):  # noqa: ARG002  (the protocol's)
            vectors = np.ones((len(texts), 3), np.float32)
            vectors[[text.startswith("topic7 de") for text in texts]] = value
            return vectors

    for _ in range(2):
        with pytest.raises(DataError, match=r"question vectors: row \d+ (is zero|holds NaN)"):
            evaluate(Broken(), pairs_file)
    assert vectors_folder.is_dir()


@pytest.mark.slow
def test_with_everything_cached_torch_is_not_loaded(embedded_folder, cache, tmp_path):
    assert embedded_folder.is_dir()
    (tmp_path / "encoders").symlink_to(cache / "encoders")
    code = (
        "import sys\n"
        "from equilingua.cli.main import run\n"
        "sys.argv = 'equilingua evaluate embedded:base --on starter --languages de,en --json -'.split()\n"
        "try:\n"
        "    run()\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "print('loaded:', sorted(heavy), file=sys.stderr)\n"
    )
    environment = os.environ | {"EQUILINGUA_CACHE": str(tmp_path)}
    records = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=Path.home()
        )
        records.append(json.loads(done.stdout)["results"]["starter"])
    assert "loaded: []" in done.stderr
    assert [record["cached"] for record in records] == [0, 1]
    assert records[0]["multilingual"] == records[1]["multilingual"]
