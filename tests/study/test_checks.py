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
        changes={
            "data.0.name": "made/starter-train.parquet",
            "decontaminate.against": ["made/starter-test.parquet"],
        },
        sets=[{"set": "made/starter-test.parquet", "name": "starter@0.5"}],
    )


@pytest.mark.parametrize(
    ("against", "measured"),
    [
        (["xquad-r"], "starter"),
        (["starter"], "mlqa-r:paragraph"),
        # By default all named sets are looked for, and no file is.
        (None, "made/starter-test.parquet"),
    ],
)
def test_what_is_measured_on_has_to_be_looked_for_in_training(undertake, against, measured):
    untested = {"comparisons": [], "hypotheses": [], "figures": []}
    prepare = [{"split": "starter", "shares": {"train": 0.8, "test": 0.2}, "to": "made/starter"}]

    with pytest.raises(UsageError, match=f"measured on '{measured}', which is not looked for"):
        undertake(changes={"decontaminate.against": against}, prepare=prepare, sets=[{"set": measured}], **untested)


def test_lareqa_is_looked_for_as_xquad_r(undertake):
    untested = {"comparisons": [], "hypotheses": [], "figures": []}

    undertake(changes={"decontaminate.against": ["xquad-r"]}, sets=[{"set": "lareqa:paragraph"}], **untested)


def test_a_choice_of_hyper_parameters_may_read_held_out_pairs_only(undertake):
    untested = {"comparisons": [], "hypotheses": [], "figures": [], "select": "validation"}

    with pytest.raises(UsageError, match=r"may read held-out pairs only: drop 'starter@0\.5' from its sets"):
        undertake(**untested)
    looked_for = {"decontaminate.against": ["starter", "dev"]}
    undertake(sets=[{"set": "validation"}, {"set": "dev"}], changes=looked_for, **untested)
