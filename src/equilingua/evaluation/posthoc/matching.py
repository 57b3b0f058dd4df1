"""Whether two language codes mean the same language, though one says more than the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCRIPT_LETTERS = 4


def same_language(a: str, b: str) -> bool:
    """Tell whether two BCP-47 codes agree in the language, and in the script where both name one.

    >>> same_language("zh", "zh-Hans"), same_language("pt-BR", "pt"), same_language("sr-Latn", "sr-Cyrl")
    (True, True, False)
    """
    first, second = _language_and_script(a), _language_and_script(b)
    scripts = {first[1], second[1]} - {None}
    return first[0] == second[0] and len(scripts) < 2


def place(code: str, languages: Sequence[str]) -> int | None:
    """Return where a language is: under the very code, else under the first that means the same; None if nowhere.

    >>> place("zh", ("de", "zh-Hans")), place("zh-Hant", ("de", "zh-Hans"))
    (1, None)
    """
    if code in languages:
        return languages.index(code)
    return next((number for number, other in enumerate(languages) if same_language(code, other)), None)


def _language_and_script(code: str) -> tuple[str, str | None]:
    language, *rest = code.split("-")
    script = rest[0] if rest and len(rest[0]) == _SCRIPT_LETTERS and rest[0].isalpha() else None
    return language.lower(), script.title() if script else None
