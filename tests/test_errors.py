import pytest

from equilingua import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (errors.PlanError, 2),
        (errors.RecipeError, 2),
        (errors.DataError, 1),
        (errors.ChecksumError, 1),
        (errors.TrainingError, 1),
        (errors.MissingExtraError, 1),
        (errors.StoppedError, 130),
    ],
)
def test_exit_codes(error, code):
    assert error.exit_code == code
    assert issubclass(error, errors.EquilinguaError)


def test_an_unknown_name_comes_with_the_nearest():
    near = errors.unknown_name("strategy", "hybird", iter(["hybrid", "mixed"]))
    far = errors.unknown_name("strategy", "qqq", ["hybrid", "mixed"])

    assert str(near) == "unknown strategy 'hybird': did you mean 'hybrid'? known: hybrid, mixed"
    assert str(far) == "unknown strategy 'qqq': known: hybrid, mixed"


def test_a_missing_extra_says_what_to_install():
    error = errors.MissingExtraError("the page", "jinja2", "report")

    assert str(error) == "the page needs the package 'jinja2': pip install 'equilingua[report]'"
