import json

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation import comparison
from equilingua.evaluation.comparison import Contestant, Rule
from equilingua.evaluation.evaluate import evaluate_vectors
from equilingua.evaluation.results import Evaluation

from .parallel import parallel

QUICK = Rule(resamples=999)


@pytest.fixture(scope="module")
def contestants():
    made, queries, candidates = parallel()

    def noisy(seed, strength):
        noise = np.random.default_rng(seed).standard_normal(queries.shape)
        return evaluate_vectors(queries + strength * noise, candidates, made)

    results = {
        "plain": [evaluate_vectors(queries, candidates, made)],
        "center": [evaluate_vectors(queries, candidates, made, "center")],
        "noisy": [noisy(1, 4)],
        "recipe": [noisy(seed, 0.05) for seed in (2, 3, 4)],
        "worse": [noisy(seed, 3) for seed in (5, 6, 7)],
    }
    return {
        name: Contestant(name, tuple(Evaluation(name, None, {"made": result}) for result in runs))
        for name, runs in results.items()
    }


def compare(contestants, *names, rule=QUICK, **options):
    return comparison.compare([contestants[name] for name in names], "made", rule, **options)


def test_verdicts(contestants):
    rows = compare(contestants, "center", "plain").overall
    assert [(row.setting, row.figure, row.part) for row in rows] == [
        ("monolingual", "map", None),
        ("cross_lingual", "map", None),
        ("multilingual", "map", None),
        ("bias", "rank_distance", None),
    ]
    by_setting = {row.setting: row for row in rows}
    pool, bias = by_setting["multilingual"], by_setting["bias"]
    assert pool.verdict == "win"
    assert pool.low <= pool.difference <= pool.high
    # A lower rank distance is the better one.
    assert bias.difference < 0
    assert bias.verdict == "win"
    for row in rows:
        assert row.difference == pytest.approx(row.a - row.b)
        assert (row.test, row.a_deviation) == ("randomisation", None)
        assert row.p <= row.p_corrected


def test_figures_are_those_of_the_results(contestants):
    compared = compare(contestants, "noisy", "plain")
    result = contestants["noisy"].runs[0].results["made"]
    for row in (*compared.overall, *compared.by_part):
        breakdown = result.bias if row.setting == "bias" else result.settings[row.setting]
        figures = breakdown.mean() if row.part is None else breakdown.by_part()[row.part]
        assert row.a == pytest.approx(figures[row.figure])


def test_the_other_way_round_is_a_loss(contestants):
    compared = compare(contestants, "noisy", "plain")
    assert {row.setting: row.verdict for row in compared.overall}["monolingual"] == "loss"
    assert compared.tally("noisy", "plain", "monolingual")["win"] == 0


def test_every_language_and_every_pair_is_tested(contestants):
    compared = compare(contestants, "center", "plain")
    languages = contestants["plain"].runs[0].results["made"].benchmark.languages
    parts = {
        setting: [row.part for row in compared.by_part if row.setting == setting]
        for setting in ("bias", "cross_lingual")
    }
    assert parts["bias"] == list(languages)
    assert parts["cross_lingual"] == [f"{a}>{b}" for a in languages for b in languages if a != b]
    tally = compared.tally("center", "plain", "cross_lingual")
    assert sum(tally.values()) == len(parts["cross_lingual"])


def test_parts_are_corrected_within_their_figure(contestants):
    holm, none = (compare(contestants, "center", "plain", rule=Rule(999, correction=way)) for way in ("holm", "none"))
    raw = {(row.setting, row.part): row.p for row in none.by_part}
    languages = sum(row.setting == "monolingual" for row in holm.by_part)
    for row in holm.by_part:
        assert row.p == raw[row.setting, row.part]
        if row.setting == "monolingual":
            assert row.p_corrected <= min(1, languages * row.p) + 1e-12


def test_an_encoder_ties_with_itself(contestants):
    twin = Contestant("twin", contestants["plain"].runs)
    compared = comparison.compare([contestants["plain"], twin], "made", QUICK)
    rows = (*compared.overall, *compared.by_part)
    assert {(row.verdict, row.p, row.low, row.high) for row in rows} == {("tie", 1.0, 0.0, 0.0)}


def test_several_are_compared_with_the_first_or_each_with_each(contestants):
    names = ("center", "plain", "noisy")
    with_first = compare(contestants, *names)
    assert list(dict.fromkeys((row.first, row.second) for row in with_first.overall)) == [
        ("center", "plain"),
        ("center", "noisy"),
    ]
    every = compare(contestants, *names, all_pairs=True)
    assert len({(row.first, row.second) for row in every.overall}) == 3
    # More comparisons ask for more.
    assert all(
        many.p_corrected >= few.p_corrected for few, many in zip(with_first.overall, every.overall, strict=False)
    )


def test_runs_of_a_recipe_are_one_contestant(contestants):
    compared = compare(contestants, "recipe", "worse")
    row = compared.overall[0]
    assert row.test == "seeds"
    assert row.verdict == "win"
    figures = [run.results["made"].settings["monolingual"].mean()["map"] for run in contestants["recipe"].runs]
    assert (row.a, row.a_deviation) == pytest.approx((np.mean(figures), np.std(figures, ddof=1)))


def test_a_recipe_against_an_encoder_that_has_no_seeds(contestants):
    row = compare(contestants, "recipe", "noisy").overall[0]
    assert (row.test, row.b_deviation) == ("seeds", None)
    assert row.a_deviation is not None


def test_json(contestants):
    both = [contestants["center"], contestants["plain"]]
    record = comparison.to_json(both, {"made": comparison.compare(both, "made", QUICK)}, QUICK)
    read = json.loads(json.dumps(record, allow_nan=False))
    assert (read["a"], read["b"], read["test"]["resamples"], read["test"]["correction"]) == (
        "center",
        "plain",
        999,
        "holm",
    )
    assert read["encoders"][0] == {"name": "center", "runs": [{"encoder": "center", "posthoc": None}]}
    assert read["results"]["made"][0]["verdict"] in {"win", "tie", "loss"}
    assert {row["part"] for row in read["by_part"]["made"]} >= {"de", "de>en"}


def test_results_of_other_questions(contestants):
    made, queries, candidates = parallel(groups=8)
    other = Contestant("other", (Evaluation("other", None, {"made": evaluate_vectors(queries, candidates, made)}),))
    with pytest.raises(DataError, match="different questions or languages"):
        comparison.compare([contestants["plain"], other], "made")


def test_fewer_than_two_encoders_and_two_of_one_name(contestants):
    plain = contestants["plain"]
    with pytest.raises(UsageError, match="fewer than two encoders"):
        comparison.compare([plain], "made")
    with pytest.raises(UsageError, match="two contestants are called 'plain'"):
        comparison.compare([plain, plain], "made")
