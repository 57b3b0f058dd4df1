"""The named sets: what each is, under which licence, and where its files come from, as `catalogue.yaml` says.

A set that is built is in a format of `corpus/formats/`. Adding a set of a known format takes an entry and no Python:

    jaquad:
      kind: corpus                       # or benchmark, or both
      version: "0.1.0"
      licence: CC-BY-SA-3.0
      description: questions → paragraphs of Wikipedia, Japanese
      origin: https://github.com/SkelterLabsInc/JaQuAD
      parallel: false
      splits: [train, validation]
      files:                             # or packages: names of Debian packages, or patterns
        - folder: train/jaquad           # in the mirror and the cache; with url, the folder there, it is downloaded
          sums: {JaQuAD.tar.xz: [SHA-256, bytes]}
      format: squad                      # a module of corpus/formats/
      layout: {language: ja, …}          # its `Layout`
      options: {query: [one, other]}     # what can be chosen when it is built, the default first
      filters: {untranslated: null}      # of corpus.quality.Quality, where they differ; false for none
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (pydantic reads the annotations)
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from equilingua.corpus.sources import yaml_text
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["CATALOGUE", "RemoteFile", "SetInfo", "checked", "find", "format_of", "layout", "sets"]

CATALOGUE = Path(__file__).with_name("catalogue.yaml")

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a named set.

    Attributes:
        path: where it lies below a mirror or the cache folder, with forward slashes; its stem is the language.
        sha256: of the whole file, in hexadecimal.
        bytes: length of the file.
        url: where it was published; None if it can only come from a mirror.
        origin: what it was packed from, for a message that it is not there.
    """

    path: str
    sha256: str
    bytes: int
    url: str | None = None
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class SetInfo:
    """A set that is loaded by name.

    Attributes:
        name: what to call it by, and the source of its pairs.
        kind: a corpus is trained on, a benchmark is measured on.
        version: of the text; for a set that is built here, of what it is built from.
        licence: SPDX identifier of the text.
        description: one line.
        origin: where the text comes from.
        files: what is downloaded, or taken from the mirror.
        packages: Debian packages that it is built from; names, or patterns such as `debian-faq*`.
        parallel: items of several languages share groups.
        splits: names that `load_corpus(split=…)` takes; a built set reads `Inputs.split`.
        provision: how the text gets to this machine.
        options: what else can be chosen when it is built, each with its default.
        choices: the values of those options that have but a few.
        large: too much to build in all languages unasked; the languages asked for are built, each choice for itself.
        format: the module of `corpus/formats/` that builds it.
        layout: what that module has to know of the set.
        filters: where they differ from the defaults of `quality.Quality`; False for none at all.
    """

    name: str
    kind: Literal["corpus", "benchmark", "both"]
    version: str
    licence: str
    description: str
    origin: str
    files: tuple[RemoteFile, ...] = ()
    packages: tuple[str, ...] = ()
    parallel: bool = True
    splits: tuple[str, ...] = ()
    provision: Literal["shipped", "fetched", "built"] = "built"
    options: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    large: bool = False
    format: str = ""
    layout: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Any] | Literal[False] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Files:
    """Files of one folder of an entry: name → SHA-256 and length in bytes."""

    folder: str
    sums: dict[str, tuple[str, int]]
    url: str | None = None


def sets() -> dict[str, SetInfo]:
    """Return every named set, by name.

    Raises:
        DataError: the catalogue cannot be read, or an entry of it is wrong; the message names it.
    """
    return _read(CATALOGUE)


def find(name: str) -> SetInfo:
    """Return the set of that name.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    known = sets()
    if name not in known:
        raise UsageError(f"{unknown_name('set', name, known)}; nor is there a file or folder of that name")
    return known[name]


def format_of(info: SetInfo) -> ModuleType:
    """Return the module that builds a set.

    Raises:
        DataError: its entry names none, or one that there is not.
    """
    from equilingua.corpus import formats

    name = f"{formats.__name__}.{info.format}"
    module: ModuleType | None = None
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    if module is None or not hasattr(module, "pairs"):
        known = sorted({other.format for other in sets().values() if other.format} - {info.format})
        raise DataError(f"catalogue: {info.name}: {unknown_name('format', info.format, known)}")
    return module


def layout(info: SetInfo, kind: type[_Kind]) -> _Kind:
    """Return what a set's entry says under `layout`, as the dataclass of its format.

    Raises:
        DataError: it says something else.
    """
    return checked(kind, info.layout, f"catalogue: {info.name}: layout")


def checked(kind: type[_Kind], record: Mapping[str, Any], where: str) -> _Kind:
    """Make a dataclass of what a file says, every field of the type that it should have.

    Args:
        kind: the dataclass.
        record: name of each field → value.
        where: its place, for the message.

    Raises:
        DataError: a field is unknown, missing or of another type.
    """
    from pydantic import TypeAdapter, ValidationError

    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for key in record:
        if key not in known:
            raise DataError(f"{where}: {unknown_name('key', str(key), known)}")
    try:
        return TypeAdapter(kind).validate_python(dict(record))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(f"{where}: {place}: {first['msg'].lower()}, not {first['input']!r}") from error


@cache
def _read(path: Path) -> dict[str, SetInfo]:
    try:
        with path.open(encoding="utf-8") as stream:
            entries = yaml_text.load(stream, str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if not isinstance(entries, dict):
        raise DataError(f"{path}: is not a mapping of the name of each set to its entry")
    return {str(name): _entry(str(name), entry, f"{path}: {name}") for name, entry in entries.items()}


def _entry(name: str, entry: object, where: str) -> SetInfo:
    if not isinstance(entry, dict):
        raise DataError(f"{where}: is not an entry with the keys kind, version, licence, …")
    if "options" in entry and not isinstance(entry["options"], dict):
        raise DataError(f"{where}: options: is not a mapping of an option to its default or its values")
    options = {key: value if isinstance(value, list) else [value] for key, value in entry.get("options", {}).items()}
    files = [checked(_Files, group, f"{where}: files") for group in entry.get("files", ())]
    info = {
        **entry,
        "name": name,
        "files": [
            RemoteFile(
                f"{group.folder}/{file}",
                sha256,
                size,
                None if group.url is None else f"{group.url}/{file}",
                str(entry.get("origin", "")),
            )
            for group in files
            for file, (sha256, size) in group.sums.items()
        ],
        "options": {key: str(values[0]) for key, values in options.items()},
        "choices": {key: values for key, values in options.items() if len(values) > 1},
    }
    return checked(SetInfo, info, where)
