"""The zero-shot guarantee: which training pairs hold texts of evaluation sets, and what is left without them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua import cache, digests
from equilingua.corpus import evaluation_sets
from equilingua.corpus.columns import fingerprint, one_chunk
from equilingua.corpus.leaks import overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.evaluation_sets import EvaluationSet
    from equilingua.corpus.schema import ParallelCorpus

    Progress = Callable[[str, int, int], None]

SIDES = ("query", "passage", "negative")
_NOTES = "decontamination"
# Raised whenever the search changes, for then it may find something else in the same texts.
_METHOD = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """A training text that is like an evaluation text: of all such in its set, the closest.

    Attributes:
        row: of the training corpus.
        group: of that row.
        language: of that row.
        side: query, passage or negative.
        benchmark: name of the evaluation set.
        item: index of the evaluation text in `EvaluationSet.items`.
        item_role: question, sentence, paragraph or passage.
        item_id: the evaluation text's id in its set.
        item_language: of the evaluation text.
        kind: `exact`; `normalised` (but for case, punctuation and spaces); `near-duplicate`; `quotation` (the training
            text holds the evaluation text); `excerpt` (the other way round).
        similarity: from 0 to 1, by edit distance.
    """

    row: int
    group: str
    language: str
    side: str
    benchmark: str
    item: int
    item_role: str
    item_id: str
    item_language: str
    kind: str
    similarity: float


def check(
    corpus: ParallelCorpus, against: Sequence[str], progress: Progress | None = None
) -> dict[str, tuple[Finding, ...]]:
    """Look for the texts of evaluation sets; what an earlier call found in the same pairs is taken from the cache.

    Args:
        corpus: training pairs.
        against: named sets or files of pairs; see `evaluation_sets.load_evaluation_set`.
        progress: told the stage, how much more of it is done, and how much there is.

    Returns:
        Findings by set, ordered by row.

    Raises:
        UsageError: there is no such set.
        DataError: a set cannot be had.
    """
    pairs = fingerprint(corpus.table)
    keys = {name: _note_name(pairs, f"{name}:{evaluation_sets.fingerprint(name)}") for name in dict.fromkeys(against)}
    notes = {name: cache.recall(_NOTES, key) for name, key in keys.items()}
    found = {name: note if note is None else tuple(Finding(**each) for each in note) for name, note in notes.items()}
    missing = [name for name, findings in found.items() if findings is None]
    if missing:
        loaded = [evaluation_sets.load_evaluation_set(name) for name in missing]
        for name, findings in find(corpus, loaded, progress).items():
            cache.note(_NOTES, keys[name], [asdict(finding) for finding in findings])
            found[name] = findings
    return {name: findings or () for name, findings in found.items()}


def find(
    corpus: ParallelCorpus, against: Sequence[EvaluationSet], progress: Progress | None = None
) -> dict[str, tuple[Finding, ...]]:
    """Look for the texts of evaluation sets in the queries, passages and negatives of training pairs.

    Args:
        corpus: training pairs.
        against: evaluation sets, of different names.
        progress: told the stage, how much more of it is done, and how much there is.

    Returns:
        Findings by set, ordered by row.
    """
    items = [item for evaluation in against for item in evaluation.items]
    owners = np.repeat(np.arange(len(against)), [len(evaluation.items) for evaluation in against])
    first = np.cumsum([0, *(len(evaluation.items) for evaluation in against)])
    names = [evaluation.name for evaluation in against]
    index = overlap.Index([item.text for item in items])
    texts, uses = _distinct_texts(corpus)
    done = (
        None if progress is None else lambda more, whole: progress(f"checking against {', '.join(names)}", more, whole)
    )
    matches = overlap.closest(index.search(texts, done), owners)
    found: dict[str, list[Finding]] = {name: [] for name in names}
    for text, number, kind, similarity in zip(*(column.tolist() for column in matches), strict=True):
        item, owner = items[number], int(owners[number])
        for row, side in uses.of(text):
            found[names[owner]].append(
                Finding(
                    row=row,
                    group=corpus.groups[corpus.group_codes[row]],
                    language=corpus.languages[corpus.language_codes[row]],
                    side=side,
                    benchmark=names[owner],
                    item=number - int(first[owner]),
                    item_role=item.role,
                    item_id=item.id,
                    item_language=item.language,
                    kind=overlap.KINDS[kind],
                    similarity=round(similarity, 4),
                )
            )
    return {name: tuple(sorted(each, key=lambda f: (f.row, SIDES.index(f.side)))) for name, each in found.items()}


def without(corpus: ParallelCorpus, groups: Sequence[str]) -> ParallelCorpus:
    """Return the pairs of all other groups: what one language of a group gives away, its translations do too."""
    known = {name: code for code, name in enumerate(corpus.groups)}
    dropped = [known[name] for name in groups if name in known]
    return corpus.select(np.flatnonzero(~np.isin(corpus.group_codes, dropped))) if dropped else corpus


class _Uses(NamedTuple):
    """Where each distinct text stands: for each side the text's code and the row, both int64, by code ascending."""

    sides: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]

    def of(self, text: int) -> list[tuple[int, str]]:
        """Return the (row, side) of a text."""
        found = []
        for side, (codes, rows) in zip(SIDES, self.sides, strict=True):
            start, end = np.searchsorted(codes, [text, text + 1])
            found += [(row, side) for row in np.unique(rows[start:end]).tolist()]
        return found


def _distinct_texts(corpus: ParallelCorpus) -> tuple[list[str], _Uses]:
    negatives = one_chunk(corpus.table["negatives"])
    columns = [one_chunk(corpus.table["query"]), one_chunk(corpus.table["passage"]), negatives.flatten()]
    every = np.arange(len(corpus))
    sizes = pc.list_value_length(negatives).to_numpy(zero_copy_only=False)
    rows = [every, every, np.repeat(every, sizes)]
    encoded = pc.dictionary_encode(pa.concat_arrays(columns))
    codes = np.split(
        encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), np.cumsum(list(map(len, columns)))[:-1]
    )
    sides = []
    for code, row in zip(codes, rows, strict=True):
        order = np.argsort(code, kind="stable")
        sides.append((code[order], row[order]))
    return encoded.dictionary.to_pylist(), _Uses(tuple(sides))


def _note_name(pairs: str, evaluation_set: str) -> str:
    """Return the name of the result of searching some pairs for an evaluation set, both given by fingerprint."""
    return digests.of_text(f"{_METHOD}:{pairs}:{evaluation_set}").hex()
