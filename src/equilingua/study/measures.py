"""What a study measures: a metric in a setting, which way is better, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.errors import unknown_name
from equilingua.evaluation.bias.catalogue import FIGURES as BIAS
from equilingua.evaluation.metrics.catalogue import METRICS
from equilingua.evaluation.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Setting → its metrics. `bitext` is what Tatoeba has besides, `options` what DREAM and C3 have, and `held-out` the
# loss on a run's own validation pairs.
KNOWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(SETTINGS, tuple(METRICS)),
    "bias": BIAS,
    "bitext": ("accuracy_to_en", "accuracy_from_en", "mining_f1"),
    "options": ("accuracy",),
    "held-out": ("loss",),
}
_LOWER = frozenset({"rank_distance", "loss"})
# Too little of these is as bad as too much, or what is due depends on the pool; PEER is highest for random vectors.
_NEITHER = frozenset({"same_language_top1", "language_preference@10", "score_offset", "peer"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric in a setting.

    Attributes:
        setting: a key of `KNOWN`.
        metric: one of its metrics.
    """

    setting: str
    metric: str

    @property
    def higher_is_better(self) -> bool | None:
        """Whether more of it is better; None where neither is."""
        if self.metric in _NEITHER:
            return None
        return self.metric not in _LOWER


def measure(setting: str, metric: str) -> Measure:
    """Return a measure that is known.

    Raises:
        UsageError: an unknown setting or metric; the message names the nearest.
    """
    if setting not in KNOWN:
        raise unknown_name("setting", setting, KNOWN)
    if metric not in KNOWN[setting]:
        raise unknown_name(f"metric of {setting}", metric, KNOWN[setting])
    return Measure(setting, metric)
