"""What negatives are looked for among: each language's passages, their vectors, and the nearest of them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
from scipy.sparse import csr_array

from equilingua.corpus.columns import one_chunk
from equilingua.encoder.encode import dimension, encode
from equilingua.encoder.rows_file import RowsFile
from equilingua.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.precision import Precision
    from equilingua.encoder.tokens import Role

# Some seconds of work on a processor, so that little is lost to a kill, and enough texts to order them by length.
PART = 4096
# Passages in the index at one time: 100 MB at 384 dimensions. Filling it anew for each block of questions costs hardly
# anything beside the search.
SHARD = 65_536


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


def encode_rows(
    encoder: SentenceTransformer,
    texts: Callable[[range], Sequence[str]],
    rows: int,
    role: Role,
    folder: Path,
    *,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Encode texts part by part; parts that the folder already holds are not encoded again.

    Args:
        encoder: what encodes.
        texts: returns the texts of some rows.
        rows: how many rows there are, at least 1.
        role: of the texts.
        folder: of these texts by this encoder and no others.
        precision: of matrix products.
        progress: called with the number of texts done since the last call.

    Returns:
        Unit vectors, float32 [rows, dim], on the disk; in memory only while they are asked for.

    Raises:
        DataError: a part cannot be written, and the earlier ones are kept; or one that is there is damaged.
    """
    starts = np.append(np.arange(0, rows, PART), rows)
    kept = RowsFile.open(folder, starts, dimension(encoder), "<f4")
    for part, (start, stop) in enumerate(pairwise(starts.tolist())):
        number = np.array([part])
        if kept.there(number)[0]:
            kept.check(number)
            if progress is not None:
                progress(stop - start)
            continue
        vectors = encode(encoder, texts(range(start, stop)), role, precision=precision, progress=progress)
        try:
            kept.write(number, [vectors])
        except OSError as error:
            raise DataError(
                f"{folder}: cannot be written: {error.strerror or error}; what is done is kept: make room, or choose "
                "another place with EQUILINGUA_CACHE, and run it again"
            ) from error
    return kept.rows


def require_faiss() -> None:
    """Find out before hours of encoding that the search could not run.

    Raises:
        MissingExtraError: FAISS is not installed.
    """
    if importlib.util.find_spec("faiss") is None:
        raise MissingExtraError("mining hard negatives", "faiss-cpu", "search")


def nearest(
    queries: NDArray[np.float32],
    passages: NDArray[np.float32],
    start: int,
    stop: int,
    count: int,
    *,
    shard: int = SHARD,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the passages that score highest among the rows `start` to `stop` - 1.

    Args:
        queries: float32 [questions, dim], unit length.
        passages: float32 [passages, dim], unit length.
        start: first row searched.
        stop: row after the last, above `start`.
        count: how many to return, at most `stop` - `start`.
        shard: rows in memory at one time.

    Returns:
        rows of `passages` and their cosines, int64 and float32 [questions, count], by falling cosine.
    """
    import faiss

    best_ids, best_scores = [], []
    for low in range(start, stop, shard):
        vectors = np.ascontiguousarray(passages[low : min(low + shard, stop)])
        index = faiss.IndexFlatIP(passages.shape[1])
        index.add(vectors)
        scores, ids = index.search(queries, min(count, len(vectors)))
        best_ids.append(ids + low)
        best_scores.append(scores)
    ids, scores = np.concatenate(best_ids, axis=1), np.concatenate(best_scores, axis=1)
    if len(best_ids) == 1:
        return ids, scores
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
