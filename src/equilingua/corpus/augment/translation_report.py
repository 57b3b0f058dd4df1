"""What a translation did: counts by language and reason, the engines, and examples to look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = 3


@dataclass
class TargetReport:
    """One language that was translated into.

    Attributes:
        engine: name, version, direction and data of the engine.
        pairs: pairs of the source language that were looked at.
        already_there: of these, pairs whose group has the language; they were left as they are.
        dropped: pairs dropped, by reason.
        kept: translated pairs that are left.
        texts: distinct texts.
        cached: texts whose translation was in the cache.
        seconds: that the engine worked.
        back_seconds: that the engine of the way back worked.
        chrf: of all translations against people's, by side, where some were measured.
        measured: pairs that chrF was measured on.
        examples: a few pairs, as they were and translated.
    """

    engine: Mapping[str, str]
    pairs: int
    already_there: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    texts: int = 0
    cached: int = 0
    seconds: float = 0.0
    back_seconds: float = 0.0
    chrf: dict[str, float] = field(default_factory=dict)
    measured: int = 0
    examples: list[dict[str, str]] = field(default_factory=list)


@dataclass
class TranslationReport:
    """A translation of a corpus.

    Attributes:
        source: BCP-47 code of the language that was translated from.
        sides: `both`, `query` or `passage`.
        filters: what a translation had to be.
        targets: a report for each language.
    """

    source: str
    sides: str
    filters: Mapping[str, Any]
    targets: dict[str, TargetReport] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the report as something that JSON can hold."""
        record = asdict(self)
        for target in record["targets"].values():
            target["seconds"] = round(target["seconds"], 2)
            target["back_seconds"] = round(target["back_seconds"], 2)
            target["chrf"] = {side: round(value, 1) for side, value in target["chrf"].items()}
        return record
