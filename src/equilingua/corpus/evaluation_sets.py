"""The texts of evaluation sets, which nothing that trains may hold: questions, sentences, paragraphs, passages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import fetch, load, registry, specs
from equilingua.errors import DataError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from equilingua.corpus.formats.squad import SquadParagraph
    from equilingua.corpus.registry import SetInfo
    from equilingua.corpus.schema import ParallelCorpus


@dataclass(frozen=True, slots=True)
class Item:
    """One text of an evaluation set: its role there (question, sentence, paragraph, passage), id and language."""

    role: str
    id: str
    language: str
    text: str


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """All texts of an evaluation set.

    Attributes:
        name: of the set, or the path of the user's file.
        items: in the order of the set.
    """

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class KnownSets:
    """Which of the named evaluation sets can be looked into right away.

    Attributes:
        at_hand: names of the sets that are shipped, in the mirror or in the cache.
        absent: for each of the others, why not.
    """

    at_hand: tuple[str, ...]
    absent: Mapping[str, str] = field(default_factory=dict)


def known_sets(trained_on: Collection[str] = ()) -> KnownSets:
    """Return the named evaluation sets, told apart by whether they are on this machine.

    Args:
        trained_on: sets that a run trains on. Of one that has splits, the one to be evaluated on counts all the same;
            any other would be found in itself, and is left out.
    """
    at_hand, absent = [], {}
    for name, info in registry.sets().items():
        if info.kind == "corpus":
            continue
        if name in trained_on and "train" not in info.splits:
            absent[name] = "it is trained on"
        elif _is_here(info):
            at_hand.append(name)
        elif info.large:
            absent[name] = "too large to look into unasked"
        else:
            verb = "fetch" if info.provision == "fetched" else "build"
            absent[name] = f"not on this machine: equilingua data {verb} {name}"
    return KnownSets(tuple(at_hand), absent)


def check_name(name: str) -> None:
    """Find out, without loading anything, whether there can be such a set.

    Raises:
        UsageError: neither a named set nor a file or folder that exists.
    """
    if load.is_path(name):
        specs.find(name)
    elif name not in registry.sets():
        raise unknown_name("evaluation set", name, registry.sets())


def load_evaluation_set(name: str) -> EvaluationSet:
    """Load the texts of a set: the split to be evaluated on (test, else dev or validation) or, without any, all.

    Raises:
        UsageError: there is no such set.
        DataError: it cannot be had, or a file is malformed.
    """
    check_name(name)
    if not load.is_path(name) and registry.find(name).provision == "fetched":
        return EvaluationSet(name, _of_documents(load.load_documents(name)))
    return EvaluationSet(name, _of_corpus(load.load_corpus(name, split=load.measured_split(name))))


def fingerprint(name: str) -> str:
    """Return what changes exactly when the set's texts do, from its files alone where there are any.

    Raises:
        UsageError: there is no such set.
        DataError: it cannot be had.
    """
    check_name(name)
    if load.is_path(name):
        spec = specs.parse(name)
        if spec.format == "jsonl" and specs.place(spec).is_file():
            return _digest([_file_digest(specs.place(spec)), *map(str, sorted(spec.options.items()))])
    else:
        info = registry.find(name)
        if info.provision == "fetched":
            return _digest([name, *(file.sha256 for file in info.files)])
        path = _built_path(info)
        if path is not None and path.is_file():
            return _digest([name, _file_digest(path)])
    return _digest([name, *(text for item in load_evaluation_set(name).items for text in (item.id, item.text))])


def _is_here(info: SetInfo) -> bool:
    if info.provision == "shipped":
        return True
    path = _built_path(info)
    if path is not None:
        return path.is_file()
    return all(fetch.at_hand(file) for file in info.files)


def _built_path(info: SetInfo) -> Path | None:
    """Where the cache holds the part of a built set that is evaluated on; None for a set that is not built."""
    if info.provision != "built":
        return None
    from equilingua.corpus import build

    split = load.measured_split(info.name)
    return build.corpus_path(info.name, options=None if split is None else {"split": split})


def _of_documents(documents: Mapping[str, list[SquadParagraph]]) -> tuple[Item, ...]:
    items = []
    for language, paragraphs in documents.items():
        for number, paragraph in enumerate(paragraphs):
            place = f"{paragraph.title}#{number}"
            items += [Item("question", question.id, language, question.text) for question in paragraph.questions]
            items += [
                Item("sentence", f"{place}.{sentence}", language, text)
                for sentence, text in enumerate(paragraph.sentences)
            ]
            items.append(Item("paragraph", place, language, paragraph.context))
    return tuple(items)


def _of_corpus(corpus: ParallelCorpus) -> tuple[Item, ...]:
    return tuple(
        item
        for pair in corpus
        for item in (
            Item("question", pair.group, pair.language, pair.query),
            Item("passage", pair.passage_id or pair.group, pair.language, pair.passage),
        )
    )


def _file_digest(path: Path) -> str:
    try:
        return digests.remembered(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _digest(parts: list[str]) -> str:
    return digests.of_parts(f"{len(part)}:{part}" for part in parts)
