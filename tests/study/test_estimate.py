from dataclasses import replace

from equilingua.study.estimate import plan
from equilingua.study.ledger import Entry


def entries(undertaking, **states):
    return {
        run.id: replace(Entry.planned(run), state=states.get(run.id.replace("-", "_"), "planned"))
        for run in undertaking.runs
    }


def test_hours_are_added_up_and_cached_vectors_cost_little(undertake):
    undertaking = undertake(
        cost={"pair": 0.5, "start": 10}, sets=[{"set": "starter", "seconds": 100, "name": "starter@0.5"}]
    )

    found = plan(undertaking.study, undertaking.runs, entries(undertaking))
    # 4 × (10 + 3 steps of 8 pairs + 100), the base 10 + 100, and its vectors again 10 + 10.
    assert found.seconds == 4 * (10 + 12 + 100) + 110 + 20
    assert (found.runs, len(found.left), found.measured) == (6, 6, False)


def test_finished_runs_set_the_pace_and_failed_ones_wait_to_be_retried(undertake):
    undertaking = undertake(
        cost={"pair": 0.5, "start": 10}, sets=[{"set": "starter", "seconds": 100, "name": "starter@0.5"}]
    )
    known = entries(undertaking, monolingual_s0="done", monolingual_s1="failed")
    known["monolingual-s0"] = replace(known["monolingual-s0"], seconds={"train": 400.0, "evaluate": 88.0}, cores=1)

    found = plan(undertaking.study, undertaking.runs, known)
    assert found.measured
    assert found.failed == ("monolingual-s1",)
    assert found.seconds == 2 * (2 * 122 + 110 + 20)
    assert len(plan(undertaking.study, undertaking.runs, known, retry_failed=True).left) == 5
