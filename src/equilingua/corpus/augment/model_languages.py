"""The names that multilingual translation models give to languages: M2M100's, NLLB's, mBART's and OPUS-MT's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# What FLORES, and NLLB with it, names by the individual language instead of the group that the short code stands for.
_INDIVIDUAL = {
    "ar": "arb", "ay": "ayr", "az": "azj", "din": "dik", "fa": "pes", "ff": "fuv", "gn": "grn", "kr": "knc",
    "ku": "kmr", "lv": "lvs", "mg": "plt", "mn": "khk", "ms": "zsm", "ne": "npi", "no": "nob", "om": "gaz",
    "or": "ory", "ps": "pbt", "qu": "quy", "sq": "als", "sw": "swh", "uz": "uzn", "yi": "ydd",
}  # fmt: skip


def find(language: str, known: Collection[str]) -> str | None:
    """Return a model's own name of a language, or None if it has none in the same script.

    Args:
        language: BCP-47 code.
        known: the names that the model has.

    >>> find("pt-BR", ["pt", "gl"]), find("zh-Hant", ["zh"]), find("sw", ["swh_Latn"]), find("gl", ["gl_ES"])
    ('pt', None, 'swh_Latn', 'gl_ES')
    """
    import langcodes

    tag = langcodes.Language.get(language)
    plain = tag.language or language
    script = tag.maximize().script
    usual = script == langcodes.Language.get(plain).maximize().script
    threes = [_INDIVIDUAL.get(plain, ""), tag.to_alpha3()]
    candidates = [language, language.replace("-", "_"), *(f"{three}_{script}" for three in threes)]
    if usual:
        candidates += [plain, *threes]
    for candidate in candidates:
        if candidate in known:
            return candidate
    if not usual:
        return None
    # mBART puts a region behind the language, its own choice of one.
    regional = sorted(name for name in known if name.startswith(f"{plain}_") and len(name) == len(plain) + 3)
    return regional[0] if regional else None
