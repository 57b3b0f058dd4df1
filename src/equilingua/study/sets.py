"""Evaluation sets of studies: whole, or a fixed part that is the same for every run and chosen before anybody looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from equilingua import digests
from equilingua.corpus.load import load_documents
from equilingua.errors import UsageError
from equilingua.evaluation.benchmarks import by_name
from equilingua.evaluation.benchmarks.benchmark import Benchmark, by_group
from equilingua.evaluation.benchmarks.collection import Collection
from equilingua.evaluation.benchmarks.documents import from_documents

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.formats.squad import SquadParagraph
    from equilingua.study.definition import StudySet


@dataclass(frozen=True, eq=False)
class SetPart:
    """A part of an evaluation set.

    Attributes:
        benchmark: what runs are measured on.
        description: how it was chosen, how many groups it has of how many, and a digest of their names.
    """

    benchmark: Benchmark
    description: Mapping[str, Any]


def part_of(chosen: StudySet) -> SetPart:
    """Make the part of a set that a study declares.

    Groups are drawn in equal shares from every stratum: those with questions in the same languages and, of documents,
    of the same article. Of a group all languages are there.

    Raises:
        UsageError: no share is declared, or the set is one of millions of passages, which has no parts.
        DataError: the set cannot be had.
    """
    if chosen.share is None:
        raise UsageError(f"{chosen.label}: no share is declared")
    documents = by_name.documents_of(chosen.set)
    if documents is not None:
        # Whole paragraphs, so that sentences without questions keep their share among the candidates.
        whole = load_documents(documents, chosen.languages)
        kept = document_part(whole, chosen.share, chosen.seed)
        benchmark = from_documents(chosen.label, kept, paragraph=chosen.set.endswith(by_name.PARAGRAPH))
        groups = len({question.id for language in whole.values() for each in language for question in each.questions})
    else:
        opened = by_name.open_benchmark(chosen.set, chosen.languages)
        if isinstance(opened, Collection):
            raise UsageError(f"{chosen.label}: a collection of so many passages has no parts: leave share out")
        benchmark = benchmark_part(opened, chosen.label, chosen.share, chosen.seed)
        groups = len(np.unique(opened.query_group))
    digest = digests.of_text("\n".join(sorted(benchmark.groups)), 8).hex()
    return SetPart(
        benchmark,
        {
            "of": chosen.set,
            "share": chosen.share,
            "seed": chosen.seed,
            "groups": len(benchmark.groups),
            "of_groups": groups,
            "digest": digest,
        },
    )


def document_part(
    documents: Mapping[str, Sequence[SquadParagraph]], share: float, seed: int
) -> dict[str, list[SquadParagraph]]:
    """Keep a share of the paragraphs in every language; translations of a paragraph stay together.

    Paragraphs belong together if they share a question's id.
    """
    together = DisjointSet()
    for language in documents.values():
        for paragraph in language:
            _join(together, [question.id for question in paragraph.questions])
    cluster = _least(together)
    titles: dict[str, dict[str, str]] = {}
    for code, language in documents.items():
        for paragraph in language:
            titles.setdefault(_of(cluster, code, paragraph), {}).setdefault(code, paragraph.title)
    strata = {root: (*sorted(own), own[min(own)]) for root, own in titles.items()}
    kept = drawn(strata, share, seed)
    return {
        code: [paragraph for paragraph in language if _of(cluster, code, paragraph) in kept]
        for code, language in documents.items()
    }


def benchmark_part(whole: Benchmark, name: str, share: float, seed: int) -> Benchmark:
    """Keep a share of the groups with all their questions and answers, and of the passages that answer nothing.

    Passages whose questions are all left out are left out too. Groups that share an answer stay together.
    """
    together = DisjointSet()
    asked = np.unique(whole.query_group)
    owner: dict[int, str] = {}
    for group in asked.tolist():
        own = str(group)
        answers = whole.relevant[whole.relevant_offsets[group] : whole.relevant_offsets[group + 1]].tolist()
        _join(together, [own, *(owner.setdefault(candidate, own) for candidate in answers)])
    cluster = _least(together)
    languages: dict[str, set[int]] = {}
    for group, language in zip(whole.query_group.tolist(), whole.query_language.tolist(), strict=True):
        languages.setdefault(cluster[str(group)], set()).add(language)
    kept = drawn({root: tuple(sorted(codes)) for root, codes in languages.items()}, share, seed)
    groups = np.array([group for group in asked.tolist() if cluster[str(group)] in kept], np.int64)
    return _restricted(whole, name, groups, owner, share, seed)


def drawn(strata: Mapping[str, Hashable], share: float, seed: int) -> set[str]:
    """Draw a share of names, the same from every stratum but for rounding: at least one in all.

    Names are put in the order of their strata and, within one, of a keyed hash; every 1 / share-th is drawn
    (systematic sampling), so that even strata smaller than that have their share together.

    Args:
        strata: name → its stratum.
        share: of the names.
        seed: of the hash.
    """
    ordered = sorted(strata, key=lambda name: (str(strata[name]), _hash(name, seed)))
    start = (int(_hash("start", seed), 16) % 10_000) / 10_000
    taken = {
        name
        for place, name in enumerate(ordered)
        if int((place + 1) * share + start) > int(place * share + start)
    }  # fmt: skip
    return taken or set(ordered[:1])


def _restricted(
    whole: Benchmark, name: str, groups: NDArray[np.int64], owner: Mapping[int, str], share: float, seed: int
) -> Benchmark:
    number = np.full(len(whole.groups), -1, np.int64)
    number[groups] = np.arange(len(groups))
    questions = np.flatnonzero(number[whole.query_group] >= 0)
    sizes = np.diff(whole.relevant_offsets)
    of_group = np.repeat(np.arange(len(whole.groups)), sizes)
    wanted = number[of_group] >= 0
    keep = np.zeros(len(whole.candidates), np.bool_)
    keep[whole.relevant[wanted]] = True
    for candidate in range(len(whole.candidates)):
        if candidate not in owner:
            place = int(_hash(f"{whole.candidate_language[candidate]}\n{whole.candidates[candidate]}", seed), 16)
            keep[candidate] |= place % 10_000 < share * 10_000
    candidates = np.flatnonzero(keep)
    renumbered = np.full(len(whole.candidates), -1, np.int64)
    renumbered[candidates] = np.arange(len(candidates))
    offsets, relevant = by_group(number[of_group[wanted]], renumbered[whole.relevant[wanted]], len(groups))
    return Benchmark(
        name=name,
        languages=whole.languages,
        queries=[whole.queries[row] for row in questions],
        query_language=whole.query_language[questions],
        query_group=number[whole.query_group[questions]].astype(np.int32),
        groups=[whole.groups[group] for group in groups],
        candidates=[whole.candidates[row] for row in candidates],
        candidate_language=whole.candidate_language[candidates],
        relevant_offsets=offsets,
        relevant=relevant,
    )


def _join(together: DisjointSet, names: Sequence[str]) -> None:
    for name in names:
        together.add(name)
        together.merge(names[0], name)


def _least(together: DisjointSet) -> dict[str, str]:
    """Return name → the least name of its cluster, which the cluster is known by."""
    return {name: least for cluster in together.subsets() for least in [min(cluster)] for name in cluster}


def _of(cluster: Mapping[str, str], code: str, paragraph: SquadParagraph) -> str:
    # Nothing tells the translations of a paragraph without a question, so it is a cluster of its own.
    return cluster[paragraph.questions[0].id] if paragraph.questions else f"{code}\n{paragraph.context}"


def _hash(text: str, seed: int) -> str:
    return digests.of_text(text, 8, key=str(seed)).hex()
