from dataclasses import replace

from equilingua.study.choice import choose
from equilingua.study.ledger import Entry


def test_the_best_mean_over_seeds_is_chosen(undertake):
    done = [replace(Entry.planned(run), state="done") for run in undertake().runs]
    values = {"monolingual-s0": 0.1, "monolingual-s1": 0.9, "cross-lingual-s0": 0.4, "cross-lingual-s1": 0.4}

    least = choose(done, values)
    assert least["chosen"] == "cross-lingual"
    assert least["changes"] == {"batches.strategy": "cross-lingual"}
    assert least["points"] == {
        "cross-lingual": {"mean": 0.4, "runs": 2},
        "monolingual": {"mean": 0.5, "runs": 2},
    }
    assert choose(done, values, "multilingual/map", higher=True)["chosen"] == "monolingual"
    assert choose(done, {}) is None
