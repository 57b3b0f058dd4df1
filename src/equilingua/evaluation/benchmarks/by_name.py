"""The names that benchmarks are loaded by.

| name | what it is |
|---|---|
| `xquad-r`, `mlqa-r` | LAReQA's sets: candidates are all sentences of all paragraphs |
| `xquad-r:paragraph`, `mlqa-r:paragraph` | the same; a candidate is its sentence, then its paragraph |
| `lareqa`, `lareqa:paragraph` | `xquad-r` as XTREME-R scores it: mAP@20 in the pool of all languages |
| `miracl`, `mr-tydi` | all passages as published; dev and test questions; nDCG@10 and R@100 |
| `tatoeba` | translations: 112 languages → English; with it go accuracy and bitext mining |
| `afriqa` | questions in ten African languages → passages in English or French |
| any other corpus | its test split (else dev, else validation, else all of it); candidates are its passages |
| `beir:FOLDER` | a user's collection with all its passages; its test split, else dev, else all |
| `qrels:FILE?questions=FILE&passages=FILE` | ids and their languages alone, for runs |
| a file, a folder, or another `FORMAT:PLACE` | a user's parallel pairs |
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.corpus import load, registry, specs
from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.benchmarks import crossing, published
from equilingua.evaluation.benchmarks.benchmark import Benchmark
from equilingua.evaluation.benchmarks.documents import from_documents
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from equilingua.evaluation.benchmarks.collection import Collection

    Loader = Callable[[str, list[str] | None], Benchmark | Collection]

PARAGRAPH = ":paragraph"
# Sets of documents with questions; name → the set that the documents are of.
_DOCUMENTS = {"xquad-r": "xquad-r", "mlqa-r": "mlqa-r", "lareqa": "xquad-r"}


def names() -> list[str]:
    """Return every name that is not a path or a `FORMAT:PLACE`."""
    return sorted({*registry.sets(), *_LOADERS})


def documents_of(name: str) -> str | None:
    """Return the set that has a benchmark's questions and paragraphs; None if it is made of pairs.

    >>> documents_of("lareqa:paragraph")
    'xquad-r'
    """
    return _DOCUMENTS.get(name.removesuffix(PARAGRAPH))


def check_name(name_or_path: str | Path) -> str:
    """Return the name to report a benchmark under, without loading anything.

    Raises:
        UsageError: neither a known name nor a file or folder that exists.
    """
    if not load.is_path(name_or_path):
        if str(name_or_path) not in names():
            unknown = unknown_name("benchmark", str(name_or_path), names())
            raise UsageError(f"{unknown}; nor is there a file or folder of that name")
        return str(name_or_path)
    specs.find(str(name_or_path))
    return str(name_or_path)


def open_benchmark(name_or_path: str | Path, languages: Iterable[str] | None = None) -> Benchmark | Collection:
    """Load a benchmark, or open one whose passages are too many for memory (see `equilingua.evaluation.streaming`).

    Args:
        name_or_path: a name of the table above, a file of parallel pairs, or a `FORMAT:PLACE`.
        languages: BCP-47 codes to keep; None means all. Where questions and passages are in different languages, they
            choose the questions.

    Raises:
        UsageError: an unknown benchmark or language.
        DataError: the data cannot be had, or a file is malformed or empty.
    """
    name = check_name(name_or_path)
    kept = None if languages is None else list(languages)
    if name in _LOADERS:
        return _LOADERS[name](name, kept)
    if load.is_path(name_or_path):
        spec = specs.parse(str(name_or_path))
        if spec.format == "beir":
            collection, small = published.beir_collection(name, spec, kept)
            return collection.in_memory() if small else collection
        if spec.format == "qrels":
            return _of_ids(name, spec, kept)
    split = load.measured_split(name)
    return from_corpus(name, load.load_corpus(name_or_path, split=split, languages=kept))


def load_benchmark(name_or_path: str | Path, languages: Iterable[str] | None = None) -> Benchmark:
    """Load a benchmark into memory, however large it is; see `open_benchmark` for arguments and errors."""
    opened = open_benchmark(name_or_path, languages)
    return opened if isinstance(opened, Benchmark) else opened.in_memory()


def _of_ids(name: str, spec: specs.Spec, languages: list[str] | None) -> Benchmark:
    from equilingua.evaluation.benchmarks import qrels

    if languages is not None:
        raise UsageError(f"{name}: is measured whole: leave out of its lists what is in other languages")
    if missing := [option for option in ("questions", "passages") if option not in spec.options]:
        raise UsageError(f"{name}: say which languages ids are in: {missing[0]}=FILE, with lines 'ID LANGUAGE'")
    files = [expanded(place) for place in (spec.place, spec.options["questions"], spec.options["passages"])]
    return qrels.of_ids(name, *files)


def _lareqa(documents: str, name: str, languages: list[str] | None, *, paragraph: bool) -> Benchmark:
    return from_documents(name, load.load_documents(documents, languages), paragraph=paragraph)


_LOADERS: Mapping[str, Loader] = {
    **{
        f"{name}{variant}": partial(_lareqa, documents, paragraph=bool(variant))
        for name, documents in _DOCUMENTS.items()
        for variant in ("", PARAGRAPH)
    },
    "miracl": published.miracl_collection,
    "mr-tydi": published.mr_tydi_collection,
    "tatoeba": crossing.translations,
    "afriqa": crossing.african_questions,
}
