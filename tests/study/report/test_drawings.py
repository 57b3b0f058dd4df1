from dataclasses import replace

import pytest

from equilingua.study.analysis.record import read
from equilingua.study.ledger import Entry, Ledger
from equilingua.study.measures import Measure
from equilingua.study.report import drawings
from equilingua.study.report.drawing import by_part
from tests.study import synthetic
from tests.study.synthetic import declaration


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw one figure of a study over alpha and batch size, with a schedule."""

    def draw(**figure):
        levels, changes = {}, {}
        for alpha in (0, 0.5, 1, [[0, 1], [1, 0]]):
            for size in (8, 64):
                level = 0.5 if isinstance(alpha, list) else alpha
                name = f"{'falling' if isinstance(alpha, list) else f'alpha={alpha}'}, size={size}"
                levels[name] = (0.7 + 0.1 * level, 0.7 - 0.1 * level, 0.5 - 0.1 * level, 50.0 + size)
                changes[name] = {"batches.alpha": alpha, "batches.size": size}
        monkeypatch.setattr(synthetic, "CHANGES", changes)
        declared = declaration(hypotheses=[], figures=[{"title": "T", "benchmark": "xquad-r", **figure}])
        study = read(synthetic.write(tmp_path / "study", levels, declared=declared))
        return study, drawings.drawings(study)

    return draw


def test_a_curve_has_a_line_for_each_value_and_what_is_no_number_apart(drawn):
    measures = ["monolingual/map", "bias/rank_distance"]
    _, found = drawn(kind="curve", x="batches.alpha", by="batches.size", measures=measures)
    assert [one.title for one in found] == ["T: monolingual mAP", "T: rank distance"]
    assert found[0].legend == (("size=8", 0), ("size=64", 1))
    # Two lines of three numbers; the schedule of each stands alone.
    assert found[0].svg.count("<polyline") == 2
    assert found[0].svg.count('class="mark') == 8
    assert ">1 → 0<" in found[0].svg
    assert "Less is better" in found[1].note


def test_a_trade_off_names_what_its_lines_do_not(drawn):
    _, (one,) = drawn(kind="trade-off", by="batches.size", measures=["monolingual/map", "cross_lingual/map"])
    assert one.svg.count('class="mark') == 8
    assert ">alpha=0.5<" in one.svg
    assert ">alpha=0.5, size=8<" not in one.svg


def test_a_trade_off_without_lines_names_its_points(drawn):
    _, (one,) = drawn(kind="trade-off", measures=["monolingual/map", "cross_lingual/map"])
    assert "<polyline" not in one.svg
    assert ">alpha=0.5, size=8<" in one.svg
    assert not one.legend


def test_heat_maps_share_a_scale_and_hold_means(drawn):
    study, (one,) = drawn(kind="pairs", measures=["cross_lingual/map"], points=["alpha=0, size=8", "alpha=1, size=8"])
    assert [heat.point for heat in one.heat_maps] == ["alpha=0, size=8", "alpha=1, size=8"]
    means = by_part(study, "alpha=0, size=8", "xquad-r", Measure("cross_lingual", "map"))
    (cell,) = [cell for row in one.heat_maps[0].rows for cell in row if (cell.row, cell.column) == ("ar", "de")]
    assert float(cell.exact) == pytest.approx(means["ar>de"], abs=1e-4)
    low, high = one.heat_range
    assert low <= min(means.values()) <= max(means.values()) <= high


def test_what_was_not_measured_is_not_drawn(drawn):
    _, found = drawn(kind="bars", measures=["multilingual/mrr"])
    assert found == []


def test_a_language_stands_by_its_pairs_in_training(drawn, tmp_path):
    known = Entry("alpha=0, size=8-s0", "alpha=0, size=8", {}, 0, "key", {}, state="done")
    Ledger(tmp_path / "study/ledger").write(replace(known, trained={"pairs": {"de": 900, "en": 9}}))

    _, (one,) = drawn(kind="by-amount", measures=["multilingual/map"])
    # Only the point whose amounts are known.
    assert [label for label, _ in one.legend] == ["alpha=0, size=8"]
    assert "alpha=0, size=8, de: 900 pairs" in one.svg
    assert "alpha=0, size=8, ar: 0 pairs" in one.svg
    assert ">1,000<" in one.svg
    assert "Rank correlation with the amount: alpha=0, size=8 " in one.note
