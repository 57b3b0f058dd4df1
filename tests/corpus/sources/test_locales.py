import pytest

from equilingua.corpus.sources.locales import language
from equilingua.errors import UsageError


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("C", "en"), ("en-US", "en"), ("en_GB", "en-GB"), ("de", "de"), ("de-DE", "de"), ("ar-MA", "ar")),
        *(("nb-NO", "nb"), ("pt_BR", "pt-BR"), ("pt", "pt"), ("pt_PT", "pt"), ("fa-IR", "fa")),
        *(("zh_CN", "zh-Hans"), ("zh-cn", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh_HK", "zh-Hant-HK")),
        *(("sr@latin", "sr-Latn"), ("sr", "sr"), ("ca@valencia", "ca-valencia"), ("ca-ES", "ca")),
    ],
)
def test_locales_as_bcp_47(name, code):
    assert language(name) == code


def test_what_is_no_locale():
    with pytest.raises(UsageError, match="unknown language code 'common-content'"):
        language("Common_Content")
