"""What the numbers say, in words computed from them: who is best where, how the bias moved and what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from equilingua.languages import described
from equilingua.report import numerals, tables
from equilingua.report.side_by_side import EncoderEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from equilingua.report.side_by_side import SideBySide


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
    settings = [setting for setting in numerals.SETTINGS if _winners(compared, setting)]
    if len(compared.entries) == 1:
        return _single(compared.base, settings)
    places: dict[tuple[EncoderEntry, ...], list[str]] = {}
    for setting in settings:
        places.setdefault(_winners(compared, setting), []).append(numerals.SETTINGS[setting])
    # The encoder that leads most often opens the sentence; sorting is stable, so ties keep the settings' order.
    ordered = sorted(places.items(), key=lambda place: -len(place[1]))
    sentence: list[str | EncoderEntry] = []
    for number, (entries, names) in enumerate(ordered):
        plural = len(entries) > 1
        if number == 0:
            where = "all three settings" if len(names) == len(numerals.SETTINGS) else f"{_listed(names)} retrieval"
            verb = " are level at the top in " if plural else " is best in "
            sentence += [*_joined(entries), verb + where]
        else:
            verb = " are level in " if plural else " in "
            sentence += [", ", *_joined(entries), f"{verb}{_listed(names)} retrieval"]
    return _say(*sentence, ".")


def bias(compared: SideBySide) -> Sentence:
    """Say how rank distance and the share of same-language top hits moved from the base."""
    measured = [entry for entry in compared.entries if math.isfinite(entry.result.bias.rank_distance)]
    if len(compared.languages) == 1:
        return _say("Language bias cannot be measured: the pool holds one language.")
    if not measured:
        return _say("Language bias cannot be told: too few questions are answered.")
    # Where the base itself leaves too many questions unanswered, there is nothing to hold others against.
    base = measured[0]
    fairest = min(measured, key=lambda entry: entry.result.bias.rank_distance)
    far, near = (_figure(numerals.ranks(one.result.bias.rank_distance)) for one in (base, fairest))
    many, few = (_figure(numerals.share(one.result.bias.same_language_top1)) for one in (base, fairest))
    even = f" (an even share would be {numerals.share(1 / len(compared.languages))})."
    if fairest is base:
        several = len(measured) > 1 and base is compared.base
        opening = "No encoder is less biased than the base: with " if several else "With "
        top = f" of top hits are in the question{_QUOTE}s language"
        return _say(opening, base, ", rank distance is ", far, " and ", many, top, even)
    drop = f"{1 - fairest.result.bias.rank_distance / base.result.bias.rank_distance:.0%}"
    less = f", {drop} less".replace("%", "\N{NARROW NO-BREAK SPACE}%")
    top = f"; the share of top hits in the question{_QUOTE}s language goes from "
    falls = ("Rank distance falls from ", far, " with ", base, " to ", near, " with ", fairest)
    return _say(*falls, less, top, many, " to ", few, even)


def cost(compared: SideBySide) -> Sentence | None:
    """Say what the encoder that is best on the pool of all languages gains and loses in mAP against the base."""
    winners = _winners(compared, "multilingual")
    if not winners or compared.base in winners:
        return None
    best = winners[0]
    gains: list[str] = []
    losses: list[str] = []
    for setting in reversed(numerals.SETTINGS):
        column = tables.metric_column(setting, "map", setting)
        difference = column.value(best.result) - column.value(compared.base.result)
        written = numerals.score(abs(difference))
        if math.isfinite(difference) and written != numerals.score(0.0):
            (gains if difference > 0 else losses).append(f"{written} {numerals.SETTINGS[setting]}")
    parts = [f"{verb} {_listed(what)}" for verb, what in (("gains", gains), ("loses", losses)) if what]
    if not parts:
        return None
    distance = best.result.bias.rank_distance
    bias_too = ("; its rank distance is ", _figure(numerals.ranks(distance))) if math.isfinite(distance) else ()
    return _say("Against ", compared.base, ", ", best, f" {' and '.join(parts)} mAP", *bias_too, ".")


def cautions(compared: SideBySide) -> list[Sentence]:
    """Say how many questions were answered, and what else keeps figures from being what they seem."""
    told: list[Sentence] = []
    partial = [entry for entry in compared.entries if entry.result.bias.coverage < 1]
    unknown = [entry for entry in compared.entries if math.isnan(entry.result.bias.coverage)]
    if not partial and not unknown:
        who = "The encoder answers" if len(compared.entries) == 1 else "All encoders answer"
        told.append(_say(f"{who} all questions."))
    for entry in partial:
        bias = entry.result.bias
        silent = [code for code, one in bias.by_language.items() if math.isnan(one.rank_distance)]
        text = f" answers {numerals.coverage(bias.coverage)} of the questions; figures of bias are of those"
        if silent:
            listed = shares({code: bias.by_language[code]["coverage"] for code in silent})
            text += f", and there are none where too few are answered: {listed}"
        told.append(_say(entry, f"{text}."))
    if unknown:
        told.append(_say("How many questions were answered is not recorded of ", *_joined(unknown), "."))
    told += [
        _say(entry, f": {depth(entry.result.depth, entry.result.counts.candidates)}.")
        for entry in compared.entries
        if entry.result.depth is not None
    ]
    if different := uneven({code: one.candidates for code, one in compared.base.result.counts.by_language.items()}):
        told.append(_say(f"{different[0].upper()}{different[1:]}."))
    return told


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
        f"{numerals.score(entry.result.settings[setting]['map'])} {numerals.SETTINGS[setting]}" for setting in settings
    ]
    return _say(entry, " reaches mAP ", _figure(_listed(reached)), ".")


def _winners(compared: SideBySide, setting: str) -> tuple[EncoderEntry, ...]:
    column = tables.metric_column(setting, "map", setting)
    values = [column.value(entry.result) for entry in compared.entries]
    best = tables.best_text(values, column)
    return tuple(
        entry
        for entry, value in zip(compared.entries, values, strict=True)
        if best is not None and column.write(value) == best
    )


def _say(*parts: str | Span | EncoderEntry) -> Sentence:
    """Return a sentence; what an encoder's method was fitted on stands behind its name."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, EncoderEntry):
            spans.append(Span(part.label, "encoder", part.series))
            spans += [Span(f" ({part.evaluation.fitted})")] if part.evaluation.fitted else []
        else:
            spans.append(Span(part) if isinstance(part, str) else part)
    return tuple(spans)


def _figure(text: str) -> Span:
    return Span(text, "figure")


def _joined(entries: Sequence[EncoderEntry]) -> list[str | EncoderEntry]:
    told: list[str | EncoderEntry] = [entries[0]]
    for number, entry in enumerate(entries[1:], start=2):
        told += [" and " if number == len(entries) else ", ", entry]
    return told


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
