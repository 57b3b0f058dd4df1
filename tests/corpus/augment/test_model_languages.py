import pytest

from equilingua.corpus.augment.model_languages import find

FLORES = ["eng_Latn", "zho_Hans", "zho_Hant", "arb_Arab", "swh_Latn", "npi_Deva", "kas_Arab", "kas_Deva", "por_Latn"]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "eng_Latn"),
        ("zh-Hans", "zho_Hans"),
        ("zh-Hant", "zho_Hant"),
        ("ar", "arb_Arab"),
        ("sw", "swh_Latn"),
        ("ne", "npi_Deva"),
        ("ks-Deva", "kas_Deva"),
        ("pt-BR", "por_Latn"),
        ("gl", None),
        ("sr-Latn", None),
    ],
)
def test_flores(language, name):
    assert find(language, FLORES) == name


def test_plain_codes_and_those_with_regions():
    assert find("pt-BR", ["pt_BR", "pt"]) == "pt_BR"
    assert find("es", ["en_XX", "es_XX"]) == "es_XX"
    assert find("glg", ["gl"]) == "gl"
    assert find("gl", ["eng", "glg"]) == "glg"
    assert find("zh-Hant", ["zh", "zh_CN"]) is None
