import json

import pytest

from equilingua.errors import UsageError
from equilingua.evaluation import evaluate as opening
from equilingua.evaluation.benchmarks.collection import Collection, LanguagePart
from equilingua.evaluation.encoding import Encoding
from equilingua.evaluation.evaluate import evaluate
from equilingua.evaluation.streaming import shards
from equilingua.evaluation.streaming.shards import evaluate_collection


@pytest.fixture
def collection(pairs):
    parts = {}
    for code in ("de", "en"):
        chosen = [(number, pair) for number, pair in enumerate(pairs) if pair["language"] == code]
        parts[code] = LanguagePart(
            questions={f"q{number}": pair["query"] for number, pair in chosen},
            judged={f"q{number}": {f"p{number}": 1.0} for number, _ in chosen},
            passages=lambda chosen=chosen: [(f"p{number}", pair["passage"]) for number, pair in chosen],
        )
    return Collection("made", parts)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "cache_folder", lambda: tmp_path)


def test_as_in_memory(encoder, collection, tmp_path, vectors_folder):
    told = []
    result = evaluate_collection(
        Encoding(encoder), collection, progress=lambda stage, done, _: told.append((stage, done))
    )
    whole = evaluate(encoder, collection.in_memory(), cache=False).results["made"]
    for setting, expected in whole.settings.items():
        assert result.settings[setting].mean() == pytest.approx(expected.mean(), nan_ok=True)
    assert result.bias.mean()["rank_distance"] == whole.bias.mean()["rank_distance"]
    assert sum(done for stage, done in told if stage == "ranking made") == 24
    assert (tmp_path / "streaming").is_dir()
    # Passages may be millions: of vectors, only those of questions are kept.
    assert {path.name.partition("-")[0] for path in vectors_folder.glob("*/*")} == {"query"}
    json.dumps(result.to_json(), allow_nan=False)


def test_nothing_is_kept_without_the_cache(encoder, collection, tmp_path):
    evaluate_collection(Encoding(encoder, cache=False), collection, keep=False)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done(encoder, collection, monkeypatch):
    monkeypatch.setattr(opening, "open_all", lambda *_: [collection])
    with pytest.raises(UsageError, match="'bm25' gives scores of whole benchmarks only"):
        evaluate("bm25", "made")
    with pytest.raises(UsageError, match="--posthoc lir:2: benchmark 'made' is read in pieces"):
        evaluate(encoder, "made", "lir:2")
