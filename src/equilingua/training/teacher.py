"""The teacher of a distillation: which version of a pair it sees, and its vectors of them, made once for all runs."""

from __future__ import annotations

import logging
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from equilingua import digests
from equilingua.corpus.columns import one_chunk
from equilingua.encoder.load import declared
from equilingua.encoder.tokens import PROMPT_NAMES
from equilingua.encoder.vector_cache import usable
from equilingua.errors import DataError, EquilinguaError, UsageError
from equilingua.evaluation.encoding import Encoding
from equilingua.languages import normalise
from equilingua.training.collate import Further, stored_negatives
from equilingua.training.losses.relations import Teaching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from equilingua.batching.sampler import Sampler
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.tokens import Role
    from equilingua.training.processes import Processes
    from equilingua.training.recipe import Recipe

_log = logging.getLogger(__name__)


class Versions:
    """Tells in which version the teacher sees a pair: as a row of the corpus, question and passage together.

    That is the pair's version in the pivot language where its group has one (the question's own row if it is in the
    pivot language, else the passage's, else the group's first), and the question's row where it has none.

    Attributes:
        in_pivot: bool [rows], of the corpus.
    """

    def __init__(self, corpus: ParallelCorpus, pivot: str, *, own_if_monolingual: bool) -> None:
        """Index the pivot's rows of a corpus.

        Args:
            corpus: the pairs.
            pivot: BCP-47 code of the pivot language.
            own_if_monolingual: batches in one language are seen in it.

        """
        self._corpus = corpus
        self._own_if_monolingual = own_if_monolingual
        codes = [code for code, name in enumerate(corpus.languages) if name == normalise(pivot)]
        self.in_pivot = np.isin(corpus.language_codes, codes)
        rows = np.flatnonzero(self.in_pivot)[::-1]
        # [groups] the first row in the pivot language, or −1
        self._pivots = np.full(len(corpus.groups), -1, np.int64)
        self._pivots[corpus.group_codes[rows]] = rows

    def of_batch(
        self, query_rows: NDArray[np.int64], passage_rows: NDArray[np.int64], further: Further
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows that the teacher sees of a batch.

        Args:
            query_rows: int64 [batch], the questions.
            passage_rows: int64 [batch], their passages.
            further: candidates.

        Returns:
            int64 [batch], of the pairs; and int64 [further], of the further candidates, −1 for those that are no
            passage of the corpus and are seen as they are.
        """
        if self._own_if_monolingual and self._monolingual(query_rows, passage_rows):
            return query_rows, further.rows
        rows = self._of_rows(query_rows)
        answers_in_pivot = self.in_pivot[passage_rows] & ~self.in_pivot[query_rows]
        holders = np.where(further.rows < 0, -1, self._of_rows(further.rows))
        return np.where(answers_in_pivot, passage_rows, rows), holders

    def _of_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Each row in the pivot language, if it is not and its group has it."""
        pivots = self._pivots[self._corpus.group_codes[rows]]
        return np.where(self.in_pivot[rows] | (pivots < 0), rows, pivots)

    def fell_back(self, query_rows: NDArray[np.int64], passage_rows: NDArray[np.int64]) -> int:
        """Return how many pairs of a batch should be seen in the pivot language, and have no version in it."""
        if self._own_if_monolingual and self._monolingual(query_rows, passage_rows):
            return 0
        return int((self._pivots[self._corpus.group_codes[query_rows]] < 0).sum())

    def _monolingual(self, query_rows: NDArray[np.int64], passage_rows: NDArray[np.int64]) -> bool:
        languages = self._corpus.language_codes
        return bool((languages[np.concatenate([query_rows, passage_rows])] == languages[query_rows[0]]).all())


@dataclass(frozen=True, eq=False)
class _Vectors:
    """Vectors of distinct texts.

    Attributes:
        vectors: float32 [texts, dim], of unit length.
        places: int32, where among them each text of a column is; −1 where it was not asked for.
    """

    vectors: torch.Tensor
    places: NDArray[np.int32]

    def of(self, numbers: NDArray[np.int64]) -> torch.Tensor:
        return self.vectors[torch.from_numpy(self.places[numbers].astype(np.int64))]


@dataclass(frozen=True, eq=False)
class Teacher:
    """A teacher's vectors of all texts that a run's batches need.

    Attributes:
        corpus: the pairs that are trained on.
        versions: which of their rows it sees.
        queries: of the corpus's questions.
        passages: of the corpus's passages, and after them of its stored negatives.
        fingerprint: of the teacher.
    """

    corpus: ParallelCorpus
    versions: Versions
    queries: _Vectors
    passages: _Vectors
    fingerprint: str

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        corpus: ParallelCorpus,
        sampler: Sampler,
        dim: int,
        group: Processes,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Teacher:
        """Make, or take from the cache, the vectors of what the teacher sees in a run's batches.

        A batch is a pure function of its step, so it is known beforehand which texts are needed. Each is read to the
        teacher's own limit, not to the recipe's.

        Args:
            recipe: names the teacher and what it sees.
            corpus: the pairs that are trained on.
            sampler: plans the batches.
            dim: length of the student's vectors.
            group: the processes, which share the work.
            progress: called with what is done, how many more texts are, and of how many.

        Raises:
            UsageError: there is no such teacher, no pair has the pivot language, or the vector term is wanted of a
                teacher whose vectors have another length than the student's.
            DataError: the teacher has no usable vector of a text.
        """
        chosen = recipe.distillation
        name = recipe.encoder.base if chosen.teacher is None else chosen.teacher
        versions = Versions(corpus, chosen.pivot, own_if_monolingual=chosen.monolingual == "own")
        rows, candidates = _asked(recipe, corpus, sampler, versions, tell=group.leads)
        encoding = Encoding(name, device=str(group.device), precision=recipe.precision)
        queries, query_places = _distinct(corpus.table["query"], rows)
        passages, passage_places = _distinct(_candidates(corpus), candidates)
        with _blamed(name):
            # Whatever is wrong with it is found before its hours of work.
            found = _vectors(encoding, queries[:1], "query", group, lambda _: None).shape[1]
        if recipe.loss.vector and found != dim:
            raise UsageError(
                f"loss.vector: vectors of the teacher '{name}' have {found} dimensions and the encoder's {dim}: use "
                "loss.relational alone, which compares scores, or another distillation.teacher"
            )
        if group.leads:
            _say_prompts(name)
        total = len(queries) + len(passages)

        def report(more: int) -> None:
            if progress is not None:
                progress("texts seen by the teacher", more, total)

        with _blamed(name):
            asking = _Vectors(_vectors(encoding, queries, "query", group, report), query_places)
            answering = _Vectors(_vectors(encoding, passages, "passage", group, report), passage_places)
        return cls(corpus, versions, asking, answering, encoding.fingerprint)

    def digest(self) -> str:
        """Return a digest of the vectors."""
        return digests.of_parts([self.queries.vectors, self.passages.vectors])

    def of_batch(
        self, query_rows: NDArray[np.int64], passage_rows: NDArray[np.int64], further: Further, device: torch.device
    ) -> Teaching:
        """Return the teacher's vectors of a batch; see `Versions.of_batch`."""
        rows, holders = self.versions.of_batch(query_rows, passage_rows, further)
        codes = self.corpus.language_codes
        languages = np.concatenate([codes[rows], np.where(holders < 0, further.languages, codes[holders])])
        excluded = torch.from_numpy(codes[rows, None] != languages)
        pivoted = torch.from_numpy(self.versions.in_pivot[rows])
        return Teaching(
            self.queries.of(rows).to(device),
            self.passages.of(_numbers(self.corpus, rows, holders, further)).to(device),
            excluded.to(device) if excluded.any() else None,
            None if pivoted.all() else pivoted.to(device),
        )


def _asked(
    recipe: Recipe, corpus: ParallelCorpus, sampler: Sampler, versions: Versions, *, tell: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of questions and numbers of candidates that a run's batches need, ascending."""
    asked = np.zeros(len(corpus), np.bool_)
    candidates = np.zeros(len(_candidates(corpus)), np.bool_)
    limit, pivoted, fallen, total = recipe.loss.negatives, 0, 0, 0
    for step in range(recipe.optim.steps):
        batch = sampler.batch(step)
        further = Further.none(len(batch))
        if limit:
            further = stored_negatives(corpus, limit).of_batch(batch.query_rows, batch.passage_rows)
        rows, holders = versions.of_batch(batch.query_rows, batch.passage_rows, further)
        asked[rows] = True
        candidates[_numbers(corpus, rows, holders, further)] = True
        pivoted += int(versions.in_pivot[rows].sum())
        fallen += versions.fell_back(batch.query_rows, batch.passage_rows)
        total += len(batch)
    pivot = normalise(recipe.distillation.pivot)
    if fallen and pivot not in corpus.languages:
        raise UsageError(
            f"distillation.pivot: none of the training pairs is in '{pivot}', in which the teacher should see them; "
            f"they are in {', '.join(corpus.languages)}"
        )
    if recipe.loss.vector and not pivoted:
        raise UsageError(
            f"loss.vector: the teacher sees no pair of this run's batches in '{pivot}', so that it has nothing to say: "
            "use 0, or distillation.monolingual=pivot"
        )
    if tell and fallen:
        _log.warning(
            "distillation: %s of the %s pairs of this run's batches have no version in '%s', and the teacher sees them "
            "in their question's language",
            *(f"{fallen:,}", f"{total:,}", pivot),
        )
    return np.flatnonzero(asked), np.flatnonzero(candidates)


def _candidates(corpus: ParallelCorpus) -> pa.ChunkedArray:
    """The corpus's passages, and after them its stored negatives."""
    negatives = pc.list_flatten(one_chunk(corpus.table["negatives"]))
    return pa.chunked_array([*corpus.table["passage"].chunks, negatives], pa.large_string())


def _numbers(
    corpus: ParallelCorpus, rows: NDArray[np.int64], holders: NDArray[np.int64], further: Further
) -> NDArray[np.int64]:
    """Where a batch's candidates are among all: int64 [batch + further]."""
    return np.concatenate([rows, np.where(holders < 0, len(corpus) + further.places, holders)])


def _distinct(texts: pa.ChunkedArray, numbers: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct ones among some of a column's texts, and where among them each is, −1 for the column's others."""
    encoded = pc.dictionary_encode(one_chunk(texts.take(pa.array(numbers))))
    places = np.full(len(texts), -1, np.int32)
    places[numbers] = encoded.indices.to_numpy()
    return encoded.dictionary.to_pylist(), places


def _vectors(
    encoding: Encoding, texts: Sequence[str], role: Role, group: Processes, report: Callable[[int], None]
) -> torch.Tensor:
    """A teacher's vectors of distinct texts; of several processes each makes a share, which the others find cached."""
    if group.world > 1:
        share = texts[group.rank :: group.world] or texts[:1]
        group.together(lambda: encoding.vectors(share, role, lambda more: report(more * group.world)))
    vectors = encoding.vectors(texts, role, report if group.world == 1 else None)[0]
    unusable = np.flatnonzero(~usable(vectors))
    if len(unusable):
        example = textwrap.shorten(texts[unusable[0]], 60, placeholder=" …")
        raise DataError(
            f"it gives vectors that are zero, NaN or infinite, of {len(unusable):,} of {len(texts):,} texts, such as "
            f"'{example}': choose another"
        )
    return torch.from_numpy(vectors)


@contextmanager
def _blamed(name: str) -> Iterator[None]:
    """Say of an error that it is the teacher's."""
    try:
        yield
    except EquilinguaError as error:
        error.args = (f"distillation.teacher '{name}': {error}",)
        raise


def _say_prompts(name: str) -> None:
    """Warn of a teacher that declares prompts, and none for one of the roles."""
    settings = declared(name)
    prompts = settings.get("prompts")
    if not isinstance(prompts, dict) or not any(prompts.values()) or settings.get("default_prompt_name"):
        return
    for role, known in PROMPT_NAMES.items():
        if not any(one in prompts for one in known):
            _log.warning(
                "distillation.teacher '%s' has no prompt '%s' (its prompts: %s): it is given %s without any",
                *(name, known[0], ", ".join(map(str, prompts)), {"query": "questions", "passage": "passages"}[role]),
            )
