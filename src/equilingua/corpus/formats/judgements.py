"""Questions and judgements of MIRACL and Mr. TyDi, from the archive of Anserini's evaluation data.

The passages are elsewhere: `miracl` and `tevatron` read them from the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from equilingua.corpus import archives, fetch
from equilingua.corpus.formats import trec
from equilingua.corpus.registry import RemoteFile
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from equilingua.corpus.formats.trec import Qrels, Topics

    Lines = Iterator[tuple[str, str]]

_Parsed = TypeVar("_Parsed")

ARCHIVE = RemoteFile(
    path="eval/miracl-mrtydi-topics-qrels/anserini-tools_miracl_mrtydi_ciral_topics_qrels.tar.gz",
    sha256="b26de702e98ad3663b00c3e042bba91fd2db28abdac178f4d632c5a6a7d96a36",
    bytes=5_727_771,
)
_MIRACL = ("ar", "bn", "de", "en", "es", "fa", "fi", "fr", "hi", "id", "ja", "ko", "ru", "sw", "te", "th", "yo", "zh")
_MIRACL_TRAIN = tuple(code for code in _MIRACL if code not in ("de", "yo"))
_MR_TYDI = ("ar", "bn", "en", "fi", "id", "ja", "ko", "ru", "sw", "te", "th")


@dataclass(frozen=True, slots=True)
class Judged:
    """A collection of judged questions.

    Attributes:
        name: what to call it by.
        splits: the languages of each split; a language names the passages' language.
        topics: name of a file of questions, with `{language}` and `{split}` to be filled in.
        qrels: name of a file of judgements, likewise.
    """

    name: str
    splits: Mapping[str, tuple[str, ...]]
    topics: str
    qrels: str


COLLECTIONS = {
    judged.name: judged
    for judged in (
        Judged(
            name="miracl",
            splits={"train": _MIRACL_TRAIN, "dev": _MIRACL},
            topics="topics.miracl-v1.0-{language}-{split}.tsv",
            qrels="qrels.miracl-v1.0-{language}-{split}.tsv",
        ),
        Judged(
            name="mr-tydi",
            splits={"train": _MR_TYDI, "dev": _MR_TYDI, "test": _MR_TYDI},
            topics="topics.mrtydi-v1.1-{language}.{split}.txt.gz",
            qrels="qrels.mrtydi-v1.1-{language}.{split}.txt",
        ),
    )
}


def available() -> bool:
    """Tell whether the mirror or the cache holds the archive."""
    return fetch.at_hand(ARCHIVE) is not None


def topics(collection: str, split: str, languages: Iterable[str] | None = None) -> dict[str, Topics]:
    """Return the questions of a collection: language → question id → question.

    Args:
        collection: `miracl` or `mr-tydi`.
        split: one of the collection's.
        languages: BCP-47 codes; None means all.

    Raises:
        UsageError: an unknown collection or split, or a language that the split does not have.
        DataError: the archive cannot be had, or a file in it is malformed.
    """
    judged = find(collection)
    return _read("topics", judged.topics, languages_of(judged, split, languages), split, trec.parse_topics)


def qrels(collection: str, split: str, languages: Iterable[str] | None = None) -> dict[str, Qrels]:
    """Return the judgements of a collection: language → question id → passage id → relevance.

    Args:
        collection: `miracl` or `mr-tydi`.
        split: one of the collection's.
        languages: BCP-47 codes; None means all.

    Raises:
        UsageError: an unknown collection or split, or a language that the split does not have.
        DataError: the archive cannot be had, or a file in it is malformed.
    """
    judged = find(collection)
    return _read("qrels", judged.qrels, languages_of(judged, split, languages), split, trec.parse_qrels)


def find(collection: str) -> Judged:
    """Return the collection of that name.

    Raises:
        UsageError: there is none.
    """
    if collection not in COLLECTIONS:
        raise unknown_name("judged collection", collection, COLLECTIONS)
    return COLLECTIONS[collection]


def languages_of(judged: Judged, split: str, languages: Iterable[str] | None) -> tuple[str, ...]:
    """Return the languages asked for, normalised, or all of a split.

    Raises:
        UsageError: the split is unknown, or does not have a language.
    """
    if split not in judged.splits:
        raise unknown_name(f"split of {judged.name}", split, judged.splits)
    known = judged.splits[split]
    if languages is None:
        return known
    chosen = tuple(dict.fromkeys(map(normalise, languages)))
    for code in chosen:
        if code not in known:
            raise unknown_name(f"language of {judged.name} {split}", code, known)
    return chosen


def _read(
    folder: str, template: str, languages: tuple[str, ...], split: str, parse: Callable[[Lines], _Parsed]
) -> dict[str, _Parsed]:
    """Read the files of some languages in one pass over the archive."""
    path = fetch.local_path(ARCHIVE)
    names = {f"{folder}/{template.format(language=language, split=split)}": language for language in languages}
    found: dict[str, _Parsed] = {}
    for name, stream in archives.members(path, f"{folder}/*"):
        if name in names:
            found[names[name]] = parse(_lines(stream, path, name))
    for name, language in names.items():
        if language not in found:
            raise DataError(f"{path}: holds no file '{name}'")
    return {language: found[language] for language in languages}


def _lines(stream: BinaryIO, path: Path, name: str) -> Lines:
    import gzip
    import zlib

    plain = cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if name.endswith(".gz") else stream
    try:
        yield from text_lines.of_stream(plain, f"{path}: {name}")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: {name}: damaged or cut short: {error}") from error
