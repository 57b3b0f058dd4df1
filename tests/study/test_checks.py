import pytest

from equilingua.errors import UsageError
from tests.study import studies

HYPOTHESIS = studies.STUDY["hypotheses"][0]
FIGURE = studies.STUDY["figures"][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sets": [{"set": "xqaud-r"}]}, "unknown benchmark 'xqaud-r': did you mean 'xquad-r'?"),
        ({"sets": [{"set": "absent.parquet"}]}, "absent.parquet: no such file"),
        ({"changes": {"data.0.name": "startre"}}, "unknown set 'startre': did you mean 'starter'?"),
        ({"changes": {"data.0.name": "mine/absent.jsonl"}}, "no preparation of the study makes it"),
        ({"untrained": {"a": {"encoder": "x", "posthoc": "centre"}}}, "did you mean 'center'?"),
        ({"untrained": {"a": {"encoder": "x", "fit_on": ["starter"]}}}, "there is nothing to fit"),
        ({"comparisons": [{"first": "crosslingual", "others": ["base"]}]}, "did you mean 'cross-lingual'?"),
        ({"comparisons": [{"first": "base", "others": ["centred"], "benchmarks": ["starter"]}]}, "'starter@0.5'"),
        ({"hypotheses": [HYPOTHESIS | {"better": "cross"}]}, "point in hypotheses: 'cross'"),
        ({"hypotheses": [HYPOTHESIS | {"benchmark": "starter"}]}, "did you mean 'starter@0.5'?"),
        ({"figures": [FIGURE | {"points": ["mono"]}]}, "point in figures: 'mono'"),
        ({"quick": {"points": ["hybrid"]}}, "point in quick: 'hybrid'"),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest(undertake, changes, message):
    with pytest.raises(UsageError) as caught:
        undertake(**changes)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_the_study_prepares_need_not_be_there_yet(undertake):
    undertake(
        prepare=[{"split": "starter", "shares": {"train": 0.8, "test": 0.2}, "to": "made/starter"}],
        changes={"data.0.name": "made/starter-train.parquet"},
        sets=[{"set": "made/starter-test.parquet", "name": "starter@0.5"}],
    )


def test_a_choice_of_hyper_parameters_may_read_held_out_pairs_only(undertake):
    untested = {"comparisons": [], "hypotheses": [], "figures": [], "select": "validation"}

    with pytest.raises(UsageError, match=r"may read held-out pairs only: drop 'starter@0\.5' from its sets"):
        undertake(**untested)
    undertake(sets=[{"set": "validation"}], **untested)
