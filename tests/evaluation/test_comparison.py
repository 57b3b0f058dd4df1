import json
from dataclasses import replace

import numpy as np
import pytest

from equilingua.errors import DataError, UsageError
from equilingua.evaluation import comparison
from equilingua.evaluation.comparison import Contestant, Rule
from equilingua.evaluation.measure import evaluate_scores, evaluate_vectors
from equilingua.evaluation.results import Evaluation

from .factory import Table
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
    assert compared.tally("noisy", "plain", "monolingual")[0] == 0


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
    assert sum(tally) == len(parts["cross_lingual"])


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
    record = comparison.record(both, {"made": comparison.compare(both, "made", QUICK)}, QUICK)
    read = json.loads(json.dumps(record.to_json(), allow_nan=False))
    assert (read["a"], read["b"], read["test"]["resamples"], read["test"]["correction"]) == (
        "center",
        "plain",
        999,
        "holm",
    )
    run = {"encoder": "center", "posthoc": None, "posthoc_fitted_on": None}
    assert read["encoders"][0] == {"name": "center", "runs": [run]}
    assert read["coverage"]["made"]["plain"] == {
        "mean": 1.0,
        "by_language": {"de": 1.0, "en": 1.0, "hi": 1.0},
        "depth": None,
    }
    assert read["results"]["made"][0]["verdict"] in {"win", "tie", "loss"}
    assert {row["part"] for row in read["by_part"]["made"]} >= {"de", "de>en"}


def partial(silent, depth=None):
    """The plain encoder's scores, but for questions that it leaves unanswered, in lists of some length."""
    made, queries, candidates = parallel()
    scores = (queries @ candidates.T).astype(np.float32)
    if depth is not None:
        scores[np.argsort(np.argsort(-scores, axis=1), axis=1) >= depth] = -np.inf
    scores[silent] = -np.inf
    return Contestant("run", (Evaluation("run", None, {"made": evaluate_scores(Table(scores), made)}),))


def test_who_answers_too_few_questions_is_not_compared_by_rank_distance(contestants):
    # The first 40 questions are all the German ones.
    compared = comparison.compare(
        [contestants["plain"], partial(slice(40, None)), contestants["center"]], "made", QUICK
    )
    assert [row.setting for row in compared.overall if row.second == "run"] == [
        "monolingual",
        "cross_lingual",
        "multilingual",
    ]
    assert {row.setting for row in compared.by_part if row.second == "run"} == {
        row.setting for row in compared.overall[:3]
    }
    with_others = [row for row in compared.overall if (row.second, row.setting) == ("center", "bias")]
    alone = compare(contestants, "plain", "center").overall[3]
    assert (with_others[0].a, with_others[0].difference) == (alone.a, alone.difference)
    answers = compared.coverage["run"]
    assert (answers.mean, answers.by_language) == (pytest.approx(1 / 3), {"de": 1.0, "en": 0.0, "hi": 0.0})


def test_rank_distance_is_of_the_questions_that_all_answer(contestants):
    left_out = [0, 41, 82]
    compared = comparison.compare([contestants["plain"], partial(left_out)], "made", QUICK)
    (row,) = (row for row in compared.overall if row.setting == "bias")
    bias = contestants["plain"].runs[0].results["made"].bias
    kept = ~np.isin(bias.question, left_out)
    means = [bias.values["rank_distance"][kept & (bias.part == part)].mean() for part in range(3)]
    assert row.a == pytest.approx(np.mean(means))
    assert row.p_corrected <= 1


def test_the_length_of_lists_is_kept(contestants):
    compared = comparison.compare([contestants["plain"], partial([], depth=10)], "made", QUICK)
    assert (compared.coverage["plain"].depth, compared.coverage["run"].depth) == (None, 10)


def test_translations_that_are_judged_apart_are_one_observation(contestants):
    made, queries, candidates = parallel()
    asked, (offsets, relevant) = np.arange(len(queries)), made.relevant_to_queries()
    apart = replace(
        made,
        query_group=asked.astype(np.int32),
        groups=[made.groups[group] for group in made.query_group],
        relevant_offsets=offsets,
        relevant=relevant,
    )
    vectors = {"plain": queries, "noisy": queries + np.random.default_rng(1).standard_normal(queries.shape) * 4}
    measured = [
        Contestant(name, (Evaluation(name, None, {"made": evaluate_vectors(own, candidates, apart)}),))
        for name, own in vectors.items()
    ]
    own, together = comparison.compare(measured, "made", QUICK), compare(contestants, "plain", "noisy")
    for row, other in zip(own.overall, together.overall, strict=True):
        assert (row.difference, row.low, row.high, row.p) == pytest.approx(
            (other.difference, other.low, other.high, other.p)
        )


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
