import json
from collections import Counter

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmark import load_benchmark
from equilingua.evaluation.evaluate import evaluate, evaluate_vectors, load_all

from .factory import random_case


def test_an_encoder_on_a_file_of_pairs(encoder, pairs_file):
    stages = Counter()
    evaluation = evaluate(
        encoder, pairs_file, name="tiny", progress=lambda stage, done, _: stages.update({stage: done})
    )
    record = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert (record["schema"], record["encoder"], record["posthoc"]) == (1, "tiny", None)
    result = record["results"][str(pairs_file)]
    assert set(result) == {"monolingual", "cross_lingual", "multilingual", "bias", "seconds", "counts"}
    for setting in ("monolingual", "cross_lingual", "multilingual"):
        assert set(result[setting]) - {"by_language", "by_pair"} == {"map", "recall@1", "recall@10", "mrr", "ndcg@10"}
        assert 0 < result[setting]["map"] <= 1
    assert set(result["cross_lingual"]["by_pair"]) == {"de>en", "de>hi", "en>de", "en>hi", "hi>de", "hi>en"}
    assert set(result["bias"]["by_language"]["de"]) == {"rank_distance", "same_language_top1"}
    assert result["counts"]["by_language"]["hi"] == {"questions": 12, "candidates": 12}
    assert stages == {f"encoding {pairs_file}": 72, f"scoring {pairs_file}": 36}
    assert "numpy" in record["versions"]


def test_the_report_reads_what_is_written(encoder, pairs_file):
    evaluations = pytest.importorskip("equilingua.report.evaluations")
    record = evaluate(encoder, pairs_file, "center", name="tiny").to_json()
    parsed = evaluations.parse(json.loads(json.dumps(record)), "here")
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
    assert load_all([loaded])[0] is loaded
