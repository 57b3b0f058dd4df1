"""Mine hard negatives: encode, search block by block, choose, and store them with the corpus."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from equilingua import digests, durable, provenance
from equilingua.corpus.columns import fingerprint, one_chunk
from equilingua.corpus.schema import SCHEMA, ParallelCorpus
from equilingua.encoder.fingerprint import of_loaded
from equilingua.encoder.precision import kind, product_dtype
from equilingua.errors import DataError, UsageError
from equilingua.mining.candidates import PART, Candidates, Relations, encode_rows, nearest, require_faiss
from equilingua.mining.report import MiningReport
from equilingua.mining.selection import (
    NONE,
    choose,
    drop_repeats,
    first_allowed,
    in_window,
    language_order,
    quotas,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.precision import Precision
    from equilingua.mining.selection import MiningPlan

    # Called with a stage's name, how much of it was done since the last call, and how much there is.
    Progress = Callable[[str, int, int], None]

_log = logging.getLogger(__name__)

# Questions searched at once. Their scores are never kept, only the ranks of the window in one language: 4 MB a block.
BLOCK = 4096
METADATA_KEY = b"equilingua.mining"
# Part of what a block is found by: to be raised with any change of what is chosen, so that no older block is taken.
_METHOD = 1


def mine(
    corpus: ParallelCorpus,
    encoder: SentenceTransformer,
    plan: MiningPlan,
    work: Path,
    *,
    name: str = "",
    precision: Precision = "auto",
    progress: Progress | None = None,
) -> tuple[ParallelCorpus, MiningReport]:
    """Give each pair negatives that the encoder ranks high for its question.

    Candidates are the distinct passages of the corpus, ranked for each question language by language, so that the
    quotas of the plan can be met however much the encoder favours a language. Passages known to answer are left out
    (see `candidates.Relations.answers`), and so are those that score too near to the positive of the plan's margin.
    That positive is the group's own passage in the candidate's language: an encoder that favours a language gives all
    its passages higher scores. Only where the group has none, it is the passage of the pair itself.

    Args:
        corpus: pairs of at least two groups; negatives that they already have are replaced.
        encoder: what ranks.
        plan: what to mine.
        work: a folder for vectors and finished blocks; the same call goes on from what is there.
        name: of the encoder, for the record.
        precision: of matrix products while encoding.
        progress: told about stages.

    Returns:
        The corpus with its negatives (the hardest of each kind first, the kinds alternating), and the report. The
        table's metadata say how they were mined.

    Raises:
        MissingExtraError: FAISS is not installed.
        UsageError: negatives in other languages are wanted of a corpus in one.
        DataError: the corpus has fewer than two groups, or `work` cannot be written to; what is done is kept.
    """
    require_faiss()
    if len(corpus.groups) < 2:
        raise DataError(f"the corpus has {len(corpus.groups)} groups: a pair's negatives come from other groups")
    if plan.cross_lingual_share > 0 and len(corpus.languages) < 2:
        raise UsageError(
            f"cross-lingual share {plan.cross_lingual_share}: the corpus has texts in {corpus.languages[0]} only; use 0"
        )
    started = time.perf_counter()
    candidates = Candidates.of(corpus)
    pairs = fingerprint(corpus.table.drop_columns(["negatives"]))
    arithmetic = [str(product_dtype(encoder.device, precision)), kind(encoder.device)]
    folder = work / digests.of_record([pairs, of_loaded(encoder), arithmetic, PART])

    def stage(what: str, whole: int) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(what, done, whole)

    queries = encode_rows(
        encoder,
        corpus.queries,
        len(corpus),
        "query",
        folder / "query-vectors",
        precision=precision,
        progress=stage("encoding questions", len(corpus)),
    )
    passages = encode_rows(
        encoder,
        lambda part: corpus.passages(candidates.rows[part.start : part.stop]),
        len(candidates),
        "passage",
        folder / "passage-vectors",
        precision=precision,
        progress=stage("encoding passages", len(candidates)),
    )
    encoded = time.perf_counter()
    search = _Search(corpus, plan, candidates, Relations(corpus, candidates), queries, passages)
    mined = search.run(folder / digests.of_record([plan.record(), BLOCK, _METHOD]), stage("mining", len(corpus)))
    seconds = {"encode": encoded - started, "search": time.perf_counter() - encoded}
    report = MiningReport.of(corpus, candidates, plan.per_query, mined, seconds)
    record = {"encoder": name, **plan.record(), "equilingua": provenance.versions()["equilingua"]}
    return _stored(corpus, candidates, mined["negatives"], record), report


@dataclass(frozen=True)
class _Search:
    """The search of one run: its inputs, and what is done with a block of questions."""

    corpus: ParallelCorpus
    plan: MiningPlan
    candidates: Candidates
    relations: Relations
    queries: NDArray[np.float32]
    passages: NDArray[np.float32]

    def run(self, folder: Path, report: Callable[[int], None] | None) -> dict[str, np.ndarray]:
        """Search all blocks but those that the folder already holds.

        Returns:
            negatives: int64 [rows, per query], candidates; `NONE` where there are fewer.
            scores: float32 of the same shape.
            positives: float32 [rows], the score of each pair's own passage.
        """
        languages = self.corpus.language_codes
        own, others = quotas(languages, self.plan.per_query, self.plan.cross_lingual_share)
        blocks = []
        for number, start in enumerate(range(0, len(self.corpus), BLOCK)):
            rows = np.arange(start, min(start + BLOCK, len(self.corpus)))
            path = folder / f"{number:06d}.npz"
            shape = (len(rows), self.plan.per_query)
            block = _kept(path, {"negatives": shape, "scores": shape, "positives": shape[:1]})
            if block is None:
                block = self._block(rows, own[rows], others[rows])
                _keep(path, block)
            blocks.append(block)
            if report is not None:
                report(len(rows))
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def _block(
        self, rows: NDArray[np.int64], own: NDArray[np.int64], others: NDArray[np.int64]
    ) -> dict[str, np.ndarray]:
        corpus, offsets = self.corpus, self.candidates.offsets
        queries = np.asarray(self.queries[rows[0] : rows[-1] + 1])
        own_language, groups = corpus.language_codes[rows], corpus.group_codes[rows]
        answers = self.relations.answers(groups)
        positive = self._positive_scores(queries, self.relations.positives(groups))
        pair_s_own = positive[np.arange(len(rows)), own_language]
        ceiling = self.plan.ceiling(np.where(np.isfinite(positive), positive, pair_s_own[:, None]))
        best = int(max(own.max(), others.max()))
        found = np.empty((len(rows), len(corpus.languages), best), np.int64)
        scores = np.empty(found.shape, np.float32)
        for language, (start, stop) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
            known, most = _pairs_within(answers, start, stop)
            ids, values = nearest(queries, self.passages, start, stop, min(stop - start, self.plan.window[1] + most))
            allowed = in_window(_contains(known, ids, answers.shape[1]), self.plan.window)
            allowed &= values <= ceiling[:, language, None]
            found[:, language], scores[:, language] = first_allowed(ids, values, allowed, best)
        order = language_order(rows, len(corpus.languages))
        chosen, chosen_scores = choose(found, scores, own_language, own, others, order)
        chosen, chosen_scores = drop_repeats(chosen, chosen_scores, self.candidates.text)
        return {"negatives": chosen, "scores": chosen_scores, "positives": pair_s_own}

    def _positive_scores(self, queries: NDArray[np.float32], positives: csr_array) -> NDArray[np.float32]:
        """The best score of each group's own passages in each language, float32 [questions, languages]; else -inf."""
        languages = np.searchsorted(self.candidates.offsets, positives.indices, side="right") - 1
        asked = np.repeat(np.arange(len(queries)), np.diff(positives.indptr))
        best = np.full((len(queries), len(self.corpus.languages)), -np.inf, np.float32)
        for start in range(0, len(asked), BLOCK):
            part = slice(start, start + BLOCK)
            vectors = self.passages[positives.indices[part]]
            values = np.einsum("ij,ij->i", queries[asked[part]], vectors)
            np.maximum.at(best, (asked[part], languages[part]), values)
        return best


