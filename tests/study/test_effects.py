"""Effects that are known, and what is made of runs that are missing."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from scipy import stats

from equilingua.errors import DataError
from equilingua.study import effects, verdict
from equilingua.study.record import FIGURES, GROUPS, read
from tests.study import synthetic
from tests.study.synthetic import declaration, hypothesis


def judged(folder, *hypotheses, **options):
    synthetic.write(folder, declared=declaration(hypotheses=list(hypotheses)), **options)
    study = read(folder)
    return [verdict.judge(one) for one in effects.effects(study, study.hypotheses)]


def test_a_planted_difference_is_supported_and_a_reversed_one_contradicted(tmp_path):
    found = judged(
        tmp_path,
        hypothesis(),
        hypothesis("monolingual", "hybrid"),
        hypothesis(setting="bias", metric="rank_distance"),
        hypothesis("monolingual", "hybrid", setting="bias", metric="rank_distance"),
        hypothesis("monolingual", "hybrid", setting="bias", metric="rank_distance", direction="higher"),
    )
    assert [one.outcome for one in found] == ["supported", "contradicted", "supported", "contradicted", "supported"]
    assert found[0].effect.estimate.difference == pytest.approx(0.08, abs=0.02)
    assert found[2].effect.estimate.difference == pytest.approx(34, abs=3)
    assert "−33" in verdict.interval(found[2].effect)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_undecided(tmp_path, seed):
    levels = {f"{point}{seed}": (0.8, 0.7, 0.5, 50.0) for point in ("one", "other")}
    # The noise hangs on the place of a point, so further points move the two to other draws.
    levels = {f"filler{number}": (0.8, 0.7, 0.5, 50.0) for number in range(seed)} | levels
    (found,) = judged(tmp_path, hypothesis(f"one{seed}", f"other{seed}"), levels=levels)
    assert found.outcome == "undecided"
    assert "may be chance" in found.words


def test_false_finds_are_as_rare_as_promised():
    """Two recipes that are the same, many times: an interval of 95 % misses zero in about 5 % of all cases or less."""
    draw = np.random.default_rng(0)
    missed = 0
    for _ in range(300):
        groups = draw.normal(0, 0.1, 40)
        one, other = (groups + draw.normal(0, 0.01, (3, 1)) + draw.normal(0, 0.05, (3, 40)) for _ in range(2))
        found = effects._estimate(one, other)
        missed += found.low > 0 or found.high < 0
    assert missed / 300 < 0.08


def test_margins_move_the_bar(tmp_path):
    found = judged(
        tmp_path,
        hypothesis(margin=0.03),
        hypothesis(margin=0.2),
        hypothesis("cross-lingual", "hybrid", setting="monolingual", margin=-0.05),
        hypothesis("hybrid", "cross-lingual", setting="bias", metric="rank_distance", margin=-20),
        hypothesis(setting="bias", metric="rank_distance", relative_margin=0.1),
        hypothesis(setting="bias", metric="rank_distance", relative_margin=0.9),
    )
    outcomes = ["supported", "contradicted", "supported", "supported", "supported", "contradicted"]
    assert [one.outcome for one in found] == outcomes
    assert found[0].effect.estimate.difference - found[0].effect.beyond.difference == pytest.approx(0.03)
    worse = found[4].effect.worse
    assert found[4].effect.estimate.difference - found[4].effect.beyond.difference == pytest.approx(0.1 * worse)
    assert "by at least 10%" in found[4].expected
    assert "at most .0500 lower" in found[2].expected


def test_parts_are_averaged_alone(tmp_path):
    (found,) = judged(tmp_path, hypothesis(parts=["ar", "de"]))
    assert found.outcome == "supported"
    assert "(ar, de)" in found.expected


def test_one_seed_of_a_trained_point_decides_nothing(tmp_path):
    (found,) = judged(tmp_path, hypothesis(), failed=[("hybrid", 1), ("hybrid", 2)])
    assert found.outcome == "undecided"
    assert "one seed of hybrid" in found.words
    assert "for it" in found.words


def test_a_trained_point_is_compared_with_one_that_nobody_trained(tmp_path):
    (found,) = judged(tmp_path, hypothesis("hybrid", "base"))
    assert (found.outcome, found.effect.over, found.effect.runs) == ("supported", "seeds and questions", (3, 1))


def test_untrained_points_are_compared_over_questions(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "UNTRAINED", ("base", "hybrid"))
    (found,) = judged(tmp_path, hypothesis("hybrid", "base"))
    assert (found.outcome, found.effect.over, found.effect.runs) == ("supported", "questions", (1, 1))
    assert found.effect.groups == synthetic.GROUPS


def test_a_point_without_runs_is_not_run_yet(tmp_path):
    found = judged(tmp_path, hypothesis("hybrid", "mixed"), hypothesis(benchmark="mlqa-r"))
    assert [one.outcome for one in found] == ["not run yet"] * 2
    assert "mixed" in found[0].words


def test_hypotheses_that_have_not_run_keep_their_place_in_the_family(tmp_path):
    found = judged(tmp_path, hypothesis(), *(hypothesis("hybrid", f"later{number}") for number in range(9)))
    assert found[0].effect.p == pytest.approx(min(1, 10 * found[0].effect.beyond.p))


def test_figures_without_questions_are_compared_over_runs(tmp_path):
    values = {"one": [0.71, 0.72, 0.70], "other": [0.60, 0.63, 0.61]}
    declared = declaration(
        hypotheses=[hypothesis("one", "other", benchmark="tatoeba", setting="bitext", metric="mining_f1")]
    )
    synthetic.write(tmp_path, dict.fromkeys(values, (0.8, 0.7, 0.5, 50.0)), declared=declared)
    rows = parquet.read_table(tmp_path / FIGURES).to_pylist()
    rows += [
        {"run": f"{point}-s{seed}", "benchmark": "tatoeba", "setting": "bitext", "metric": "mining_f1", "value": value}
        for point, own in values.items()
        for seed, value in enumerate(own)
    ]
    schema = parquet.read_schema(tmp_path / FIGURES)
    parquet.write_table(pa.Table.from_pylist(rows, schema), tmp_path / FIGURES)
    study = read(tmp_path)
    (found,) = effects.effects(study, study.hypotheses)
    assert (found.over, found.groups) == ("seeds", 0)
    # The smaller spread is put up to the pooled one: between Welch's test and Student's, which pools both.
    welch, student = (stats.ttest_ind(*values.values(), equal_var=equal).pvalue for equal in (False, True))
    assert student * 0.5 < found.p < welch


def test_groups_of_another_run_are_noticed(tmp_path):
    synthetic.write(tmp_path)
    swapped = {"hybrid-s0": "monolingual-s0", "monolingual-s0": "hybrid-s0"}
    synthetic.change(tmp_path, GROUPS, run=lambda row: swapped.get(row["run"], row["run"]))
    study = read(tmp_path)
    with pytest.raises(DataError, match=r"'hybrid-s0': groups average to .* and figures.parquet says"):
        effects.effects(study, study.hypotheses)


def test_runs_on_different_questions_are_not_compared(tmp_path):
    synthetic.write(tmp_path)
    synthetic.change(tmp_path, GROUPS, asked=lambda row: row["asked"] + "!" * (row["run"] == "hybrid-s0"))
    study = read(tmp_path)
    with pytest.raises(DataError, match="answered different questions"):
        effects.effects(study, study.hypotheses)
