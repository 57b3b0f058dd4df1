"""Folders of a user's own files: which files are in which language, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Names of splits that are codes of languages too, such as `dev` of Domung.
_NO_LANGUAGES = frozenset({"all", "dev", "test", "train", "val"})


def by_language(path: Path, patterns: tuple[str, ...], language: str | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the language and path of each file, sorted by name.

    Args:
        path: a file, or a folder with files `LANGUAGE.suffix`, or with folders named by language that hold files.
        patterns: of the files' names.
        language: BCP-47 code of all of them; None reads it from the names.

    Raises:
        UsageError: an unknown language code.
        DataError: there is no such path, no such file in it, or a name that tells no language.
    """
    given = None if language is None else normalise(language)
    if path.is_file():
        yield given or _named(path.name.partition(".")[0], path), path
        return
    if not path.is_dir():
        raise DataError(f"{path}: there is no such file or folder")
    found = sorted({file for pattern in patterns for file in (*path.glob(pattern), *path.glob(f"*/{pattern}"))})
    if not found:
        raise DataError(f"{path}: neither the folder nor one in it has a file {' or '.join(patterns)}")
    for file in found:
        name = file.name.partition(".")[0] if file.parent == path else file.parent.name
        yield given or _named(name, file), file


def folders(path: Path, wanted: str, language: str | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the language of each folder that has a file of the wanted name: the path itself, or folders in it.

    Raises:
        UsageError: an unknown language code.
        DataError: no folder has the file, or a name tells no language.
    """
    given = None if language is None else normalise(language)
    if any(path.glob(wanted)):
        yield given or _named(path.name, path), path
        return
    found = sorted({file.parent for file in path.glob(f"*/{wanted}")}) if path.is_dir() else []
    if not found:
        raise DataError(f"{path}: neither the folder nor one in it has a file {wanted.rstrip('*')}")
    if given is not None and len(found) > 1:
        raise UsageError(f"{path}: has {len(found)} folders, so they cannot all be in {given}: name them by language")
    first: dict[str, Path] = {}
    for folder in found:
        code = given or _named(folder.name, folder)
        if code in first:
            raise DataError(f"{folder}: is in {code}, as is {first[code]}: put them together, or name one otherwise")
        first[code] = folder
        yield code, folder


def _named(name: str, path: Path) -> str:
    try:
        if name.lower() not in _NO_LANGUAGES:
            return normalise(name)
    except UsageError:
        pass
    raise DataError(f"{path}: '{name}' is no language code: name it by its language, or add ?language=CODE")
