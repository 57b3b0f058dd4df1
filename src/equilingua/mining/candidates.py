"""The distinct passages of a corpus, and which of them are known to answer a group's questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
from scipy.sparse import csr_array

from equilingua.corpus.columns import one_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus


@dataclass(frozen=True)
class Candidates:
    """Passages told apart by language and text, ordered by language.

    Attributes:
        rows: int64 [candidates], the first corpus row that holds each.
        of_row: int64 [rows], the candidate that each row's passage is.
        offsets: int64 [languages + 1]; those of language l are `offsets[l]` to `offsets[l + 1] - 1`.
        text: int64 [candidates], equal for two exactly if they have the same text.
    """

    rows: NDArray[np.int64]
    of_row: NDArray[np.int64]
    offsets: NDArray[np.int64]
    text: NDArray[np.int64]

    @classmethod
    def of(cls, corpus: ParallelCorpus) -> Candidates:
        """Find the distinct passages of a corpus."""
        encoded = pc.dictionary_encode(one_chunk(corpus.table["passage"]))
        texts = max(1, len(encoded.dictionary))
        keys = corpus.language_codes * np.int64(texts) + encoded.indices.to_numpy()
        distinct, rows, of_row = np.unique(keys, return_index=True, return_inverse=True)
        offsets = np.searchsorted(distinct, np.arange(len(corpus.languages) + 1) * texts)
        return cls(rows.astype(np.int64), of_row.astype(np.int64), offsets.astype(np.int64), distinct % texts)

    def __len__(self) -> int:
        return len(self.rows)

    def languages(self) -> NDArray[np.int64]:
        """Return the language code of each, int64 [candidates]."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


class Relations:
    """Which candidates answer the questions of a group, by ids and by equal text."""

    def __init__(self, corpus: ParallelCorpus, candidates: Candidates) -> None:
        """Relate the groups of a corpus to its candidates."""
        groups, passages = len(corpus.groups), int(corpus.passage_codes.max(initial=-1)) + 1
        self._passages = _incidence(corpus.group_codes, corpus.passage_codes, (groups, passages))
        self._candidates = _incidence(corpus.group_codes, candidates.of_row, (groups, len(candidates)))
        texts = int(candidates.text.max(initial=-1)) + 1
        self._texts = _incidence(np.arange(len(candidates)), candidates.text, (len(candidates), texts))
        self._groups_of_passage = self._passages.T.tocsr()
        self._candidates_of_text = self._texts.T.tocsr()

    def positives(self, groups: NDArray[np.int32]) -> csr_array:
        """Return the candidates that the groups themselves hold, sparse [groups, candidates]."""
        return self._candidates[groups]

    def answers(self, groups: NDArray[np.int32]) -> csr_array:
        """Return the candidates that may answer the questions of groups, sparse [groups, candidates].

        Those are the passages of the group, the passages of every group that shares a passage id with it (another
        question on the same passage has the passage's translations), and all passages with the text of one of these.
        """
        sharing = self._passages[groups] @ self._groups_of_passage
        known = sharing @ self._candidates
        return (known @ self._texts) @ self._candidates_of_text


def _incidence(left: NDArray[np.integer], right: NDArray[np.integer], shape: tuple[int, int]) -> csr_array:
    """A matrix that is not zero where the left code occurs together with the right one."""
    return csr_array((np.ones(len(left), np.bool_), (left, right)), shape=shape)
