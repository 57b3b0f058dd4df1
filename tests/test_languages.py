import pytest

from equilingua.errors import UsageError
from equilingua.languages import normalise


@pytest.mark.parametrize(
    ("code", "canonical"),
    [
        ("en", "en"),
        (" EN ", "en"),
        ("pt_br", "pt-BR"),
        ("zh-hans", "zh-Hans"),
        ("zh_Hant_TW", "zh-Hant-TW"),
        ("iw", "he"),
        ("deu", "de"),
        ("sr-latn", "sr-Latn"),
        ("ca-valencia", "ca-valencia"),
    ],
)
def test_one_form_a_language(code, canonical):
    assert normalise(code) == canonical
    assert normalise(canonical) == canonical


@pytest.mark.parametrize("code", ["", " ", "xx", "klingon!", "english", "en-XYZQ", "und", "12", "e", "zz-ZZ", "de--AT"])
def test_what_is_no_language_is_named(code):
    with pytest.raises(
        UsageError, match=r"unknown language code .*: use a BCP-47 code such as en, pt-BR or zh-Hans"
    ) as caught:
        normalise(code)
    assert f"'{code}'" in str(caught.value)
