"""Questions and judgements of MIRACL, Mr. TyDi and CIRAL, from the archive of Anserini's evaluation data.

The passages are elsewhere: `miracl` and `mr_tydi` read them from the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from equilingua.corpus import archives, fetch
from equilingua.corpus.formats import trec
from equilingua.corpus.registry import RemoteFile
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, unknown_name
from equilingua.languages import normalise
from equilingua.places import cache_folder

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
_CIRAL = ("ha", "so", "sw", "yo")
# CIRAL's Swahili test-b gives a second question the id of another; its own id has judgements and no question.
_REPEATED = {"topics.ciral-v1.0-sw-test-b-native.tsv": ("237",)}


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


_CIRAL_SPLITS = {"dev": _CIRAL, "test-a": _CIRAL, "test-b": _CIRAL}
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
        # Passages in an African language, questions in it too …
        Judged(
            name="ciral",
            splits=_CIRAL_SPLITS,
            topics="topics.ciral-v1.0-{language}-{split}-native.tsv",
            qrels="qrels.ciral-v1.0-{language}-{split}.tsv",
        ),
        # … or, as CIRAL is meant, in English.
        Judged(
            name="ciral-english",
            splits=dict.fromkeys(("test-a", "test-b"), _CIRAL),
            topics="topics.ciral-v1.0-{language}-{split}.tsv",
            qrels="qrels.ciral-v1.0-{language}-{split}.tsv",
        ),
    )
}


def available() -> bool:
    """Tell whether the mirror or the cache holds the archive."""
    folders = (fetch.mirror_folder(), cache_folder())
    return any(folder is not None and (folder / ARCHIVE.path).is_file() for folder in folders)


def topics(collection: str, split: str, languages: Iterable[str] | None = None) -> dict[str, Topics]:
    """Return the questions of a collection: language → question id → question.

    Args:
        collection: `miracl`, `mr-tydi`, `ciral` or `ciral-english`.
        split: one of the collection's.
        languages: BCP-47 codes; None means all.

    Raises:
        UsageError: an unknown collection or split, or a language that the split does not have.
        DataError: the archive cannot be had, or a file in it is malformed.
    """
    judged = find(collection)

    def parse(name: str, lines: Lines) -> Topics:
        return trec.parse_topics(lines, repeated=_REPEATED.get(name, ()))

    return _read("topics", judged.topics, languages_of(judged, split, languages), split, parse)


def qrels(
    collection: str, split: str, languages: Iterable[str] | None = None, *, pools: bool = False
) -> dict[str, Qrels]:
    """Return the judgements of a collection: language → question id → passage id → relevance.

    Args:
        collection: `miracl`, `mr-tydi`, `ciral` or `ciral-english`.
        split: one of the collection's.
        languages: BCP-47 codes; None means all.
        pools: of CIRAL's `test-a`, the later and wider judgements of pooled results.

    Raises:
        UsageError: an unknown collection or split, or a language that the split does not have.
        DataError: the archive cannot be had, or a file in it is malformed.
    """
    judged = find(collection)
    chosen = languages_of(judged, split, languages)
    if pools and not (collection.startswith("ciral") and split == "test-a"):
        raise unknown_name("split with pooled judgements", f"{collection} {split}", ["ciral test-a"])

    def parse(_name: str, lines: Lines) -> Qrels:
        return trec.parse_qrels(lines)

    return _read("qrels", judged.qrels, chosen, f"{split}-pools" if pools else split, parse)


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
    folder: str, template: str, languages: tuple[str, ...], split: str, parse: Callable[[str, Lines], _Parsed]
) -> dict[str, _Parsed]:
    """Read the files of some languages in one pass over the archive."""
    path = fetch.local_path(ARCHIVE)
    names = {f"{folder}/{template.format(language=language, split=split)}": language for language in languages}
    found: dict[str, _Parsed] = {}
    for name, stream in archives.members(path, f"{folder}/*"):
        if name in names:
            found[names[name]] = parse(PurePosixPath(name).name, _lines(stream, path, name))
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
