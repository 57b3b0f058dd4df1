"""Language codes: BCP-47 everywhere, normalised once, where a source is read."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

from equilingua.errors import UsageError


@lru_cache(maxsize=4096)
def normalise(code: str) -> str:
    """Return the canonical BCP-47 form of a language code.

    Raises:
        UsageError: the code is not a known language.

    >>> normalise("pt_br"), normalise("zh-hans"), normalise("EN"), normalise("iw")
    ('pt-BR', 'zh-Hans', 'en', 'he')
    """
    import langcodes

    try:
        tag = langcodes.standardize_tag(code.strip())
        known = tag and tag != "und" and langcodes.Language.get(tag).is_valid()
    except (ValueError, AttributeError):
        known = False
    if not known:
        raise UsageError(f"unknown language code '{code}': use a BCP-47 code such as en, pt-BR or zh-Hans")
    return tag


@lru_cache(maxsize=4096)
def described(code: str) -> str:
    """Return a language's English name with its code; the code alone where langcodes has no names.

    >>> described("de")  # doctest: +SKIP
    'German (de)'
    """
    import langcodes

    # Names are an extra of langcodes, and an environment from before they were asked for may lack them.
    if find_spec("language_data") is None:
        return code
    name = langcodes.Language.get(code).display_name()
    return f"{name} ({code})" if "Unknown" not in name else code
