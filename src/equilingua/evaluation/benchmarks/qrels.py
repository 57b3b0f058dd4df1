"""Benchmarks by TREC's qrels: another relevance than the benchmark's own, and benchmarks of ids without any text."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from equilingua.corpus.formats import trec
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, UsageError
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group
from equilingua.evaluation.trec import Names, published_questions
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def with_qrels(benchmark: Benchmark, path: Path) -> Benchmark:
    """Return the benchmark with the relevance that a qrels file states, instead of its own.

    Every relevance above 0 is relevant. Questions that the file does not name have nothing relevant and are skipped.
    Translations of a question that are judged otherwise than it are made groups of their own, of the same name.

    Raises:
        DataError: the file cannot be read, a line is malformed, an id is not in the benchmark, or a passage is judged
            in two ways.
    """
    first_place: dict[str, str] = {}

    def noted() -> Iterator[tuple[str, str]]:
        for where, line in text_lines.of_file(path):
            for name in normalize("NFC", line).split()[:3:2]:
                first_place.setdefault(name, where)
            yield where, line

    judged = trec.parse_qrels(noted())
    questions, candidates = Names("question", benchmark), Names("candidate", benchmark)
    merged = trec.Judgements()
    for name, judgements in judged.items():
        question = questions.find(name, first_place.get(name, str(path)))
        for passage, relevance in judgements.items():
            # By full names: a file may call one thing by two.
            where = first_place.get(passage, str(path))
            candidate = candidates.find(passage, where)
            merged.add(where, questions.names[question], candidates.names[candidate], relevance)
    groups: dict[tuple[int, frozenset[int]], int] = {}
    group_of = []
    for name, group in zip(questions.names, benchmark.query_group.tolist(), strict=True):
        found = merged.qrels.get(name, {})
        chosen = frozenset(candidates.places[passage] for passage, relevance in found.items() if relevance > 0)
        group_of.append(groups.setdefault((group, chosen), len(groups)))
    names = [benchmark.groups[group] for group, _ in groups]
    pairs = [(group, candidate) for (_, chosen), group in groups.items() for candidate in chosen]
    owners, relevant = zip(*pairs, strict=True) if pairs else ((), ())
    offsets, distinct = by_group(owners, relevant, len(groups))
    return replace(
        benchmark,
        query_group=np.array(group_of, np.int32),
        groups=names,
        relevant_offsets=offsets,
        relevant=distinct,
        query_ids=published_questions(benchmark),
    )


def of_ids(name: str, qrels: Path, questions: Path, passages: Path) -> Benchmark:
    """Make a benchmark of ids alone, on which runs can be measured though nobody has the texts.

    Args:
        name: what results are reported under.
        qrels: what is relevant.
        questions: lines `ID LANGUAGE [GROUP]`; translations of one question share a group, which is the id by default.
        passages: lines `ID LANGUAGE` of the whole pool.

    Raises:
        DataError: a file cannot be read or names nothing, a line is malformed, or an id is there twice or judged and
            nowhere.
    """
    asked, pool = list(_ids(questions)), sorted(_ids(passages), key=itemgetter(1))
    if not asked or not pool:
        raise DataError(f"{passages if asked else questions}: names nothing")
    codes = {code: number for number, code in enumerate(sorted({code for _, code, _ in (*asked, *pool)}))}
    groups: dict[str, int] = {}
    made = Benchmark(
        name=name,
        languages=tuple(codes),
        queries=[identity for identity, _, _ in asked],
        query_language=np.array([codes[code] for _, code, _ in asked], np.int32),
        query_group=np.array([groups.setdefault(group, len(groups)) for _, _, group in asked], np.int32),
        groups=list(groups),
        candidates=[identity for identity, _, _ in pool],
        candidate_language=np.array([codes[code] for _, code, _ in pool], np.int32),
        relevant_offsets=np.zeros(len(groups) + 1, np.int64),
        relevant=np.zeros(0, np.int64),
        query_ids=[identity for identity, _, _ in asked],
        candidate_ids=[identity for identity, _, _ in pool],
        texts=False,
    )
    return with_qrels(made, qrels)


def _ids(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, language and group of each line."""
    first: dict[str, str] = {}
    for where, line in text_lines.of_file(path):
        cells = normalize("NFC", line).split()
        if not cells:
            continue
        if len(cells) not in {2, 3}:
            raise DataError(f"{where}: is not an id, its language and, if wanted, its group")
        identity, code, group = (*cells, cells[0])[:3]
        if first.setdefault(identity, where) != where:
            raise DataError(f"{where}: id '{identity}' is there twice, first in {first[identity]}")
        try:
            yield identity, normalise(code), group
        except UsageError as error:
            raise DataError(f"{where}: {error}") from None
