import pytest

from equilingua.errors import UsageError
from equilingua.languages import alike, described, normalise, pair_described


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


@pytest.mark.parametrize(
    "codes", [("no", "nb"), ("zh", "cmn"), ("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant"), ("en", "en-US")]
)
def test_two_codes_of_one_language(codes):
    assert alike([*codes, "fr"]) == [sorted(codes)]


@pytest.mark.parametrize(
    "codes",
    [("nb", "nn"), ("zh-Hans", "zh-Hant"), ("zh", "yue"), ("pt-BR", "pt-PT"), ("sr-Cyrl", "sr-Latn"), ("id", "ms")],
)
def test_two_languages_that_are_near(codes):
    assert alike(codes) == []


def test_languages_have_names_beside_their_codes():
    assert described("de") == "German (de)"
    assert described("zh-Hans") == "Chinese (zh-Hans)"
    assert pair_described("pt-BR>sw") == "Portuguese (pt-BR) > Swahili (sw)"
    assert described("qaa") == "qaa"
