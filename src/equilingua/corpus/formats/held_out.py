"""Groups held out of training sets: what a recipe is chosen on, in many languages and of several sources.

A hash of a page's name tells whether its groups are held out, so that nothing that trains has to know which were
measured. Whole pages are, for the sections of one page, and the questions on one paragraph, say much of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from equilingua.corpus import build, registry
from equilingua.corpus.augment import sentences
from equilingua.corpus.splitting import sides

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair, ParallelCorpus

_SEED = 1
# A passage's id in SQuAD's format is its file, article, paragraph and piece.
_OF_A_PARAGRAPH = 3


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
        page: what is held out as a whole: groups of one name up to "#", or those on one paragraph of SQuAD's format.
        options: how the sets are built for this, where not as for training.
    """

    sources: dict[str, float]
    languages: tuple[str, ...]
    least: int
    longest: int
    page: Literal["name", "paragraph"] = "name"
    options: dict[str, str] = field(default_factory=dict)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the held-out groups that are in enough languages; their source is the set that they were held out of.

    Raises:
        DataError: a set that groups are held out of cannot be had.
    """
    from equilingua.corpus.load import load_corpus

    layout = inputs.layout(Layout)
    for source in layout.sources:
        corpus = build.load(source, options=layout.options) if layout.options else load_corpus(source)
        codes = _codes(corpus, layout.languages)
        for group in _of_layout(corpus, layout):
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
    benchmarks = [info for info in registry.sets().values() if info.format == __name__.rpartition(".")[2]]
    layouts = [registry.layout(info, Layout) for info in benchmarks]
    return list(dict.fromkeys(group for layout in layouts for group in _of_layout(corpus, layout)))


def _of_layout(corpus: ParallelCorpus, layout: Layout) -> list[str]:
    found = []
    for code, source in enumerate(corpus.sources):
        if (share := layout.sources.get(source.partition("+")[0], 0)) > 0:
            own = np.flatnonzero(corpus.source_codes == code)
            rows = own[np.unique(corpus.group_codes[own], return_index=True)[1]]
            parts = sides(_pages(corpus, rows, layout), {"held out": share, "trained on": 1 - share}, _SEED)
            found += [corpus.groups[group] for group in corpus.group_codes[rows[parts == 0]]]
    return list(dict.fromkeys(found))


def _pages(corpus: ParallelCorpus, rows: NDArray[np.int64], layout: Layout) -> list[str]:
    """The name of each row's page."""
    groups = [corpus.groups[group] for group in corpus.group_codes[rows]]
    if layout.page == "name":
        return [group.partition("#")[0] for group in groups]
    ids = corpus.table["passage_id"].take(rows).to_pylist()
    return [
        group if identity is None else "/".join(identity.split("/")[:_OF_A_PARAGRAPH])
        for group, identity in zip(groups, ids, strict=True)
    ]


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
