"""What a study's figures show: the rows of their specifications, against the runs that they are made of."""

from dataclasses import replace

import numpy as np
import pytest

from equilingua.languages import described
from equilingua.report import plots
from equilingua.study import verdict
from equilingua.study.effects import effects
from equilingua.study.measures import Measure
from equilingua.study.record import read
from equilingua.study.report import figures
from tests.report.reading import Reading
from tests.study import synthetic
from tests.study.synthetic import declaration, hypothesis

MULTILINGUAL, MONOLINGUAL = Measure("multilingual", "map"), Measure("monolingual", "map")

# What one of the points was trained on.
PAIRS = {"alpha=0, size=8": {"de": 900, "en": 9}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a study over alpha and batch size, with a schedule."""
    levels, changes = {}, {}
    for alpha in (1, 0, 0.5, [[0, 1], [1, 0]]):
        for size in (8, 256):
            level = 0.5 if isinstance(alpha, list) else alpha
            name = f"{'falling' if isinstance(alpha, list) else f'alpha={alpha}'}, size={size}"
            levels[name] = (0.7 + 0.1 * level, 0.7 - 0.1 * level, 0.5 - 0.1 * level, 50.0 + size)
            changes[name] = {"batches.alpha": alpha, "batches.size": size}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic, "CHANGES", changes)
        return synthetic.write(
            tmp_path_factory.mktemp("study"), levels, declared=declaration(hypotheses=[]), pairs=PAIRS
        )


@pytest.fixture
def made(folder):
    """Return one declared figure of the study as it is drawn."""

    def draw(**figure):
        study = read(folder)
        declared = declaration(hypotheses=[], figures=[{"title": "T", "benchmark": "xquad-r", **figure}])
        study = replace(study, declaration=type(study.declaration).model_validate(declared))
        return study, figures.figures(study)

    return draw


def rows(figure):
    return figure.chart["data"]["values"]


def spread(study, point, measure):
    values = study.of_point(point, "xquad-r", measure)
    return np.mean(values), np.std(values, ddof=1)


def test_a_curve_has_a_line_for_each_value_by_the_number_on_its_axis(made):
    measures = ["multilingual/map", "bias/rank_distance"]
    study, found = made(kind="curve", x="batches.alpha", by="batches.size", measures=measures)
    assert [one.heading for one in found] == ["T: multilingual mAP", "T: rank distance"]
    assert "More is better" in found[0].note
    assert "Less is better" in found[1].note
    assert found[0].legend == (("size=8", 0), ("size=256", 1))
    for number, size in enumerate(("size=8", "size=256")):
        line = [row for row in rows(found[0]) if row["line"] == size]
        assert [row["x"] for row in line] == [0, 0.5, 1]
        for row in line:
            mean, deviation = spread(study, f"alpha={row['x']:g}, {size}", MULTILINGUAL)
            assert (row["y"], row["y_low"], row["y_high"]) == pytest.approx((mean, mean - deviation, mean + deviation))
            assert row["text"].startswith(f"alpha={row['x']:g}, {size}: ")
            assert {key: row[key] for key in ("color", "shape")} == plots.series(number)


def test_what_is_no_number_stands_alone_behind_the_numbers(made):
    _, (one,) = made(kind="curve", x="batches.alpha", by="batches.size", measures=["multilingual/map"])
    alone = [row for row in rows(one) if row["text"].startswith("falling")]
    assert [row["x"] for row in alone] == [1.25, 1.25]
    assert len({row["line"] for row in rows(one)}) == 4
    chart = Reading(one.chart)
    assert list(chart.ticks["x"]) == ["0", "0.5", "1", "1 → 0"]
    places = list(chart.ticks["x"].values())
    assert places == sorted(places)


def test_sizes_that_multiply_are_spread_by_their_logarithm(made):
    points = ["alpha=0, size=8", "alpha=0, size=256"]
    _, (one,) = made(kind="curve", x="batches.size", measures=["multilingual/map"], points=points)
    assert one.chart["encoding"]["x"]["scale"]["type"] == "log"
    assert one.legend == ()
    _, (one,) = made(kind="curve", x="batches.alpha", measures=["multilingual/map"], points=points)
    assert one.chart["encoding"]["x"]["scale"]["type"] == "linear"


def test_a_trade_off_has_its_first_measure_across_and_its_second_up(made):
    study, (one,) = made(kind="trade-off", measures=["monolingual/map", "multilingual/map"])
    assert [row["name"] for row in rows(one)] == list(study.points)
    for number, row in enumerate(rows(one)):
        for axis, measure in (("x", MONOLINGUAL), ("y", MULTILINGUAL)):
            mean, deviation = spread(study, row["name"], measure)
            found = [row[key] for key in (axis, f"{axis}_low", f"{axis}_high")]
            assert found == pytest.approx([mean, mean - deviation, mean + deviation])
        assert row["color"] == plots.series(number)["color"]
    assert not one.legend
    assert "Across: monolingual mAP; up: multilingual mAP" in one.note
    x, y = (one.chart["encoding"][axis]["axis"]["title"] for axis in "xy")
    assert (x, y) == ("monolingual mAP", "multilingual mAP")


def test_a_trade_off_by_a_key_names_what_its_lines_do_not(made):
    _, (one,) = made(kind="trade-off", by="batches.size", measures=["monolingual/map", "cross_lingual/map"])
    assert one.legend == (("size=8", 0), ("size=256", 1))
    assert [row["name"] for row in rows(one)] == ["alpha=1", "alpha=0", "alpha=0.5", "falling"] * 2
    assert [row["line"] for row in rows(one)] == ["size=8"] * 4 + ["size=256"] * 4
    assert all(f", {row['line']}: " in row["text"] for row in rows(one))


def test_bars_have_each_point_with_its_deviation(made):
    study, (one,) = made(kind="bars", measures=["bias/rank_distance"])
    assert [row["row"] for row in rows(one)] == list(study.points)
    for number, row in enumerate(rows(one)):
        mean, deviation = spread(study, row["row"], Measure("bias", "rank_distance"))
        assert [row[key] for key in ("value", "low", "high")] == pytest.approx(
            [mean, mean - deviation, mean + deviation]
        )
        assert row["written"] == f"{mean:.1f} ± {deviation:.1f}"
        assert row["color"] == plots.series(number)["color"]


def test_languages_have_each_point_s_mean(made):
    points = ["alpha=0, size=8", "alpha=1, size=8"]
    study, (one,) = made(kind="by-language", measures=["multilingual/map"], points=points)
    expected = {
        (described(part), point): value
        for point in points
        for part, value in study.parts_of_point(point, "xquad-r", MULTILINGUAL).items()
    }
    assert {(row["row"], row["label"]): row["value"] for row in rows(one)} == expected
    assert len(expected) == 6
    assert all(row["text"].startswith(f"{row['row']}, {row['label']}: ") for row in rows(one))
    # The colours of points are those of the whole study.
    assert one.legend == (("alpha=1, size=8", 0), ("alpha=0, size=8", 2))
    assert {row["label"]: row["color"] for row in rows(one)} == {
        "alpha=1, size=8": "var(--s0)",
        "alpha=0, size=8": "var(--s2)",
    }
    assert list(Reading(one.chart).ticks["y"]) == list(map(described, ["ar", "de", "en"]))


def test_heat_maps_share_a_scale_and_hold_means(made):
    study, (one,) = made(kind="pairs", measures=["cross_lingual/map"], points=["alpha=0, size=8", "alpha=1, size=8"])
    assert [(heat.label, heat.series) for heat in one.maps] == [("alpha=1, size=8", 0), ("alpha=0, size=8", 2)]
    means = study.parts_of_point("alpha=0, size=8", "xquad-r", Measure("cross_lingual", "map"))
    own = study.parts_of_point("alpha=0, size=8", "xquad-r", MONOLINGUAL)
    cells = {(cell.row, cell.column): float(cell.exact) for row in one.maps[1].rows for cell in row}
    assert cells["ar", "de"] == pytest.approx(means["ar>de"], abs=1e-4)
    assert cells["de", "ar"] == pytest.approx(means["de>ar"], abs=1e-4)
    assert cells["de", "de"] == pytest.approx(own["de"], abs=1e-4)
    assert float(one.low) <= min(means.values()) <= max(means.values()) <= float(one.high)


def test_what_was_not_measured_is_not_drawn(made):
    _, found = made(kind="bars", measures=["multilingual/mrr"])
    assert found == []


def test_a_language_stands_by_its_pairs_in_training(made):
    study, (one,) = made(kind="by-amount", measures=["multilingual/map"])
    # Only the point whose amounts are known.
    assert one.legend == (("alpha=0, size=8", 2),)
    values = study.parts_of_point("alpha=0, size=8", "xquad-r", MULTILINGUAL)
    amounts = {"ar": 0, "de": 900, "en": 9}
    assert {row["name"]: (row["x"], row["y"]) for row in rows(one)} == {
        code: (amounts[code], value) for code, value in values.items()
    }
    assert {row["text"].partition(" pairs")[0] for row in rows(one)} == {
        f"alpha=0, size=8, {described(code)}: {amount}" for code, amount in amounts.items()
    }
    assert len({row["line"] for row in rows(one)}) == 3
    assert list(Reading(one.chart, {"x": np.log1p}).ticks["x"]) == ["0", "10", "100", "1,000"]
    assert "Rank correlation with the amount: alpha=0, size=8 " in one.note


def test_hypotheses_have_their_gains_and_outcomes_apart_by_unit(tmp_path):
    hypotheses = [
        hypothesis(),
        hypothesis("monolingual", "hybrid"),
        hypothesis(setting="bias", metric="rank_distance"),
        hypothesis(margin=0.07),
    ]
    study = read(synthetic.write(tmp_path / "study", declared=declaration(hypotheses=hypotheses)))
    verdicts = [verdict.judge(one) for one in effects(study, study.hypotheses)]
    scores, ranks = figures.intervals(verdicts)
    assert [row["row"] for row in rows(scores)] == ["H1", "H2", "H4"]
    assert [row["row"] for row in rows(ranks)] == ["H3"]
    assert [row["verdict"] for row in rows(scores)][:2] == ["win", "loss"]
    for row in rows(scores) + rows(ranks):
        one = verdicts[int(row["row"][1:]) - 1]
        beyond = one.effect.beyond
        assert (row["value"], row["low"], row["high"]) == (beyond.difference, beyond.low, beyond.high)
        assert row["low"] < row["value"] < row["high"]
        assert row["text"].startswith(f"{row['row']}: {one.outcome}.")
