"""Language codes: BCP-47 everywhere, normalised once, where a source is read."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of `langcodes.tag_distance`, after CLDR: 0 is one language told in two ways, 1 is what `no` and `nb` are.
_ALIKE = 1


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
    """Return a language's English name with its code, as "German (de)"; the code alone where there is no name."""
    import langcodes

    name = langcodes.Language.get(code).language_name()
    return code if name.startswith("Unknown") else f"{name} ({code})"


def pair_described(pair: str) -> str:
    """Describe both languages of an ordered pair such as "de>en", or the one that there is."""
    return " > ".join(map(described, pair.split(">")))


def alike(codes: Iterable[str]) -> list[list[str]]:
    """Return the codes that may name one language, together with each other; `pt` and `pt-PT` are not among them.

    >>> alike(["en", "zh-CN", "nb", "zh-Hans", "no", "zh-Hant", "pt", "pt-PT"])
    [['nb', 'no'], ['zh-CN', 'zh-Hans']]
    """
    import langcodes

    homes = {code: code for code in sorted(set(codes))}
    for one, other in combinations(homes, 2):
        if langcodes.tag_distance(one, other) <= _ALIKE:
            homes[other] = homes[one]
    groups = [[code for code, home in homes.items() if home == first] for first in dict.fromkeys(homes.values())]
    return [group for group in groups if len(group) > 1]
