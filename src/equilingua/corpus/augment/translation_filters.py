"""Which translations are good enough to train on: their length, their language, and how much was left as it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus.augment import words
from equilingua.corpus.quality import extent
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Languages so near to each other that most words of a translation may stay as they were.
_NEAR = (
    frozenset({"an", "ast", "ca", "es", "ext", "gl", "it", "lad", "mwl", "oc", "pt", "sc"}),
    frozenset({"da", "nb", "nn", "no", "sv"}),
    frozenset({"be", "ru", "rue", "uk"}),
    frozenset({"bg", "bs", "hr", "mk", "sl", "sr"}),
    frozenset({"cs", "sk"}),
    frozenset({"pl", "szl"}),
    frozenset({"af", "nl"}),
    frozenset({"id", "ms"}),
)
# The share of words kept that people's own translations of software help hardly ever pass.
_COPIED = 0.6
_COPIED_NEAR = 0.95
# Characters by which a heading of one word may grow without being suspect.
_SLACK = 12


@dataclass(frozen=True, slots=True)
class TranslationFilters:
    """What a translated pair must be to stay.

    Attributes:
        length_ratio: the most that a text may grow or shrink by, a wide character counting as three letters.
        copied: the largest share of its words that a translation may have in common with the original, on either side:
            a rule-based engine copies what it does not know. None means 0.6, or 0.95 between languages as near to each
            other as Spanish and Asturian.
        language: drop translations that are surely in another language than they should be.
        round_trip: the least chrF, 0 to 100, of the text translated back against the original; None asks for none.

    Raises:
        UsageError: a number out of its range.
    """

    length_ratio: float = 2.0
    copied: float | None = None
    language: bool = True
    round_trip: float | None = None

    def __post_init__(self) -> None:
        if not self.length_ratio >= 1:
            raise UsageError(f"length ratio {self.length_ratio}: use a number of 1 or more")
        if self.copied is not None and not 0 < self.copied <= 1:
            raise UsageError(f"copied share {self.copied}: use a number above 0, up to 1")
        if self.round_trip is not None and not 0 <= self.round_trip <= 100:
            raise UsageError(f"round trip {self.round_trip}: use a chrF from 0 to 100")

    def most_copied(self, source: str, target: str) -> float:
        """Return the largest share of words that a translation from one language into another may keep."""
        if self.copied is not None:
            return self.copied
        languages = {source.partition("-")[0], target.partition("-")[0]}
        return _COPIED_NEAR if any(languages <= near for near in _NEAR) else _COPIED

    def fault(self, original: str, translated: str, source: str, target: str) -> str | None:
        """Return what is wrong with a translation, or None.

        Args:
            original: one side of a pair.
            translated: the same side, translated.
            source: BCP-47 code of the original's language.
            target: BCP-47 code of the language that the translation should be in.
        """
        if not tidy(translated):
            return "empty"
        ratio = (extent(translated) + _SLACK) / (extent(original) + _SLACK)
        if not 1 / self.length_ratio <= ratio <= self.length_ratio:
            return "length_ratio"
        if copied_share(original, translated) > self.most_copied(source, target):
            return "copied"
        if self.language:
            from equilingua.corpus.language_id import is_other

            if is_other(translated, target):
                return "wrong_language"
        return None


def copied_share(original: str, translated: str) -> float:
    """Return the share of a translation's words that are the original's; 0 where it has none.

    Words that begin with a capital or have a digit beside them count like others: a name that stays is no fault, but a
    text of nothing but names is none to learn from.

    >>> copied_share("Insert the table", "Inserir the table")
    0.6666666666666666
    """
    after = Counter(words.of(translated))
    total = after.total()
    return (after & Counter(words.of(original))).total() / total if total else 0.0


def chrf(translated: str, reference: str) -> float:
    """Return the chrF of one text, 0 to 100 (Popović 2015, as sacrebleu computes it).

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return float(_sacrebleu().sentence_chrf(translated, [reference]).score)


def corpus_chrf(translated: Sequence[str], references: Sequence[str]) -> float:
    """Return the chrF of many texts taken together, 0 to 100.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return float(_sacrebleu().corpus_chrf(translated, [references]).score)


def need_chrf() -> None:
    """Find out before the work whether chrF can be computed.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    _sacrebleu()


def _sacrebleu() -> Any:  # noqa: ANN401  (a module)
    try:
        import sacrebleu
    except ImportError:
        raise MissingExtraError("chrF", "sacrebleu", "translate") from None
    return sacrebleu
