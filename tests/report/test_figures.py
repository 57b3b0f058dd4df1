"""What the report's figures show: the rows of their specifications, against the evaluations that they are made of."""

import numpy as np
import pytest

from equilingua.evaluation.record import EvaluationRecord
from equilingua.languages import described
from equilingua.report import figures, plots, runs, side_by_side, vega

from .factory import detailed, evaluation, write_run
from .reading import Reading


def compared(*records):
    return side_by_side.gather([EvaluationRecord.parse(record, "a.json") for record in records])[0]


def rows(figure):
    return figure.chart["data"]["values"]


FIGURES = {
    "rank_distance": lambda result, code: result.bias.by_language[code].rank_distance,
    "multilingual": lambda result, code: result.multilingual.by_language[code]["map"],
    "same_language": lambda result, code: result.bias.by_language[code].same_language_top1,
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_encoder_has_its_value_for_each_language_in_its_own_look(name):
    of = compared(evaluation(0), evaluation(1))
    figure = getattr(figures.by_language(of), name)
    expected = [
        (described(code), entry.label, FIGURES[name](entry.result, code), plots.series(entry.series))
        for code in of.languages
        for entry in of.entries
    ]
    found = [
        (row["row"], row["label"], row["value"], {key: row[key] for key in ("color", "shape")}) for row in rows(figure)
    ]
    assert found == expected
    written = {(row["row"], row["label"]): row["text"].rpartition(": ")[2] for row in rows(figure)}
    assert all(row["text"].startswith(f"{row['row']}, {row['label']}: ") for row in rows(figure))
    for code, texts in figure.values:
        assert texts == tuple(written[code, entry.label] for entry in of.entries)


def test_a_language_without_a_value_keeps_its_row():
    record = evaluation()
    del record["results"]["xquad-r"]["bias"]["by_language"]["de"]
    figure = figures.by_language(compared(record)).rank_distance
    assert described("de") not in {row["row"] for row in rows(figure)}
    assert list(Reading(figure.chart).ticks["y"]) == list(map(described, compared(record).languages))
    assert dict(figure.values)[described("de")] == ("–",)


def test_bars_for_ranks_and_shares_are_told_as_such():
    made = figures.by_language(compared(evaluation(0)))
    assert set(Reading(made.rank_distance.chart).ticks["x"]) >= {"0", "500", "1,000"}
    assert all(text.endswith("\u202f%") for text in Reading(made.same_language.chart).ticks["x"])
    assert "even would be 9.1" in made.same_language.note


def test_spreads_hold_the_quantiles_of_each_encoder_and_language():
    of = compared(evaluation(0, {"xquad-r": ("de", "en", "zh-Hans")}), detailed(1), detailed(2))
    made, codes = figures.by_language(of), {described(code): code for code in of.languages}
    assert {row["label"] for row in rows(made.strips)} == {entry.label for entry in of.entries[1:]}
    for row in rows(made.strips):
        (entry,) = (entry for entry in of.entries if entry.label == row["label"])
        distances = entry.result.distributions.rank_distance
        ends = [row[key] for key in ("low", "quarter", "value", "three_quarters", "high")]
        assert ends == pytest.approx(
            [distances.by_language[codes[row["row"]]][round(20 * level)] for level in (0.05, 0.25, 0.5, 0.75, 0.95)]
        )
        assert row["color"] == plots.series(entry.series)["color"]
    for entry in of.entries[1:]:
        line = [row for row in rows(made.cumulative) if row["label"] == entry.label]
        assert [row["level"] for row in line] == list(entry.result.distributions.rank_distance.levels)
        assert [row["value"] for row in line] == list(entry.result.distributions.rank_distance.overall)
        (marked,) = (row for row in line if "text" in row)
        assert (marked["level"], marked["color"]) == (0.5, plots.series(entry.series)["color"])


def test_nothing_is_spread_where_no_distances_were_kept():
    made = figures.by_language(compared(evaluation(0)))
    assert made.strips is made.cumulative is None


def test_distances_below_one_rank_have_a_place_on_the_logarithmic_axis():
    record = detailed(0)
    distances = record["results"]["xquad-r"]["distributions"]["rank_distance"]
    distances["overall"] = distances["by_language"]["de"] = [0.0] * 21
    made = figures.by_language(compared(record))
    for figure in (made.strips, made.cumulative):
        assert min(row["value"] for row in rows(figure)) == 1.0
        assert "nan" not in vega.draw(figure.chart).lower()


def points(seed=0):
    return np.random.default_rng(seed).normal(size=(3, 6, 2))


def test_a_turned_and_mirrored_map_is_turned_back():
    original = points()
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1, -1])
    np.testing.assert_allclose(figures.turned(original @ turn, original), original, atol=1e-12)


