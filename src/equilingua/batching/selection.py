"""From a corpus and a plan to pools: which can fill a batch, how likely each is, and what is left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from equilingua.batching.plan import CROSS_LINGUAL, MIXED, MONOLINGUAL, BatchPlan, Kind
from equilingua.batching.pools import (
    AnyLanguage,
    Exclusion,
    Itself,
    OneLanguage,
    Partners,
    Pool,
    RowCodes,
    TranslationRows,
    sound_items,
)
from equilingua.errors import DataError, PlanError, unknown_name

if TYPE_CHECKING:
    from equilingua.batching.draws import Floats, Ints


@dataclass(frozen=True)
class Selection:
    """The pools of one kind.

    Attributes:
        pools: from which a batch of that kind may be drawn.
        probabilities: float64 [pools].
        excluded: what no batch is drawn from.
    """

    pools: tuple[Pool, ...]
    probabilities: Floats
    excluded: tuple[Exclusion, ...]


def select(codes: RowCodes, plan: BatchPlan) -> dict[Kind, Selection]:
    """Find the pools of each kind of batch that the plan can draw.

    Raises:
        DataError: the corpus is empty.
        PlanError: for one of the kinds nothing can fill a batch; the message says which size would fit.
        UsageError: the plan weighs a source that the corpus does not have.
    """
    if not len(codes):
        raise DataError("the corpus is empty: there is nothing to draw batches from")
    selector = _Selector(codes, plan)
    selections = {kind: selector.select(kind, plan.size) for kind in plan.kinds}
    for kind, selection in selections.items():
        if not selection.pools:
            raise PlanError(_nothing_fits(selector, kind, plan.size))
    return selections


def _nothing_fits(selector: _Selector, kind: Kind, size: int) -> str:
    if kind == CROSS_LINGUAL and not selector.has_translations():
        return (
            "no group has two languages, so no cross-lingual batch can be made: "
            "use strategy monolingual or mixed, or add translations under the same group"
        )
    if kind != CROSS_LINGUAL and selector.only_same_texts():
        return (
            f"every passage is its question itself, so no {kind} batch can be made: use strategy cross-lingual, or add "
            "a corpus of questions and passages"
        )
    fits, too_large = 1, size
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        if selector.select(kind, middle).pools:
            fits = middle
        else:
            too_large = middle
    largest = f"the largest size that fits is {fits}" if fits > 1 else "no size fits, the corpus has too few groups"
    return f"nothing can fill a {kind} batch of {size} without repeating a group or passage: {largest}"


@dataclass
class _Found:
    """Pools of one source, each with its weight among them, and the rows that its languages have."""

    pools: list[Pool]
    weights: list[float]
    rows: int
    excluded: list[Exclusion]


class _Selector:
    def __init__(self, codes: RowCodes, plan: BatchPlan) -> None:
        self._codes = codes
        self._plan = plan
        for name in plan.sources or ():
            if name not in codes.sources:
                raise unknown_name("source", name, codes.sources)
        wanted = np.asarray([plan.sources is None or plan.sources.get(name, 0) > 0 for name in codes.sources])
        kept = wanted[codes.source]
        if plan.strategy == "english":
            kept &= np.asarray([code.split("-")[0] == "en" for code in codes.languages])[codes.language]
            if not kept.any():
                raise PlanError(f"strategy english needs English pairs: the corpus has {', '.join(codes.languages)}")
        self._kept = np.flatnonzero(kept)
        self._translations = TranslationRows(codes, self._kept)
        counts = np.bincount(codes.language[self._kept], minlength=len(codes.languages))
        self._language_weights = np.where(counts > 0, np.maximum(counts, 1.0) ** plan.temperature, 0.0)

    def has_translations(self) -> bool:
        """Say whether any group has two languages."""
        return bool(np.any(self._translations.present(self._kept).sum(axis=1) > 1))

    def only_same_texts(self) -> bool:
        """Say whether every pair's passage is its question."""
        return bool(self._codes.same_text[self._kept].all())

    def select(self, kind: Kind, size: int) -> Selection:
        """Find the pools of one kind for batches of `size`."""
        pools: list[Pool] = []
        weights: list[float] = []
        excluded: list[Exclusion] = []
        for source, name in enumerate(self._codes.sources):
            found = self._of_source(kind, name, self._by_language(source), size)
            excluded += found.excluded
            if found.pools:
                weight = found.rows if self._plan.sources is None else self._plan.sources[name]
                pools += found.pools
                weights += list(weight * np.asarray(found.weights) / sum(found.weights))
        probabilities = np.asarray(weights) / sum(weights) if weights else np.zeros(0)
        return Selection(tuple(pools), probabilities, tuple(excluded))

    def _by_language(self, source: int) -> dict[int, Ints]:
        mine = self._kept[self._codes.source[self._kept] == source]
        mine = mine[np.argsort(self._codes.language[mine], kind="stable")]
        codes, starts = np.unique(self._codes.language[mine], return_index=True)
        return dict(zip(codes.tolist(), np.split(mine, starts[1:]), strict=False))

    def _of_source(self, kind: Kind, name: str, streams: dict[int, Ints], size: int) -> _Found:
        if not streams:
            given = self._plan.sources is None or name in self._plan.sources
            why = "it has no English pairs" if given else "the plan gives it no weight"
            unwanted = self._plan.sources is not None and self._plan.sources.get(name) == 0
            return _Found([], [], 0, [] if unwanted else [Exclusion(kind, name, None, None, why)])
        if kind != CROSS_LINGUAL:
            # A text is found by itself before anything is learnt.
            telling = {code: rows[~self._codes.same_text[rows]] for code, rows in streams.items()}
            same = sum(map(len, streams.values())) - sum(map(len, telling.values()))
            telling = {code: rows for code, rows in telling.items() if len(rows)}
            if kind == MONOLINGUAL:
                found = self._monolingual(name, telling, size)
            else:
                found = self._mixture(MIXED, name, telling, Itself(), size)
            if same:
                why = f"{same} pairs are left out: their passage is the question itself"
                found.excluded.insert(0, Exclusion(kind, name, None, None, why))
            return found
        paired = {code: rows[self._translations.present(rows).sum(axis=1) > 1] for code, rows in streams.items()}
        alone = sum(map(len, streams.values())) - sum(map(len, paired.values()))
        excluded = []
        if alone:
            why = f"{alone} pairs are left out: their group has no other language"
            excluded.append(Exclusion(CROSS_LINGUAL, name, None, None, why))
        paired = {code: rows for code, rows in paired.items() if len(rows)}
        if self._plan.pairs == "single":
            found = self._ordered_pairs(name, paired, size)
        else:
            found = self._mixture(CROSS_LINGUAL, name, paired, self._any_language, size)
        return _Found(found.pools, found.weights, found.rows, excluded + found.excluded)

    @cached_property
    def _any_language(self) -> AnyLanguage:
        return AnyLanguage(self._codes, self._translations, self._language_weights)

    def _monolingual(self, name: str, streams: dict[int, Ints], size: int) -> _Found:
        found = _Found([], [], 0, [])
        for code, rows in streams.items():
            language = self._codes.languages[code]
            room = len(sound_items(self._codes, rows, Itself(), size)[0])
            if room < size:
                found.excluded.append(Exclusion(MONOLINGUAL, name, language, None, _too_small(room, size)))
                continue
            found.pools.append(Pool(MONOLINGUAL, name, (language,), None, np.ones(1), (rows,), Itself()))
            found.weights.append(len(rows) ** self._plan.temperature)
            found.rows += len(rows)
        return found

    def _mixture(self, kind: Kind, name: str, streams: dict[int, Ints], partners: Partners, size: int) -> _Found:
        """One pool of all languages, less those that have too few groups for their share of a batch."""
        found = _Found([], [], 0, [])
        while streams:
            weights = np.asarray([len(rows) ** self._plan.temperature for rows in streams.values()])
            # A batch takes a share rounded up or down; leaving one out raises the others', so look again.
            shares = weights / weights.sum()
            needs = np.ceil(np.round(shares * size, 9)).astype(int).tolist()
            enough = {}
            for (code, rows), need in zip(streams.items(), needs, strict=True):
                room = len(sound_items(self._codes, rows, partners, need)[0])
                if room == need:
                    enough[code] = rows
                else:
                    why = f"room for {room} items, its share of a batch is {need}"
                    found.excluded.append(Exclusion(kind, name, self._codes.languages[code], None, why))
            if len(enough) == len(streams):
                break
            streams = enough
        if not streams:
            return found
        room = len(sound_items(self._codes, np.concatenate(list(streams.values())), partners, size)[0])
        if room < size:
            found.excluded.append(Exclusion(kind, name, None, None, _too_small(room, size)))
            return found
        languages = tuple(self._codes.languages[code] for code in streams)
        found.pools.append(Pool(kind, name, languages, None, shares, tuple(streams.values()), partners))
        found.weights.append(1.0)
        found.rows = sum(map(len, streams.values()))
        return found

    def _ordered_pairs(self, name: str, streams: dict[int, Ints], size: int) -> _Found:
        """One pool for each ordered pair: the question's language by its weight, the passage's among what it has."""
        found = _Found([], [], 0, [])
        for code, rows in streams.items():
            language = self._codes.languages[code]
            present = self._translations.present(rows)
            pools: list[Pool] = []
            weights: list[float] = []
            for other in np.flatnonzero(present.any(axis=0)).tolist():
                if other == code:
                    continue
                partners = OneLanguage(self._codes, self._translations, other)
                room = len(sound_items(self._codes, rows[present[:, other]], partners, size)[0])
                target = self._codes.languages[other]
                if room < size:
                    found.excluded.append(Exclusion(CROSS_LINGUAL, name, language, target, _too_small(room, size)))
                    continue
                pools.append(Pool(CROSS_LINGUAL, name, (language,), target, np.ones(1), (rows,), partners))
                weights.append(float(self._language_weights[other]))
            if pools:
                found.pools += pools
                found.weights += list(len(rows) ** self._plan.temperature * np.asarray(weights) / sum(weights))
                found.rows += len(rows)
        return found


def _too_small(room: int, size: int) -> str:
    return f"room for {room} items without repeating a group or passage, a batch has {size}"
