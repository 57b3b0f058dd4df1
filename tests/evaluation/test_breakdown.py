import math

import numpy as np

from equilingua.evaluation.breakdown import Breakdown


def test_every_part_counts_the_same_and_empty_parts_do_not():
    parts = Breakdown(
        question=np.arange(4),
        part=np.array([0, 0, 0, 2]),
        part_names=("de", "en", "hi"),
        values={"map": np.array([0.0, 0.5, 1.0, 1.0])},
        skipped=0,
    )
    assert parts.by_part() == {"de": {"map": 0.5}, "hi": {"map": 1.0}}
    assert parts.mean() == {"map": 0.75}
    assert parts.to_json("by_language") == {"map": 0.75, "by_language": parts.by_part()}


def test_a_setting_that_does_not_exist_is_null():
    nothing = np.zeros(0, np.int64)
    parts = Breakdown(nothing, nothing, ("de>de",), {"map": np.zeros(0)}, 0)
    assert math.isnan(parts.mean()["map"])
    assert parts.to_json("by_pair") == {"map": None, "by_pair": {}}


def test_a_question_without_the_figure_is_left_out_of_it_alone():
    parts = Breakdown(
        question=np.arange(4),
        part=np.array([0, 0, 1, 1]),
        part_names=("de", "en"),
        values={"map": np.array([0.0, 1.0, 1.0, 1.0]), "score_offset": np.array([0.5, np.nan, np.nan, np.nan])},
        skipped=0,
    )
    record = parts.to_json("by_language")
    assert (record["map"], record["score_offset"]) == (0.75, 0.5)
    assert record["by_language"] == {"de": {"map": 0.5, "score_offset": 0.5}, "en": {"map": 1.0, "score_offset": None}}
