"""Collections as published or as a user keeps them: MIRACL, Mr. TyDi, and folders in BEIR's layout."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.corpus import identity, load, registry, specs
from equilingua.corpus.formats import judgements, miracl, tevatron
from equilingua.corpus.sources import beir
from equilingua.errors import unknown_name
from equilingua.evaluation.benchmarks.collection import Collection, LanguagePart
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equilingua.corpus.specs import Spec

# A folder whose passages take more than this on disk is streamed. In memory they would take two to four times as much,
# and their vectors about as much again.
STREAMED_FROM = 512 << 20
_SPLITS = {"miracl": "dev", "mr-tydi": "test"}


def miracl_collection(name: str, languages: Iterable[str] | None) -> Collection:
    """Return MIRACL's development questions over all paragraphs (its test questions have no public judgements).

    Raises:
        UsageError: a language that it does not have.
        DataError: the files cannot be had or are malformed.
    """
    split = _SPLITS["miracl"]
    codes = judgements.languages_of(judgements.find("miracl"), split, languages)
    return Collection(
        name,
        {code: LanguagePart(*miracl.judged(split, code), partial(miracl.passages, code)) for code in codes},
    )


def mr_tydi_collection(name: str, languages: Iterable[str] | None) -> Collection:
    """Return Mr. TyDi's test questions over all paragraphs.

    Raises:
        UsageError: a language that it does not have.
        DataError: the files cannot be had or are malformed.
    """
    split = _SPLITS["mr-tydi"]
    codes = judgements.languages_of(judgements.find("mr-tydi"), split, languages)
    layout = registry.layout(registry.find("mr-tydi"), tevatron.Layout)
    parts = {
        code: LanguagePart(*tevatron.judged("mr-tydi", layout, split, code), partial(tevatron.passages, layout, code))
        for code in codes
    }
    return Collection(name, parts)


def beir_collection(name: str, spec: Spec, languages: Iterable[str] | None) -> tuple[Collection, bool]:
    """Return a folder in BEIR's layout with all its passages, and whether it is small enough to be read whole.

    Of its splits test is measured, else dev, else all.

    Args:
        name: what results are reported under.
        spec: of the format `beir`.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: an unknown language, split or option.
        DataError: a file is missing or malformed, or a judgement is of an unknown question or passage.
    """
    path = specs.place(spec)
    specs.require(path)
    split = spec.options.get("split") or load.measured_split(name)
    given = (spec.options.get("language"), split)
    parallel = beir.yes_or_no(spec.options.get("parallel", "no"), f"beir:{spec.place}: parallel")
    small = beir.passages_bytes(path, given[0]) <= STREAMED_FROM
    if small:
        whole = list(beir.read(path, *given))
        if repeats := sum(len(one.passages) - len(set(one.passages.values())) for one in whole):
            load.warn_once(
                f"{name}: passages that repeat another's text: {repeats}; each is ranked on its own, as published"
            )
        found = {one.language: LanguagePart(one.questions, one.judged, one.passages.items) for one in whole}
    else:
        found = {
            one.language: LanguagePart(one.questions, one.judged, one.passages) for one in beir.stream(path, *given)
        }
    for remark in identity.alike_languages(list(found)):
        load.warn_once(f"{name}: {remark}")
    parts = {code: found[code] for code in chosen(name, found, languages)}
    return Collection(name, parts, parallel), small


def chosen(name: str, known: Iterable[str], languages: Iterable[str] | None) -> list[str]:
    """Return the languages asked for of those that a benchmark has, or all.

    Raises:
        UsageError: one that it does not have.
    """
    known = sorted(known)
    if languages is None:
        return known
    codes = list(dict.fromkeys(map(normalise, languages)))
    for code in codes:
        if code not in known:
            raise unknown_name(f"language of {name}", code, known)
    return codes
