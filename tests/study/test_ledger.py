from dataclasses import replace

import pytest

from equilingua.errors import DataError, UsageError
from equilingua.study.ledger import Entry, Ledger, Places


def test_a_set_is_read_once_unless_reading_it_failed(undertake):
    entry = Entry.planned(undertake().runs[0]).begun(2).reading("starter")

    # Killed or failed while it was read: no figures were kept.
    again = entry.reading("starter")
    with pytest.raises(UsageError, match="evaluation sets are read once for each run"):
        again.has_read("starter").reading("starter")
    again.has_read("starter").reading("another")


def test_a_changed_plan_of_a_run_that_has_begun_is_refused_with_what_changed(undertake, tmp_path):
    ledger = Ledger(Places(tmp_path / "results", tmp_path / "runs"))
    before = undertake()
    entries = ledger.claim(before.runs)
    ledger.write(entries["monolingual-s0"].begun(2))
    after = undertake(changes={"optim.lr": 2e-3})

    with pytest.raises(UsageError) as caught:
        ledger.compare(after.runs, "start anew")
    said = "run 'monolingual-s0' was planned differently: recipe.optim.lr was 0.001, is 0.002: start anew"
    assert str(caught.value) == said
    ledger.compare(before.runs, "start anew")
    # Others that had not begun are planned anew.
    assert ledger.claim([run for run in after.runs if run.id == "monolingual-s1"])["monolingual-s1"].key != (
        entries["monolingual-s1"].key
    )


def test_a_recipe_key_that_came_later_makes_no_other_run_of_one_that_is_done(undertake, tmp_path):
    ledger = Ledger(Places(tmp_path / "results", tmp_path / "runs"))
    run = undertake().runs[0]
    older = {**run.plan, "recipe": {**run.plan["recipe"], "batches": dict(run.plan["recipe"]["batches"])}}
    del older["recipe"]["batches"]["distinct"]
    done = ledger.write(replace(Entry.planned(run).begun(2).done(), plan=older, key="older"))

    ledger.compare([run], "start anew")
    assert ledger.claim([run]) == {run.id: replace(done, plan=run.plan, key=run.key)}
    # At another value than the default it is another run.
    other = undertake(changes={"batches.distinct": False}).runs[0]
    with pytest.raises(UsageError, match=r"recipe\.batches\.distinct was True, is False"):
        ledger.compare([other], "start anew")


def test_a_damaged_record_is_named(tmp_path):
    ledger = Ledger(Places(tmp_path, tmp_path / "runs"))
    (tmp_path / "runs/ledger").mkdir(parents=True)
    (tmp_path / "runs/ledger/a-s0.json").write_text("{")

    with pytest.raises(DataError, match=r"a-s0\.json: is damaged \(.*\): remove it"):
        ledger.read("a-s0")
    assert ledger.read("b-s0") is None
    (tmp_path / "ledger.jsonl").write_text("{\n")
    with pytest.raises(DataError, match=r"ledger\.jsonl: is damaged"):
        ledger.read("b-s0")