def test_turning_keeps_distances_and_copes_with_missing_points():
    one, other = points(1), points(2)
    one[0, 0], other[1, 1] = np.nan, np.nan
    turned = figures.turned(one, other)
    np.testing.assert_allclose(np.linalg.norm(turned[1] - turned[2], axis=-1), np.linalg.norm(one[1] - one[2], axis=-1))
    assert np.isnan(turned[0, 0]).all()


def test_maps_hold_each_text_and_the_middle_of_its_sentence():
    of = compared(evaluation(0, {"xquad-r": ("de", "en", "zh-Hans")}), detailed(1), detailed(2))
    made = figures.sentence_maps(of)
    assert [(one.heading, one.series) for one in made.figures] == [
        (entry.label, entry.series) for entry in of.entries[1:]
    ]
    assert made.languages == ("de", "en", "zh-Hans")
    assert made.note.startswith("5 passages in 3 languages")
    assert made.figures[0].note.startswith("Nearest other text: a translation for 75.0")
    assert "one in the same language for 25.0" in made.figures[0].note
    placed = of.entries[1].result.map.points
    texts = iter(rows(made.figures[0]))
    for number, code in enumerate(made.languages):
        for group, point in enumerate(placed[code]):
            if point is None:
                continue
            members = [placed[other][group] for other in made.languages if placed[other][group] is not None]
            row = next(texts)
            # The first map is turned towards itself: it stays as it is.
            assert (row["x"], row["y"]) == pytest.approx(point)
            assert (row["middle_x"], row["middle_y"]) == pytest.approx(tuple(np.mean(members, axis=0)))
            assert (row["text"], row["color"]) == (described(code), plots.language(number)["color"])
    assert next(texts, None) is None
    assert figures.sentence_maps(compared(evaluation(0))) is None


def test_later_maps_are_turned_towards_the_first():
    first, second = detailed(0), detailed(1)
    flipped = first["results"]["xquad-r"]["map"]["points"]
    second["results"]["xquad-r"]["map"]["points"] = {
        code: [point and [-point[1], point[0]] for point in row] for code, row in flipped.items()
    }
    one, other = figures.sentence_maps(compared(first, second)).figures
    assert [(row["x"], row["y"]) for row in rows(other)] == [pytest.approx((row["x"], row["y"])) for row in rows(one)]


def test_maps_of_other_samples_are_drawn_as_they_are():
    other = detailed(1)
    drawn = other["results"]["xquad-r"]["map"]
    drawn["groups"] = drawn["groups"][:3]
    drawn["points"] = {code: row[:3] for code, row in drawn["points"].items()}
    one = figures.sentence_maps(compared(detailed(0), other)).figures[1]
    assert [row["x"] for row in rows(one)] == [point[0] for row in drawn["points"].values() for point in row if point]


def test_losses_are_those_of_the_runs_in_their_colours(tmp_path):
    run = runs.read(write_run(tmp_path / "hybrid", steps=120))
    run.losses[5] = np.nan
    figure = figures.losses([(run, 2)])
    logged = [row for row in rows(figure) if not row["held_out"]]
    assert [row["step"] for row in logged] == [step for step in range(120) if step != 5]
    assert [row["loss"] for row in logged] == run.losses[np.isfinite(run.losses)].tolist()
    held_out = [row for row in rows(figure) if row["held_out"]]
    assert [(row["step"], row["loss"]) for row in held_out] == list(
        zip([49, 99], run.validation_losses.tolist(), strict=True)
    )
    assert {row["color"] for row in rows(figure)} == {"var(--s2)"}
    assert "Rings" in figure.note
    assert figures.losses([]) is None


def test_long_runs_are_thinned_to_means():
    steps, values = figures.thin(np.arange(10_000), np.arange(10_000.0), most=100)
    assert len(steps) == len(values) == 100
    assert steps[-1] == 9_999
    assert values[0] == pytest.approx(49.5)
