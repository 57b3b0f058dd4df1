"""Which language a text is in, as far as py3langid can tell."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Below this, what is wrong is as often the identifier as the text.
SUREST = 0.9
SHORTEST = 30
# py3langid's labels, where they are not the BCP-47 language.
_LABELS = {"nb": "no", "fil": "tl", "kmr": "ku", "gn": "gug", "ff": "fuv", "ki": "kik", "gsw": "de"}
# Languages so near to each other that one of them is no proof against another.
_KIN = (
    frozenset({"zh", "yue", "wuu"}),
    frozenset({"ar", "ary", "arz"}),
    frozenset({"bs", "hr", "sr"}),
    frozenset({"da", "nn", "no"}),
    frozenset({"id", "jv", "ms"}),
    frozenset({"uz", "uzs"}),
    frozenset({"gl", "pt"}),
    frozenset({"ext", "an", "es"}),
    frozenset({"nso", "st", "tn"}),
    frozenset({"xh", "zu", "ss", "nr"}),
    frozenset({"rw", "rn"}),
)
# Labels that say nothing against a text: Nigerian Pidgin for plain English, and no language at all.
_NO_PROOF = frozenset({"pcm", "zxx"})


def is_other(text: str, language: str) -> bool:
    """Tell whether a text is surely in another language than it should be.

    A language that the identifier does not know is not judged, nor is a short text.

    Args:
        text: one of at least 30 characters.
        language: BCP-47 code of what it should be.
    """
    if len(text) < SHORTEST:
        return False
    expected = language.partition("-")[0]
    expected = _LABELS.get(expected, expected)
    if expected not in _known():
        return False
    found, confidence = _identifier().classify(text)
    if found == expected or confidence < SUREST or found in _NO_PROOF:
        return False
    return not any(found in kin and expected in kin for kin in _KIN)


@cache
def _identifier() -> LanguageIdentifier:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        raise MissingExtraError("telling which language a text is in", "py3langid", "data") from None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _known() -> frozenset[str]:
    return frozenset(_identifier().labels)
