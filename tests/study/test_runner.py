import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from pyarrow import parquet

from equilingua import durable
from equilingua.errors import StoppedError, UsageError
from equilingua.study.ledger import Ledger
from equilingua.study.report.write import report
from equilingua.study.runner import Undertaking
from equilingua.study.work import work
from tests.study.conftest import Here, Notes

UNTESTED = {"comparisons": [], "hypotheses": [], "figures": []}


def rows_of(undertaking):
    """Macro-averages of the runs."""
    rows = parquet.read_table(undertaking.places.results / "figures.parquet").to_pylist()
    return [row for row in rows if row["part"] is None]


def test_a_study_leaves_figures_questions_and_pages_and_no_weights(undertake, carried_out):
    undertaking = undertake()
    entries, notes = carried_out(undertaking)

    assert {entry.state for entry in entries.values()} == {"done"}
    assert [run for run, _ in notes.ended_runs] == [run.id for run in undertaking.runs]
    places = undertaking.places
    trained = places.runs / "monolingual-s0"
    assert (trained / "metrics.jsonl").is_file()
    assert not (trained / "checkpoints").exists()
    assert not (trained / "encoder").exists()
    rows = rows_of(undertaking)
    assert {row["run"] for row in rows} == set(entries)
    assert {row["benchmark"] for row in rows} == {"starter@0.5"}
    kept = Ledger.kept(places.results)
    assert kept == entries
    seed = kept["cross-lingual-s1"]
    assert (seed.name, seed.point, seed.seed) == ("cross-lingual", {"batches.strategy": "cross-lingual"}, 1)
    # Questions average to the figures.
    kept = parquet.read_table(places.questions("base"))
    for setting, metric in (("cross_lingual", "map"), ("bias", "rank_distance")):
        (figure,) = (
            row["value"] for row in rows if (row["run"], row["setting"], row["metric"]) == ("base", setting, metric)
        )
        own = [row for row in kept.to_pylist() if row["setting"] == setting]
        parts = {part: [row[metric] for row in own if row["part"] == part] for part in {row["part"] for row in own}}
        assert np.mean([np.mean(values) for values in parts.values()]) == pytest.approx(figure, rel=1e-5)
        assert len({(row["part"], row["group"]) for row in own}) == len(own)
    record = json.loads(places.evaluation("centred").read_text())
    assert record["posthoc"] == "center"
    assert record["results"]["starter@0.5"]["part"]["share"] == 0.5
    assert all(path.is_file() for path in report(places.results))


def test_a_finished_run_is_never_measured_again(undertake, carried_out):
    undertaking = undertake(points={}, **UNTESTED)
    entries, _ = carried_out(undertaking)
    before = undertaking.places.evaluation("base").stat().st_mtime_ns

    _, notes = carried_out(undertaking)
    assert notes.began_runs == []
    assert undertaking.places.evaluation("base").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="run 'base' is done: evaluation sets are read once"):
        work(undertaking.places, "base")
    # Nor if somebody puts the record back: the set has been read.
    undertaking.ledger.write(replace(entries["base"], state="stopped"))
    for kept in (undertaking.places.runs / "base" / "measured").iterdir():
        kept.unlink()
    assert "was measured on 'starter@0.5' before" in work(undertaking.places, "base").error


