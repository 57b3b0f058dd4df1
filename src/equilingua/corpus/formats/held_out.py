"""Groups held out of training sets: what a recipe is chosen on, in many languages and of several sources.

A group's name alone tells whether it is held out, so that nothing that trains has to know which groups were measured.
Whole pages are (a name up to "#" is its page), for the sections of one page say much of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus import registry
from equilingua.corpus.augment import sentences
from equilingua.corpus.splitting import sides

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair, ParallelCorpus

NAME = "dev"
_SEED = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """What is held out, and what of it is measured.

    Attributes:
        sources: set → the share of its pages that is held out.
        languages: BCP-47 codes that are measured, of one part. Of a set that has them under longer ones, such as
            `zh-Hans` and `zh-Hant`, that with most pairs stands for the language.
        least: in how many of these languages a group must be to be measured.
        longest: characters of a passage; of a longer one the first sentences are measured that make no more, at least
            one.
    """

    sources: dict[str, float]
    languages: tuple[str, ...]
    least: int
    longest: int


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the held-out groups that are in enough languages; their source is the set that they were held out of.

    Raises:
        DataError: a set that groups are held out of cannot be had.
    """
    from equilingua.corpus.load import load_corpus

    layout = inputs.layout(Layout)
    for source in layout.sources:
        corpus = load_corpus(source)
        codes = _codes(corpus, layout.languages)
        for group in held_out(corpus):
            rows = [corpus[int(row)] for row in corpus.rows_of_group(group)]
            kept = [pair for pair in rows if pair.language in codes]
            enough = len({pair.language for pair in kept}) >= layout.least
            for pair in kept:
                language = codes[pair.language]
                if enough:
                    yield replace(pair, language=language, passage=_opening(pair.passage, layout.longest))
                else:
                    inputs.drop(language, "in_too_few_languages")


def held_out(corpus: ParallelCorpus) -> list[str]:
    """Return those groups of a corpus that are held out; what was made of a set, such as translations, goes with it."""
    shares = registry.layout(registry.find(NAME), Layout).sources
    found = []
    for source in corpus.sources:
        if (share := shares.get(source.partition("+")[0], 0)) > 0:
            code = corpus.sources.index(source)
            groups = [corpus.groups[group] for group in np.unique(corpus.group_codes[corpus.source_codes == code])]
            pages = [group.partition("#")[0] for group in groups]
            sided = sides(pages, {"held out": share, "trained on": 1 - share}, _SEED)
            found += [group for group, side in zip(groups, sided, strict=True) if side == 0]
    return list(dict.fromkeys(found))


def _opening(passage: str, longest: int) -> str:
    opening = ""
    for sentence, spacing in sentences.split(passage):
        if opening and len(opening) + len(sentence) > longest:
            break
        opening += sentence + spacing
    return opening.strip()


def _codes(corpus: ParallelCorpus, languages: tuple[str, ...]) -> Mapping[str, str]:
    """Which of a corpus's codes stands for each language that is measured."""
    found = {}
    for language in languages:
        alike = [code for code in corpus.languages if code.partition("-")[0] == language]
        if alike:
            found[max(alike, key=lambda code: (code == language, len(corpus.rows_of_language(code))))] = language
    return found
