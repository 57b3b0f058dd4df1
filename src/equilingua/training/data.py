"""The pairs of a recipe: what trains, what is held out, caps, and how much each source weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equilingua import digests
from equilingua.corpus import identity, registry, specs
from equilingua.corpus.columns import fingerprint
from equilingua.corpus.load import is_path, load_corpus, training_split, warn_once
from equilingua.corpus.schema import ParallelCorpus
from equilingua.errors import RecipeError
from equilingua.training.collate import without_held_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.training.recipe import Data, Recipe

# Not the run's seed: runs that differ in their seed are then judged on the same groups.
_HELD_OUT_SEED = 0
# Not the run's seed: runs that differ in their seed then train on the same pairs.
_KEY = "equilingua-cap"


@dataclass(frozen=True)
class TrainingData:
    """The pairs of a run.

    Attributes:
        train: the pairs that batches are drawn from.
        validation: pairs of other groups; None where the recipe holds none out.
        sources: weight of each source; None draws sources by size.
    """

    train: ParallelCorpus
    validation: ParallelCorpus | None
    sources: Mapping[str, float] | None

    @property
    def fingerprint(self) -> str:
        """What changes exactly when a pair that is trained on or held out does."""
        parts = [self.train] if self.validation is None else [self.train, self.validation]
        return "-".join(fingerprint(part.table) for part in parts)


def assemble(recipe: Recipe) -> TrainingData:
    """Load the corpora of a recipe, hold groups out, and cut what trains down to the recipe's caps.

    A set that comes with splits trains on `train` and validates on `validation`; of any other, and of a user's files,
    the recipe's share of the groups is held out.

    Raises:
        RecipeError: only some of the corpora have a weight, a cap leaves nothing, or nobody says whether the groups of
            two files are parallel.
        UsageError, DataError: a corpus cannot be had.
    """
    check_weights(recipe.data, recipe.mixture.temperature)
    parts = [_parts(data, recipe.validation.share) for data in recipe.data]
    _require_apart(recipe.data, [train for train, _ in parts])
    trained = [capped(train, data) for data, (train, _) in zip(recipe.data, parts, strict=True)]
    held_out = [validation for _, validation in parts if validation is not None and len(validation)]
    train = ParallelCorpus.concat(trained)
    for remark in identity.repeated_rows(train) if len(trained) > 1 else ():
        warn_once(f"data: {remark}")
    validation = ParallelCorpus.concat(held_out) if held_out else None
    return TrainingData(
        # Negatives were mined before groups were held out.
        train=train if validation is None else without_held_out(train, validation),
        validation=validation,
        sources=source_weights(recipe.data, trained, recipe.mixture.temperature),
    )


def validation_batches(corpus: ParallelCorpus, size: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Choose the batches on which every run over the same held-out pairs is judged, whatever its strategy.

    Half of them pair a question with its own passage, half with the passage of another language; in all of them the
    languages are mixed, and no group comes twice.

    Returns:
        `count` pairs (question rows, passage rows), int64 [at most size].
    """
    generator = np.random.default_rng(_HELD_OUT_SEED)
    batches = []
    for number in range(count):
        groups = generator.permutation(len(corpus.groups))[:size]
        queries, passages = [], []
        for group in groups:
            rows = corpus.rows_of_group(corpus.groups[group])
            query = int(generator.choice(rows))
            others = rows[corpus.language_codes[rows] != corpus.language_codes[query]]
            crosses = number % 2 == 1 and len(others) > 0
            queries.append(query)
            passages.append(int(generator.choice(others)) if crosses else query)
        batches.append((np.array(queries), np.array(passages)))
    return batches


def _require_apart(entries: Sequence[Data], corpora: Sequence[ParallelCorpus]) -> None:
    """Refuse files of one name with groups of one name, of which nobody has said whether they are parallel."""
    first: dict[str, tuple[Path, str, set[str]]] = {}
    for entry, corpus in zip(entries, corpora, strict=True):
        spec = specs.parse(entry.name) if is_path(entry.name) else None
        if spec is None or spec.format == "hub" or "source" in spec.options:
            continue
        place, source, groups = specs.place(spec).resolve(), corpus.sources[0], set(corpus.groups)
        if not place.name.startswith(source):
            continue
        before, name, known = first.setdefault(source, (place, entry.name, groups))
        if before != place and (shared := known & groups):
            raise RecipeError(
                f"data: '{name}' and '{entry.name}' both are the source '{source}' and have groups such as "
                f"'{min(shared)}': if they are parallel, give the folder that holds both; if not, name them apart"
            )


def _parts(data: Data, share: float) -> tuple[ParallelCorpus, ParallelCorpus | None]:
    split = training_split(data.name)
    corpus = load_corpus(data.name, split=split, languages=data.languages)
    if share == 0:
        return corpus, None
    if split is not None and not is_path(data.name):
        held_out = "validation" in registry.find(data.name).splits
        return corpus, load_corpus(data.name, split="validation", languages=data.languages) if held_out else None
    sides = corpus.split({"train": 1 - share, "validation": share}, seed=_HELD_OUT_SEED)
    return sides["train"], sides["validation"]


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
    order = np.argsort(digests.numbers(corpus.groups, _KEY), kind="stable")
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
    for group in np.lexsort([digests.numbers(corpus.groups, _KEY), -width]):
        if (sizes[group] <= room).all():
            room -= sizes[group]
            kept[group] = True
    return np.flatnonzero(kept[corpus.group_codes])