def test_a_failing_run_is_listed_the_others_go_on_and_it_can_be_retried(undertake, carried_out, workplace, tiny_folder):
    late = workplace / "late"
    changes = {
        "points": {
            "broken": {"changes": {"encoder.base": str(late)}},
            "on top of it": {"after": "broken", "changes": {"optim.lr": 1e-4}},
            "sound": {},
        },
        "untrained": {},
        "seeds": [0],
        **UNTESTED,
    }
    undertaking = undertake(**changes)
    entries, notes = carried_out(undertaking)

    states = {entry.run: entry.state for entry in entries.values()}
    after = next(run for run in states if run.startswith("on-top"))
    assert states == {"broken-s0": "failed", after: "failed", "sound-s0": "done"}
    assert "late" in entries["broken-s0"].error
    assert "'broken-s0', failed" in entries[after].error
    assert Ledger.kept(undertaking.places.results)["broken-s0"].error == entries["broken-s0"].error
    # Without being asked nothing is retried.
    assert carried_out(undertaking)[1].began_runs == []
    late.symlink_to(tiny_folder)
    entries, notes = carried_out(undertaking, retry_failed=True)
    assert notes.began_runs == ["broken-s0", after]
    assert {entry.state for entry in entries.values()} == {"done"}


def test_a_changed_recipe_under_existing_results_is_refused(undertake, carried_out, declare):
    one = {"points": {}, "grid": {"optim.lr": [1e-3]}, "untrained": {}, **UNTESTED}
    undertaking = undertake(**one, seeds=[0])
    carried_out(undertaking)
    changed = declare(**one, seeds=[0], changes={"optim.steps": 5})

    with pytest.raises(UsageError, match=r"run 'lr=0\.001-s0' was planned differently: recipe\.optim\.steps was 3, is"):
        carried_out(Undertaking.of(changed, undertaking.places))
    # More seeds and points are no change of what is there.
    more = declare(**one, seeds=[0, 1])
    assert carried_out(Undertaking.of(more, undertaking.places))[1].began_runs == ["lr=0.001-s1"]


def test_hyper_parameters_are_chosen_by_held_out_pairs(undertake, carried_out):
    undertaking = undertake(
        points={},
        grid={"optim.lr": {"none": 1e-12, "some": 1e-3}},
        overrides={"optim.steps": 30},
        untrained={},
        seeds=[0],
        select="validation",
        sets=[{"set": "validation"}],
        measures=["multilingual/map"],
        **UNTESTED,
    )
    carried_out(undertaking)

    chosen = json.loads((undertaking.places.results / "chosen.json").read_text())
    assert chosen["by"] == "multilingual/map on held-out pairs"
    assert set(chosen["points"]) == {"none", "some"}
    assert {row["benchmark"] for row in rows_of(undertaking)} == {"validation"}


def test_two_runners_of_one_study_do_not_meet(undertake, carried_out):
    undertaking = undertake(points={}, **UNTESTED)

    with (
        durable.locked(undertaking.places.runs / "study"),
        pytest.raises(UsageError, match="run by another process"),
    ):
        carried_out(undertaking)


def test_ctrl_c_stops_the_workers_and_says_how_to_go_on(undertake):
    from equilingua.study.runner import carry_out

    class Interrupted(Here):
        stopped = False

        def wait(self, _seconds):
            if not self.stopped:
                raise KeyboardInterrupt
            return super().wait(_seconds)

        def stop(self):
            self.stopped = True

    undertaking = undertake(points={}, **UNTESTED)
    with pytest.raises(StoppedError, match="resume with: equilingua study run tiny"):
        carry_out(undertaking, lambda: Interrupted(undertaking.places), Notes())
    # What was at work has finished, and nothing else was begun.
    assert {run: entry.state for run, entry in undertaking.entries().items()} == {"base": "done", "centred": "planned"}


def test_a_stopped_run_whose_folder_is_gone_trains_again(undertake, carried_out):
    undertaking = undertake(seeds=[0], **UNTESTED)
    entries, _ = carried_out(undertaking)
    run, places = "monolingual-s0", undertaking.places
    before = json.loads(places.evaluation(run).read_text())["results"]["starter@0.5"]["multilingual"]
    undertaking.ledger.write(replace(entries[run], state="stopped", read={}))
    shutil.rmtree(places.runs / run)

    again, _ = carried_out(undertaking)

    assert again[run].state == "done"
    assert json.loads(places.evaluation(run).read_text())["results"]["starter@0.5"]["multilingual"] == before
