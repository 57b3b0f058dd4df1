"""Pairs with some of their words in another language, drawn by keyed hashes and so the same wherever they are made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus.augment import words
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import regex

    from equilingua.corpus.augment.lexicon import Lexicon

SIDES = ("both", "query", "passage")


@dataclass(frozen=True)
class SwitchPlan:
    """Which words are replaced.

    Attributes:
        lexicons: from one language into others, one each.
        rate: the chance that a word is replaced which a lexicon has, in (0, 1]. Where several have it, each of their
            languages is as likely.
        seed: of the draws.
        sides: `both`, `query` or `passage`.

    Raises:
        UsageError: a rate out of range, an unknown side, lexicons of several languages, or none.
    """

    lexicons: tuple[Lexicon, ...]
    rate: float
    seed: int = 0
    sides: str = "both"

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise UsageError(f"code-switching rate {self.rate}: use a number above 0, up to 1")
        if self.sides not in SIDES:
            raise unknown_name("sides", self.sides, SIDES)
        if not self.lexicons:
            raise UsageError("code-switching needs a lexicon")
        sources = sorted({lexicon.source for lexicon in self.lexicons})
        targets = [lexicon.target for lexicon in self.lexicons]
        if len(sources) > 1 or len(set(targets)) < len(targets):
            raise UsageError(
                f"code-switching takes lexicons from one language, one into each other: they are from "
                f"{', '.join(sources)} into {', '.join(targets)}"
            )
        words.check_spaced(sources[0])

    @property
    def source(self) -> str:
        """The language whose words are replaced."""
        return self.lexicons[0].source

    @property
    def mark(self) -> str:
        """What a switched pair has at the end of its source."""
        targets = ",".join(lexicon.target for lexicon in self.lexicons)
        side = "" if self.sides == "both" else f"/{self.sides}"
        return f"+code-switch:{self.source}>{targets}@{self.rate:g}#{self.seed}{side}"


@dataclass
class SwitchReport:
    """What was replaced.

    Attributes:
        pairs: looked at.
        unchanged: pairs in which no word was replaced; they are left out, since they would be copies.
        kept: switched pairs.
        words: in the sides that were looked at.
        known: of these, words that a lexicon has.
        replaced: by target language.
        lexicons: entries by target language.
    """

    pairs: int = 0
    unchanged: int = 0
    kept: int = 0
    words: int = 0
    known: int = 0
    replaced: dict[str, int] = field(default_factory=dict)
    lexicons: dict[str, int] = field(default_factory=dict)


def code_switch(
    corpus: ParallelCorpus, plan: SwitchPlan, limit: int | None = None
) -> tuple[ParallelCorpus, SwitchReport]:
    """Replace words in the pairs of the lexicons' language.

    A switched pair keeps its group, language, passage id and negatives; its source says what was done to it. Its draws
    depend on the seed and on the pair alone, so that they are the same whatever else the corpus holds.

    Args:
        corpus: with pairs in the lexicons' language.
        plan: which words are replaced.
        limit: look only at this many pairs, the first ones; None means all.

    Returns:
        The switched pairs alone, in the order of their originals, and what was done.

    Raises:
        UsageError: the corpus has no pair in the language.
    """
    report = SwitchReport(lexicons={lexicon.target: len(lexicon) for lexicon in plan.lexicons})
    rows = corpus.rows_of_language(plan.source)[:limit]
    switched = ParallelCorpus.from_pairs(_switched(corpus, rows.tolist(), plan, report))
    report.kept = len(switched)
    return switched, report


def switch_text(text: str, plan: SwitchPlan, key: str, report: SwitchReport | None = None) -> str:
    """Return a text with some of its words replaced.

    Args:
        text: in the lexicons' language.
        plan: which words are replaced.
        key: what the draws depend on, besides the seed and a word's place; unlike for unlike texts.
        report: counts what was done.
    """
    counts = report if report is not None else SwitchReport()
    parts, end = [], 0
    for place, word in enumerate(words.find(text)):
        counts.words += 1
        replaced = _replaced(word, plan, f"{key}\0{place}", counts)
        parts += [text[end : word.start()], replaced]
        end = word.end()
    return "".join([*parts, text[end:]])


def _switched(corpus: ParallelCorpus, rows: Sequence[int], plan: SwitchPlan, report: SwitchReport) -> Iterator[Pair]:
    for row in rows:
        pair = corpus[row]
        report.pairs += 1
        key = "\0".join([pair.source, pair.group, pair.language])
        query, passage = pair.query, pair.passage
        if plan.sides != "passage":
            query = switch_text(query, plan, f"{key}\0query\0{query}", report)
        if plan.sides != "query":
            passage = switch_text(passage, plan, f"{key}\0passage\0{passage}", report)
        if (query, passage) == (pair.query, pair.passage):
            report.unchanged += 1
        else:
            yield replace(pair, query=query, passage=passage, source=pair.source + plan.mark)


def _replaced(word: regex.Match[str], plan: SwitchPlan, key: str, report: SwitchReport) -> str:
    folded = word[0].casefold()
    having = [lexicon for lexicon in plan.lexicons if folded in lexicon.entries]
    if not having:
        return word[0]
    report.known += 1
    digest = digests.of_text(key, key=str(plan.seed))
    # The top 53 bits: the quotient is then exact and below 1.
    if (int.from_bytes(digest[:8]) >> 11) / 2.0**53 >= plan.rate:
        return word[0]
    lexicon = having[int.from_bytes(digest[8:]) % len(having)]
    report.replaced[lexicon.target] = report.replaced.get(lexicon.target, 0) + 1
    return _cased_as(word[0], lexicon.entries[folded][0])


def _cased_as(word: str, translation: str) -> str:
    """Return a translation in capitals, or with one, where the word is; the lexicon's own capitals stay."""
    if len(word) > 1 and word.isupper():
        return translation.upper()
    if word[:1].isupper():
        return translation[:1].upper() + translation[1:]
    return translation
