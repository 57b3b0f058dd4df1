"""A method that was fitted, applied to any vectors, and kept in a file."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation.evaluate import evaluate
from equilingua.evaluation.peers.random_vectors import RandomVectors
from equilingua.evaluation.posthoc import by_name, fitted, fitting
from equilingua.evaluation.posthoc.fitted import Source

from ..factory import CODES
from .made import random_side

METHODS = ("center", "shift:0.5", "lir:2", "calibrate", "calibrate:z", "center+lir:1+calibrate:z")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))


def made(method, sizes=(30, 20, 0, 10), seed=1):
    """A method fitted on other text, in three of four languages."""
    rng = np.random.default_rng(seed)
    source = Source(
        "someone", "f1", ("udhr",), {"questions": {"de": 30}, "passages": {"de": 30}}, 2, np.arange(5, dtype=np.uint64)
    )
    groups = np.concatenate([np.arange(size) for size in sizes])
    sides = (replace(random_side(rng, sizes, what=what), group=groups) for what in ("questions", "passages"))
    return by_name.find(method).fit(*sides, source)


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_method_does_the_same(method, tmp_path):
    one = made(method)
    one.save(tmp_path / "it.safetensors")
    again = fitted.load(tmp_path / "it.safetensors")
    rng = np.random.default_rng(2)
    queries, candidates = random_side(rng, (4, 4, 4, 4)), random_side(rng, (5, 5, 5, 5), what="candidates")
    ours, theirs = one.sides(queries, candidates), again.sides(queries, candidates)
    for attribute in ("queries", "candidates", "offset"):
        np.testing.assert_array_equal(getattr(ours, attribute), getattr(theirs, attribute))
    assert (again.name, again.source.encoder, again.source.sets, again.source.dropped) == (
        method,
        "someone",
        ("udhr",),
        2,
    )
    assert again.source.numbers == one.source.numbers
    assert again.source.seen(np.array([3, 4, 9], np.uint64)) == 2


@pytest.mark.parametrize("method", METHODS)
def test_vectors_and_offsets_are_those_of_both_sides(method):
    one, rng = made(method), np.random.default_rng(3)
    queries, candidates = random_side(rng, (4, 4, 4, 4)), random_side(rng, (5, 5, 5, 5), what="candidates")
    adjusted = one.sides(queries, candidates)
    asking, answering = ([CODES[code] for code in side.language] for side in (queries, candidates))
    np.testing.assert_allclose(one.apply(queries.vectors, asking, "query"), adjusted.queries, atol=1e-6)
    np.testing.assert_allclose(one.apply(candidates.vectors, answering, "passage"), adjusted.candidates, atol=1e-6)
    offset = 0 if adjusted.offset is None else adjusted.offset[queries.language][:, candidates.language]
    np.testing.assert_allclose(one.offset(asking, answering), offset * np.ones((16, 20)), atol=1e-6)


def test_a_language_that_it_was_not_fitted_on_is_named(caplog):
    one = made("center")
    assert one.without(CODES) == ("hi",)
    with caplog.at_level(logging.WARNING):
        one.apply(np.eye(12), "hi", "query")
    assert "udhr: no text to fit on in hi: the mean over the other languages stands in" in caplog.text
    # A code that says more, or less, is the same language.
    assert one.without(["de-AT", "zh"]) == ()


def test_other_encoders_and_other_vectors_are_refused(tmp_path):
    one = made("center")
    one.require_encoder("anyone", "f1")
    with pytest.raises(UsageError, match="center: was fitted for 'someone', and 'other' is another encoder, has other"):
        one.require_encoder("other", "f2")
    with pytest.raises(DataError, match="center: was fitted on vectors of 12 dimensions, and these have 13"):
        one.apply(np.eye(13), "de", "query")
    with pytest.raises(UsageError, match="fitted on the texts it changes"):
        replace(one, source=None).save(tmp_path / "x.safetensors")
    with pytest.raises(UsageError, match=r"give a file that ends in \.safetensors"):
        one.save(tmp_path / "x.bin")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        one.save(tmp_path / "file" / "x.safetensors")


def test_damage_is_noticed(tmp_path):
    file = tmp_path / "it.safetensors"
    made("center").save(file)
    whole = bytearray(file.read_bytes())
    for place in range(0, len(whole), 101):
        flipped = whole.copy()
        flipped[place] ^= 4
        file.write_bytes(flipped)
        with pytest.raises(DataError, match=r"it\.safetensors: is"):
            fitted.load(file)
    file.write_bytes(whole[:200])
    with pytest.raises(DataError, match="is damaged"):
        fitted.load(file)
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(3)}, file)
    with pytest.raises(DataError, match="is no fitted method"):
        fitted.load(file)


def write(file, word, rows=20, languages=("de", "en", "hi")):
    records = [
        {
            "group": f"{word}{row}",
            "language": code,
            "query": f"{word}{row} ask {code}",
            "passage": f"{word}{row} say {code}",
        }
        for code in languages
        for row in range(rows)
    ]
    Path(file).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return str(file)


def test_fitted_once_and_measured_by_the_encoders_name(tmp_path):
    other, mine, file = (
        write(tmp_path / "other.jsonl", "v"),
        write(tmp_path / "mine.jsonl", "w"),
        tmp_path / "c.safetensors",
    )
    first = evaluate("random", mine, "center", fit_on=[other], save_posthoc=file)
    second = evaluate(f"random+{file}", mine)
    assert first.to_json()["results"][mine]["multilingual"] == second.to_json()["results"][mine]["multilingual"]
    record = second.to_json()
    assert (record["encoder"], record["posthoc"], record["posthoc_fitted_on"]) == ("random", "center", other)
    fit = record["results"][mine]["posthoc_fit"]
    assert (fit["on"], fit["questions"], fit["without"], fit["seen"]) == (
        [other],
        {"de": 20, "en": 20, "hi": 20},
        [],
        0,
    )
    # Measured on the text that it was fitted on, it says so.
    seen = evaluate("random", other, str(file)).to_json()
    assert seen["posthoc_fitted_on"] == f"{other}, with 120 of the evaluation texts among it"
    with pytest.raises(UsageError, match=r"c\.safetensors' has a method, and another is asked for"):
        evaluate(f"random+{file}", mine, "center")
    with pytest.raises(UsageError, match="the method is fitted already: leave --fit-on out"):
        evaluate("random", mine, str(file), fit_on=[other])
    with pytest.raises(UsageError, match="is fitted on other text: name it with --fit-on"):
        evaluate("random", mine, "center", save_posthoc=file)
    with pytest.raises(UsageError, match=r"give a file that ends in \.safetensors"):
        evaluate("random", mine, "center", fit_on=[other], save_posthoc=tmp_path / "c.bin")

    class Other(RandomVectors):
        fingerprint = "other"

    with pytest.raises(UsageError, match="was fitted for 'random', and 'random' is another encoder"):
        evaluate(Other(), mine, str(file))


def test_shift_is_fitted_on_english_too_where_nobody_asks_in_it(tmp_path):
    mine, other = write(tmp_path / "mine.jsonl", "m", languages=("de", "hi")), write(tmp_path / "other.jsonl", "o")
    with pytest.raises(UsageError, match="--posthoc shift: is fitted on translations in other text: name a parallel"):
        evaluate("random", mine, "shift")
    evaluation = evaluate("random", mine, "shift:0.5", fit_on=[other])
    method = evaluation.results[mine].fitted
    assert method.steps[0][0].languages == ("en", "de", "hi")
    assert method.without(["de", "en", "hi"]) == ()


def test_from_python_on_every_language_that_there_is(tmp_path):
    one = fitting.fit("center", "random", [write(tmp_path / "other.jsonl", "v", languages=("de", "sw"))])
    assert (one.name, one.without(["de", "sw"]), one.without(["en"])) == ("center", (), ("en",))
    vectors = RandomVectors().encode(["a", "b"], "query")
    assert one.apply(vectors, ["de", "sw"], "query").shape == vectors.shape
    one.save(tmp_path / "it.safetensors")
    with pytest.raises(UsageError, match="is fitted already"):
        fitting.fit(str(tmp_path / "it.safetensors"), "random", [str(tmp_path / "other.jsonl")])
    with pytest.raises(UsageError, match="'bm25' gives scores only"):
        fitting.fit("center", "bm25", [str(tmp_path / "other.jsonl")])
