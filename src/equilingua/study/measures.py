"""What a study measures: a metric in a setting, which way is better, its name, and how its values are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.bias.figures import FIGURES
from equilingua.evaluation.metrics import METRICS
from equilingua.evaluation.settings import SETTINGS
from equilingua.report import numerals

if TYPE_CHECKING:
    from collections.abc import Mapping

# Setting → its metrics. `bitext` is what Tatoeba has besides, `options` what DREAM and C3 have, and `held-out` the
# loss on a run's own validation pairs.
KNOWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(SETTINGS, tuple(METRICS)),
    "bias": tuple(FIGURES),
    "bitext": ("accuracy_to_en", "accuracy_from_en", "mining_f1"),
    "options": ("accuracy",),
    "held-out": ("loss",),
}
_LOWER = frozenset({"rank_distance", "loss"})
# Too little of these is as bad as too much, or what is due depends on the pool; PEER is highest for random vectors.
_NEITHER = frozenset({"same_language_top1", "language_preference@10", "score_offset", "peer"})
# Names that keep their small first letter where a sentence begins with them.
_SMALL = ("mAP", "nDCG")


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric in a setting.

    Attributes:
        setting: a key of `KNOWN`.
        metric: one of its metrics.
    """

    setting: str
    metric: str

    def __str__(self) -> str:
        return f"{self.setting}/{self.metric}"

    @property
    def higher_is_better(self) -> bool | None:
        """Whether more of it is better; None where neither is."""
        if self.metric in _NEITHER:
            return None
        return self.metric not in _LOWER


def parse_measure(text: str) -> Measure:
    """Return the measure that is written as SETTING/METRIC.

    Raises:
        UsageError: an unknown setting or metric; the message names the nearest.
    """
    setting, slash, metric = text.partition("/")
    if not slash:
        raise UsageError(f"measure '{text}': use SETTING/METRIC, such as multilingual/map")
    if setting not in KNOWN:
        raise unknown_name("setting", setting, KNOWN)
    if metric not in KNOWN[setting]:
        raise unknown_name(f"metric of {setting}", metric, KNOWN[setting])
    return Measure(setting, metric)


def title(measure: Measure) -> str:
    """Return a measure's name in tables.

    >>> title(Measure("cross_lingual", "recall@1")), title(Measure("bias", "rank_distance"))
    ('cross-lingual R@1', 'rank distance')
    """
    setting = numerals.SETTINGS.get(measure.setting)
    return f"{setting} {numerals.name(measure.metric)}" if setting else numerals.name(measure.metric)


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
