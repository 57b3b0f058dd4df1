import pytest

from equilingua.errors import UsageError
from equilingua.study.definition import parse_study
from tests.study import studies


def parse(**changes):
    return parse_study(studies.record("encoder", **changes), "test")


def test_a_study_has_defaults_and_keeps_what_it_tests():
    study = parse(measures=["multilingual/map"])

    assert study.keep == "figures"
    assert [f"{one.setting}/{one.metric}" for one in study.kept_measures] == ["multilingual/map", "bias/rank_distance"]


def test_a_part_is_called_by_its_share():
    labels = [
        one.label for one in parse(sets=[{"set": "a"}, {"set": "a", "share": 0.25}, {"set": "b", "name": "c"}]).sets
    ]

    assert labels == ["a", "a@0.25", "c"]


def test_its_parse_of_its_own_dump_is_the_same():
    study = parse()

    assert parse_study(study.model_dump(mode="json"), "again") == study


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": [0]}, "unknown key 'seed': did you mean 'seeds'?"),
        ({"points": {"a": {"chnages": {}}}}, "unknown key 'points.a.chnages': did you mean 'changes'?"),
        ({"sets": [{"set": "starter", "sahre": 0.1}]}, "did you mean 'share'?"),
        ({"sets": [{"set": "starter", "languages": ["english"]}]}, "english"),
        ({"seeds": []}, "key 'seeds'"),
        ({"seeds": [1, 1]}, "should name each seed once"),
        ({"measures": ["multilingual/mpa"]}, "unknown metric of multilingual 'mpa': did you mean 'map'?"),
        ({"measures": ["map"]}, "use SETTING/METRIC"),
        ({"measures": ["pooled/map"]}, "unknown setting 'pooled'"),
        ({"grid": {"batches.alpha": []}}, "'batches.alpha' has no values"),
        ({"grid": {"batches.size,optim.steps": [8, 16]}}, "needs lists of 2 values"),
        ({"select": "test"}, "key 'select': should be 'validation'"),
        ({"prepare": [{"command": ["train", "x"], "makes": ["y"]}]}, "beginning with data"),
        ({"prepare": [{"split": "starter", "to": "x"}]}, "either parts or shares"),
        (
            {"figures": [{"kind": "curve", "title": "t", "benchmark": "b", "measures": ["bias/peer"]}]},
            "a curve needs x",
        ),
        (
            {"figures": [{"kind": "trade-off", "title": "t", "benchmark": "b", "measures": ["bias/peer"]}]},
            "a trade-off has two measures",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(changes, message):
    with pytest.raises(UsageError) as caught:
        parse(**changes)

    assert message in str(caught.value)
    assert str(caught.value).startswith("study test: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "rank_distnace"}, "did you mean 'rank_distance'?"),
        ({"metric": "score_offset"}, "say direction"),
        ({"worse": "cross-lingual"}, "better and worse are both"),
        ({"margin": 0.1, "relative_margin": 0.1}, "exclude each other"),
        ({"claims": [11]}, "key 'hypotheses.0.claims.0'"),
    ],
)
def test_a_hypothesis_that_cannot_be_decided_is_refused(changes, message):
    with pytest.raises(UsageError, match="study test: ") as caught:
        parse(hypotheses=[studies.STUDY["hypotheses"][0] | changes])

    assert message in str(caught.value)
