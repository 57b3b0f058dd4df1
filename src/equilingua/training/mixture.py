"""How several corpora share a run: caps on each, and how much each weighs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from equilingua.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Data

# Not the run's seed: runs that differ in their seed then train on the same pairs.
_KEY = b"equilingua-cap"


def capped(corpus: ParallelCorpus, entry: Data) -> ParallelCorpus:
    """Return as much of a corpus as an entry's `max_pairs_per_language` and `max_pairs` allow; groups stay whole.

    Groups are taken in the order of a keyed hash of their names, so that neither other groups nor a greater cap
    changes which come first. For the cap by language, those in more languages come before those in fewer, lest texts
    of one language alone fill it and leave no room for parallel ones; a group that does not fit in one of its
    languages is left out in all.

    Raises:
        RecipeError: not even one group fits.
    """
    if entry.max_pairs_per_language is not None:
        corpus = corpus.select(_within_languages(corpus, entry.max_pairs_per_language))
    if entry.max_pairs is not None and len(corpus) > entry.max_pairs:
        corpus = corpus.select(_within_total(corpus, entry.max_pairs))
    if not len(corpus):
        cap = "max_pairs" if entry.max_pairs is not None else "max_pairs_per_language"
        raise RecipeError(f"data: '{entry.name}': no group fits into {cap}: raise it")
    return corpus


def check_weights(entries: Sequence[Data], temperature: float | None) -> None:
    """Find out, before anything is loaded, whether the entries' weights make sense together.

    Raises:
        RecipeError: only some of the entries have a weight, or there are weights and a temperature.
    """
    weighted = [entry.weight is not None for entry in entries]
    if any(weighted) and not all(weighted):
        unweighted = entries[weighted.index(False)].name
        raise RecipeError(f"data: '{unweighted}' has no weight; give one to every corpus or to none")
    if temperature is not None and any(weighted):
        raise RecipeError("data: weights and mixture.temperature both say how often a corpus is drawn; give one only")


def source_weights(
    entries: Sequence[Data], corpora: Sequence[ParallelCorpus], temperature: float | None
) -> dict[str, float] | None:
    """Return the weight of each source; None draws sources by their size.

    An entry weighs what its `weight` says or, with a temperature t, its pairs ** t: 1 is by size, 0 gives all entries
    the same. Sources of one entry share its weight by their size.

    Args:
        entries: of the recipe, all with a weight or none.
        corpora: their pairs, after caps.
        temperature: of the recipe's mixture.
    """
    if temperature is None and entries[0].weight is None:
        return None
    total: dict[str, float] = {}
    for entry, corpus in zip(entries, corpora, strict=True):
        weight = float(entry.weight or 0) if temperature is None else float(len(corpus)) ** temperature
        for source, by_language in corpus.counts().items():
            total[source] = total.get(source, 0.0) + weight * sum(by_language.values()) / len(corpus)
    return total


def _within_total(corpus: ParallelCorpus, cap: int) -> NDArray[np.int64]:
    """Rows of the first groups in hash order that together have at most `cap` pairs."""
    order = np.argsort(_hashes(corpus.groups), kind="stable")
    sizes = np.bincount(corpus.group_codes, minlength=len(corpus.groups))
    kept = order[np.cumsum(sizes[order]) <= cap]
    return np.flatnonzero(np.isin(corpus.group_codes, kept))


def _within_languages(corpus: ParallelCorpus, cap: int) -> NDArray[np.int64]:
    """Rows of groups, widest first and then in hash order, as long as none of their languages has more than `cap`."""
    sizes = np.zeros((len(corpus.groups), len(corpus.languages)), np.int64)
    np.add.at(sizes, (corpus.group_codes, corpus.language_codes), 1)
    width = (sizes > 0).sum(axis=1)
    room = np.full(len(corpus.languages), cap)
    kept = np.zeros(len(corpus.groups), bool)
    for group in np.lexsort([_hashes(corpus.groups), -width]):
        if (sizes[group] <= room).all():
            room -= sizes[group]
            kept[group] = True
    return np.flatnonzero(kept[corpus.group_codes])


def _hashes(groups: Sequence[str]) -> NDArray[np.uint64]:
    digests = b"".join(hashlib.blake2b(group.encode(), key=_KEY, digest_size=8).digest() for group in groups)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)
