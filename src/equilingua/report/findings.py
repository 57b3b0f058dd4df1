"""What the numbers say, in words computed from them: who is best where, how the bias moved and what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from equilingua.languages import described
from equilingua.report import numerals, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.report.side_by_side import EncoderEntry, SideBySide


# A language with more than so many times the candidates of another is another task.
UNEVEN = 2
# How many languages a sentence lists.
_MOST = 4
_QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence; names and figures are set apart so that a page can style them."""

    text: str
    kind: Literal["text", "encoder", "figure"] = "text"
    series: int | None = None


Sentence = tuple[Span, ...]


def plain(sentence: Sentence) -> str:
    """Return a sentence as text."""
    return "".join(span.text for span in sentence)


def headline(compared: SideBySide) -> Sentence:
    """Say which encoder is best in each setting by mAP; those that are written alike share a place.

    What a method after encoding was fitted on stands behind the name.
    """
    settings = [setting for setting in tables.SETTING_NAMES if _winners(compared, setting)]
    if len(compared.entries) == 1:
        return _single(compared.base, settings)
    places: dict[tuple[EncoderEntry, ...], list[str]] = {}
    for setting in settings:
        places.setdefault(_winners(compared, setting), []).append(tables.SETTING_NAMES[setting])
    # The encoder that leads most often opens the sentence; sorting is stable, so ties keep the settings' order.
    ordered = sorted(places.items(), key=lambda place: -len(place[1]))
    sentence: list[Span] = []
    for number, (entries, names) in enumerate(ordered):
        plural = len(entries) > 1
        if number == 0:
            where = "all three settings" if len(names) == len(tables.SETTING_NAMES) else f"{_listed(names)} retrieval"
            verb = " are level at the top in " if plural else " is best in "
            sentence += [*_names(entries), Span(verb + where)]
        else:
            verb = " are level in " if plural else " in "
            sentence += [Span(", "), *_names(entries), Span(f"{verb}{_listed(names)} retrieval")]
    return (*sentence, Span("."))


def bias(compared: SideBySide) -> Sentence:
    """Say how rank distance and the share of same-language top hits moved from the base."""
    even = 1 / len(compared.languages)
    measured = [entry for entry in compared.entries if math.isfinite(entry.result.bias.rank_distance)]
    if len(compared.languages) == 1:
        return (Span("Language bias cannot be measured: the pool holds one language."),)
    if not measured:
        return (Span("Language bias cannot be told: too few questions are answered."),)
    # Where the base itself leaves too many questions unanswered, there is nothing to hold others against.
    base = measured[0]
    fairest = min(measured, key=lambda entry: entry.result.bias.rank_distance)
    note = Span(f" (an even share would be {numerals.share(even)}).")
    before, after = base.result.bias, fairest.result.bias
    if fairest is base:
        several = len(measured) > 1 and base is compared.base
        opening = "No encoder is less biased than the base: " if several else ""
        return (
            Span(f"{opening}{'W' if not opening else 'w'}ith "),
            *_name(base),
            Span(", rank distance is "),
            Span(numerals.ranks(before.rank_distance), "figure"),
            Span(" and "),
            Span(numerals.share(before.same_language_top1), "figure"),
            Span(f" of top hits are in the question{_QUOTE}s language"),
            note,
        )
    drop = 1 - after.rank_distance / before.rank_distance
    return (
        Span("Rank distance falls from "),
        Span(numerals.ranks(before.rank_distance), "figure"),
        Span(" with "),
        *_name(base),
        Span(" to "),
        Span(numerals.ranks(after.rank_distance), "figure"),
        Span(" with "),
        *_name(fairest),
        Span(f", {drop:.0%} less".replace("%", "\N{NARROW NO-BREAK SPACE}%")),
        Span(f"; the share of top hits in the question{_QUOTE}s language goes from "),
        Span(numerals.share(before.same_language_top1), "figure"),
        Span(" to "),
        Span(numerals.share(after.same_language_top1), "figure"),
        note,
    )


def cost(compared: SideBySide) -> Sentence | None:
    """Say what the encoder that is best on the pool of all languages gains and loses in mAP against the base."""
    winners = _winners(compared, "multilingual")
    if not winners or compared.base in winners:
        return None
    best = winners[0]
    gains: list[str] = []
    losses: list[str] = []
    for setting in reversed(tables.SETTING_NAMES):
        column = tables.metric_column(setting, "map", setting)
        difference = column.value(best.result) - column.value(compared.base.result)
        written = numerals.score(abs(difference))
        if math.isfinite(difference) and written != numerals.score(0.0):
            (gains if difference > 0 else losses).append(f"{written} {tables.SETTING_NAMES[setting]}")
    parts = [f"{verb} {_listed(what)}" for verb, what in (("gains", gains), ("loses", losses)) if what]
    if not parts:
        return None
    return (
        Span("Against "),
        *_name(compared.base),
        Span(", "),
        *_name(best),
        Span(f" {' and '.join(parts)} mAP"),
        *_distance(best),
        Span("."),
    )


