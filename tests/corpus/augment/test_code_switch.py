from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.augment import words
from equilingua.corpus.augment.code_switch import SwitchPlan, SwitchReport, code_switch, switch_text
from equilingua.corpus.augment.lexicon import Lexicon
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import UsageError

GALICIAN = Lexicon("en", "gl", {"row": ("fila", "ringleira"), "table": ("táboa",)})
GERMAN = Lexicon("en", "de", {"row": ("Zeile",), "table": ("Tabelle",), "print": ("drucken",)})
PLAN = SwitchPlan((GALICIAN, GERMAN), rate=0.5, seed=7)
CORPUS = ParallelCorpus.from_pairs(
    [Pair(f"g{n}", "en", f"Row {n} of a table", "print the row, not the table", "s", "p", ("no",)) for n in range(200)]
    + [Pair("g0", "gl", "fila", "táboa", "s"), Pair("none", "en", "other words", "nothing known", "s")]
)


def test_everything_known_is_replaced_at_rate_one_in_its_case():
    plan = SwitchPlan((GALICIAN,), rate=1)

    assert switch_text("Row of the TABLE: rows, row-table (row).", plan, "k") == (
        "Fila of the TÁBOA: rows, row-table (fila)."
    )
    assert switch_text("the row", SwitchPlan((GERMAN,), rate=1), "k") == "the Zeile"


def test_a_switched_pair_keeps_its_group_and_says_what_was_done():
    switched, report = code_switch(CORPUS, PLAN)

    assert 0 < len(switched) == report.kept < 201
    assert set(switched.languages) == {"en"}
    assert switched.sources == ["s+code-switch:en>gl,de@0.5#7"]
    assert switched[0].passage_id == "p"
    assert switched[0].negatives == ("no",)
    assert report.pairs == 201
    assert report.unchanged == 201 - report.kept
    assert report.words == 200 * (4 + 6) + 4
    assert report.known == 200 * 5
    assert report.lexicons == {"gl": 2, "de": 3}


def test_the_rate_and_the_languages_are_met_in_expectation():
    _, report = code_switch(CORPUS, PLAN)

    total = sum(report.replaced.values())
    assert abs(total / report.known - 0.5) < 4 * np.sqrt(0.25 / report.known)
    # "print" is known in German alone; the four others are as likely in either language.
    assert abs(report.replaced["gl"] / total - 0.4) < 4 * np.sqrt(0.24 / total)


def test_draws_depend_on_the_seed_and_the_pair_alone():
    whole = {pair.group: pair for pair in code_switch(CORPUS, PLAN)[0]}
    order = np.random.default_rng(0).permutation(len(CORPUS))
    assert {pair.group: pair for pair in code_switch(CORPUS.select(order), PLAN)[0]} == whole
    part = code_switch(CORPUS.select(np.arange(50, 60)), PLAN)[0]
    assert all(whole[pair.group] == pair for pair in part)
    other = {pair.group: pair.query for pair in code_switch(CORPUS, replace(PLAN, seed=8))[0]}
    assert sum(other.get(group) != pair.query for group, pair in whole.items()) > 50


@pytest.mark.parametrize("sides", ["query", "passage"])
def test_one_side_alone(sides):
    switched, _ = code_switch(CORPUS, SwitchPlan((GERMAN,), rate=1, sides=sides))

    other = {"query": "passage", "passage": "query"}[sides]
    assert getattr(switched[5], other) == getattr(CORPUS[5], other)
    assert getattr(switched[5], sides) != getattr(CORPUS[5], sides)
    assert switched.sources == [f"s+code-switch:en>de@1#0/{sides}"]


def test_limit():
    _, report = code_switch(CORPUS, PLAN, limit=3)
    assert report.pairs == 3


@given(st.text("rowtable ,.-'A\u0301\n", max_size=40), st.integers(0, 5))
def test_what_is_no_word_stays_and_so_does_the_number_of_words(text, seed):
    plan = SwitchPlan((GALICIAN, GERMAN), rate=0.7, seed=seed)
    report = SwitchReport()
    switched = switch_text(text, plan, "k", report)

    assert report.words == len(words.find(text)) == len(words.find(switched))
    gaps = words.find(text)
    if not report.replaced:
        assert switched == text
    assert sum(len(w[0]) for w in gaps) - len(text) == sum(len(w[0]) for w in words.find(switched)) - len(switched)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate": 0}, "rate 0: use a number above 0"),
        ({"rate": 1.5}, "rate 1.5"),
        ({"sides": "all"}, "unknown sides 'all'"),
        ({"lexicons": ()}, "needs a lexicon"),
        ({"lexicons": (GALICIAN, GALICIAN)}, "from en into gl, gl"),
        ({"lexicons": (GALICIAN, Lexicon("fr", "de", {}))}, "from en, fr into gl, de"),
        ({"lexicons": (Lexicon("zh-Hans", "de", {}),)}, "written without spaces"),
    ],
)
def test_wrong_plans(wrong, message):
    with pytest.raises(UsageError, match=message):
        SwitchPlan(**{"lexicons": (GALICIAN,), "rate": 0.5} | wrong)
