import pytest

from equilingua.evaluation.posthoc.matching import same_language


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("en", "en", True),
        ("zh", "zh-Hans", True),
        ("zh-Hant-TW", "zh", True),
        ("pt-BR", "pt-PT", True),
        ("zh-Hans", "zh-Hant", False),
        ("de", "en", False),
        ("kn", "kng", False),
    ],
)
def test_codes(a, b, same):
    assert same_language(a, b) is same
    assert same_language(b, a) is same
