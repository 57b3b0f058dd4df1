"""The names that Debian, GNOME and the manuals give to languages, as BCP-47 codes."""

from __future__ import annotations

from equilingua.languages import normalise

_NAMES = {"c": "en", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant-HK"}
_VARIANTS = {"latin": "Latn", "cyrillic": "Cyrl", "valencia": "valencia"}
# A region that only repeats where a language is mostly spoken says nothing; these say something.
_TELLING = frozenset({"pt-BR", "en-GB", "en-CA", "en-AU", "ca-valencia"})


def language(name: str) -> str:
    """Return the BCP-47 code of a locale.

    Raises:
        UsageError: it is no known language.

    >>> language("C"), language("de_DE"), language("pt_BR"), language("zh_CN"), language("sr@latin")
    ('en', 'de', 'pt-BR', 'zh-Hans', 'sr-Latn')
    """
    plain, _, variant = name.partition("@")
    plain = plain.replace("_", "-").lower()
    if plain in _NAMES:
        return _NAMES[plain]
    code = normalise(f"{plain}-{_VARIANTS[variant]}" if variant in _VARIANTS else plain)
    return code if code in _TELLING or variant else code.partition("-")[0]