def cautions(compared: SideBySide) -> list[Sentence]:
    """Say how many questions were answered, and what else keeps figures from being what they seem."""
    sentences: list[Sentence] = []
    partial = [entry for entry in compared.entries if entry.result.bias.coverage < 1]
    unknown = [entry for entry in compared.entries if math.isnan(entry.result.bias.coverage)]
    if not partial and not unknown:
        who = "The encoder answers" if len(compared.entries) == 1 else "All encoders answer"
        sentences.append((Span(f"{who} all questions."),))
    for entry in partial:
        coverage, by_language = entry.result.bias.coverage, entry.result.bias.by_language
        silent = [code for code, one in by_language.items() if math.isnan(one.rank_distance)]
        told = f" answers {numerals.coverage(coverage)} of the questions; figures of bias are of those"
        if silent:
            listed = shares({code: by_language[code]["coverage"] for code in silent})
            told += f", and there are none where too few are answered: {listed}"
        sentences.append((*_name(entry), Span(f"{told}.")))
    if unknown:
        sentences.append((Span("How many questions were answered is not recorded of "), *_names(unknown), Span(".")))
    for entry in compared.entries:
        if entry.result.depth is not None:
            told = depth(entry.result.depth, entry.result.counts.candidates)
            sentences.append((*_name(entry), Span(f": {told}.")))
    if different := uneven({code: one.candidates for code, one in compared.base.result.counts.by_language.items()}):
        sentences.append((Span(f"{different[0].upper()}{different[1:]}."),))
    return sentences


def shares(by_language: Mapping[str, float]) -> str:
    """List languages with a share each; of many the first."""
    listed = [f"{described(code)} {numerals.coverage(share)}" for code, share in by_language.items()]
    return _listed(listed if len(listed) <= _MOST else [*listed[: _MOST - 1], f"{len(listed) - _MOST + 1} others"])


def depth(longest: int, pool: int) -> str:
    """Say what figures of short lists are figures of."""
    return (
        f"lists hold at most {longest:,} of {pool:,} candidates: mAP and rank distance are those of such lists, "
        "in which all other candidates stand last"
    )


def uneven(candidates: Mapping[str, int]) -> str | None:
    """Say that languages have pools of very different size; None if they have not.

    Args:
        candidates: language → how many there are in it.
    """
    offered = {code: number for code, number in candidates.items() if number}
    if not offered or max(offered.values()) <= UNEVEN * min(offered.values()):
        return None
    small, large = (one(offered, key=offered.__getitem__) for one in (min, max))
    return (
        f"pools differ in size, from {offered[small]:,} candidates in {described(small)} to {offered[large]:,} in "
        f"{described(large)}: figures by language are of tasks of different difficulty"
    )


def sentences(compared: SideBySide) -> list[Sentence]:
    """Return what follows the headline."""
    return [sentence for sentence in (bias(compared), cost(compared)) if sentence]


def _single(entry: EncoderEntry, settings: Sequence[str]) -> Sentence:
    reached = [
        f"{numerals.score(entry.result.settings[setting]['map'])} {tables.SETTING_NAMES[setting]}"
        for setting in settings
    ]
    return (*_name(entry), Span(" reaches mAP "), Span(_listed(reached), "figure"), Span("."))


def _winners(compared: SideBySide, setting: str) -> tuple[EncoderEntry, ...]:
    column = tables.metric_column(setting, "map", setting)
    values = [column.value(entry.result) for entry in compared.entries]
    best = tables.best_text(values, column)
    return tuple(
        entry
        for entry, value in zip(compared.entries, values, strict=True)
        if best is not None and column.write(value) == best
    )


def _distance(entry: EncoderEntry) -> list[Span]:
    distance = entry.result.bias.rank_distance
    if not math.isfinite(distance):
        return []
    return [Span("; its rank distance is "), Span(numerals.ranks(distance), "figure")]


def _name(entry: EncoderEntry) -> list[Span]:
    name = Span(entry.label, "encoder", entry.series)
    return [name, Span(f" ({entry.fitted})")] if entry.fitted else [name]


def _names(entries: Sequence[EncoderEntry]) -> list[Span]:
    spans = _name(entries[0])
    for number, entry in enumerate(entries[1:], start=2):
        spans += [Span(" and " if number == len(entries) else ", "), *_name(entry)]
    return spans


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
