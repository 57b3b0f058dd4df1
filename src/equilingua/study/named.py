"""How a study's tables, figures and verdicts name measures and write their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.report import numerals

if TYPE_CHECKING:
    from equilingua.study.measures import Measure

_METRICS = {
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
_SETTINGS = {"monolingual": "monolingual ", "cross_lingual": "cross-lingual ", "multilingual": "multilingual "}
# Names that keep their small first letter where a sentence begins with them.
_SMALL = ("mAP", "nDCG")


def title(measure: Measure) -> str:
    """Return a measure's name in tables.

    >>> from equilingua.study.measures import Measure
    >>> title(Measure("cross_lingual", "recall@1")), title(Measure("bias", "rank_distance"))
    ('cross-lingual R@1', 'rank distance')
    """
    return _SETTINGS.get(measure.setting, "") + metric(measure)


def metric(measure: Measure) -> str:
    """Return its name without the setting."""
    if measure.metric in _METRICS:
        return _METRICS[measure.metric]
    prefix = next((sign for sign in _PREFIXES if measure.metric.startswith(sign)), "")
    return _PREFIXES.get(prefix, "") + measure.metric.removeprefix(prefix)


def point(name: str) -> str:
    """Return a point's name as a sentence can have it.

    >>> point("hybrid"), point("with, alpha=0.5")
    ('hybrid', '“with, alpha=0.5”')
    """
    return f"“{name}”" if " " in name else name


def capital(text: str) -> str:
    """Return a text as a sentence begins with it."""
    return text if text.startswith(_SMALL) else text[:1].upper() + text[1:]


def write(measure: Measure, value: float) -> str:
    """Write a value: ranks with one decimal, all others with four."""
    written = numerals.ranks(abs(value)) if measure.metric == "rank_distance" else numerals.score(abs(value))
    return numerals.signed(written, value) if value < 0 else written


def write_difference(measure: Measure, value: float) -> str:
    """Write a difference with its sign."""
    return numerals.signed(write(measure, abs(value)), value)


def tick(value: float) -> str:
    """Write a round number beside an axis.

    >>> tick(0.775), tick(0.0), tick(1250.0)
    ('.775', '0', '1,250')
    """
    return f"{value:,.10g}".removeprefix("0") or "0"
