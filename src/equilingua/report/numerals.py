"""How reports write numbers and what they call figures: one place, so that text, tables and charts agree."""

from __future__ import annotations

import math

# The three settings, as they are called.
SETTINGS = {"monolingual": "monolingual", "cross_lingual": "cross-lingual", "multilingual": "multilingual"}
_NAMES = {
    "map": "mAP",
    "mrr": "MRR",
    "rank_distance": "rank distance",
    "same_language_top1": "same-language top hits",
    "language_preference@10": "language preference@10",
    "peer": "PEER",
    "awrf": "AWRF",
    "score_offset": "score offset",
    "accuracy_to_en": "accuracy to English",
    "accuracy_from_en": "accuracy from English",
    "mining_f1": "mining F1",
    "accuracy": "option accuracy",
    "loss": "held-out loss",
}
_PREFIXES = {"map@": "mAP@", "recall@": "R@", "ndcg@": "nDCG@", "precision@": "P@", "f1@": "F1@", "success@": "S@"}
ABSENT = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_THIN = "\N{NARROW NO-BREAK SPACE}"


def name(figure: str) -> str:
    """Return what a figure is called.

    >>> name("map"), name("recall@10"), name("rank_distance")
    ('mAP', 'R@10', 'rank distance')
    """
    prefix = next((sign for sign in _PREFIXES if figure.startswith(sign)), "")
    return _NAMES.get(figure, _PREFIXES.get(prefix, "") + figure.removeprefix(prefix))


def score(value: float, digits: int = 4) -> str:
    """Write a score between 0 and 1 without its leading zero, as the field's tables do.

    >>> score(0.79807), score(1.0), score(0.5, digits=2)
    ('.7981', '1.0000', '.50')
    """
    return f"{value:.{digits}f}".removeprefix("0") if math.isfinite(value) else ABSENT


def ranks(value: float) -> str:
    """Write a rank distance: one decimal below a thousand, none above.

    >>> ranks(497.84), ranks(1229.7)
    ('497.8', '1,230')
    """
    if not math.isfinite(value):
        return ABSENT
    return f"{value:,.1f}" if round(value, 1) < 1000 else f"{value:,.0f}"


def rank(value: float) -> str:
    """Write a rank in at most four signs, for a narrow cell.

    >>> rank(1.0), rank(87.4), rank(1234.0), rank(45678.0)
    ('1', '87', '1.2k', '46k')
    """
    if not math.isfinite(value):
        return ABSENT
    if round(value) < 1000:
        return f"{value:.0f}"
    thousands = value / 1000
    return f"{thousands:.1f}k" if thousands < 9.95 else f"{thousands:.0f}k"


def share(value: float) -> str:
    """Write a share as a percentage with one decimal."""
    return f"{value:.1%}".replace("%", f"{_THIN}%") if math.isfinite(value) else ABSENT


def coverage(value: float) -> str:
    """Write the share of questions that are answered, rounded down: 100 % is all of them.

    >>> coverage(0.99977), coverage(1.0)
    ('99.9\u202f%', '100.0\u202f%')
    """
    return share(math.floor(round(1000 * value, 6)) / 1000) if math.isfinite(value) else ABSENT


def points(value: float) -> str:
    """Write a difference of two shares in percentage points."""
    return f"{100 * value:.1f}{_THIN}pp" if math.isfinite(value) else ABSENT


def signed(text: str, difference: float) -> str:
    """Put a sign before the written magnitude `text` of a difference; none before a zero."""
    if text == ABSENT or not any(digit in text for digit in "123456789"):
        return text
    return (_MINUS if difference < 0 else "+") + text


def duration(seconds: float) -> str:
    """Write a duration in the two largest units that it fills.

    >>> duration(4.25), duration(372), duration(7380)
    ('4.2 s', '6 min 12 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