def _kept(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray] | None:
    """Arrays that were kept; None if there are none, or damaged ones."""
    try:
        arrays = durable.read_arrays(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        failure = durable.unusable(path, error, "these questions are searched again")
        if isinstance(error, OSError):
            raise failure from error
        _log.warning("%s", failure)
        return None
    return arrays if {name: array.shape for name, array in arrays.items()} == dict(shapes) else None


def _keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    try:
        durable.write_arrays(path, arrays)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written: {error.strerror or error}; what is done is kept: make room, or choose another "
            "place with EQUILINGUA_CACHE, and run it again"
        ) from error


def _pairs_within(answers: csr_array, start: int, stop: int) -> tuple[NDArray[np.int64], int]:
    """The answers among the candidates `start` to `stop` - 1, as ascending keys (question × candidates + candidate).

    Returns:
        int64 [answers], and how many the question with the most has.
    """
    questions = np.repeat(np.arange(answers.shape[0], dtype=np.int64), np.diff(answers.indptr))
    inside = (answers.indices >= start) & (answers.indices < stop)
    most = np.bincount(questions[inside], minlength=1).max()
    return np.sort(questions[inside] * answers.shape[1] + answers.indices[inside]), int(most)


def _contains(keys: NDArray[np.int64], ids: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    """Tell which candidates [questions, count] are among the keys of their question."""
    wanted = np.arange(len(ids))[:, None] * width + ids
    if not len(keys):
        return np.zeros(ids.shape, np.bool_)
    found: NDArray[np.bool_] = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
    return found


def _stored(
    corpus: ParallelCorpus, candidates: Candidates, negatives: NDArray[np.int64], record: dict[str, object]
) -> ParallelCorpus:
    """The corpus with the texts of its negatives."""
    present = negatives != NONE
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    texts = one_chunk(corpus.table["passage"].take(pa.array(candidates.rows[negatives[present]])))
    column = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts)
    table = corpus.table.set_column(SCHEMA.get_field_index("negatives"), SCHEMA.field("negatives"), column)
    return ParallelCorpus(table.replace_schema_metadata({METADATA_KEY: json.dumps(record).encode()}))
