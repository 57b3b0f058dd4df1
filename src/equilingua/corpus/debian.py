"""Debian's packages and indexes, found, downloaded and checked by apt, never installed; and its names of languages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from equilingua.corpus import archives
from equilingua.corpus.markup import decode
from equilingua.errors import DataError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TRANSLATION = re.compile(r"i18n/Translation-([\w@]+)")
_HELPER = "/usr/lib/apt/apt-helper"
_NAMES = {"c": "en", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant-HK"}
_VARIANTS = {"latin": "Latn", "cyrillic": "Cyrl", "valencia": "valencia"}
# A region that only repeats where a language is mostly spoken says nothing; these say something.
_TELLING = frozenset({"pt-BR", "en-GB", "en-CA", "en-AU", "ca-valencia"})


def available(prefix: str) -> list[str]:
    """Return the names of the packages that apt knows and that begin with `prefix`, sorted.

    Raises:
        DataError: there is no apt here.
    """
    return sorted(name for name in _run(["apt-cache", "pkgnames", prefix]).split() if name.startswith(prefix))


def download(packages: Sequence[str], folder: Path) -> dict[str, Path]:
    """Download packages into a folder that exists, checked by apt against the archive's signed index.

    Returns:
        The package file of each name.

    Raises:
        DataError: there is no apt here, a package is unknown, or the download fails.
    """
    _run(["apt-get", "download", "--quiet=2", *packages], folder)
    found = {name: sorted(folder.glob(f"{name}_*.deb")) for name in packages}
    for name, files in found.items():
        if not files:
            raise DataError(f"apt-get left no file of the package '{name}' in {folder}")
    return {name: files[-1] for name, files in found.items()}


def version(package: Path) -> str:
    """Return the version that a package file says it has.

    Raises:
        DataError: there is no dpkg here, or the file is no package.
    """
    return _run(["dpkg-deb", "--field", str(package), "Version"]).strip()


def unpack(package: Path, folder: Path) -> None:
    """Unpack the plain files of a package below a folder; links are left out.

    Raises:
        DataError: there is no dpkg here, the file is no package, is cut short or has files outside the folder, or the
            disk is full.
    """
    archives.extract(package, folder)


def language(name: str) -> str:
    """Return the BCP-47 code of a locale, as Debian, GNOME and the manuals name it.

    Raises:
        UsageError: it is no known language.

    >>> language("C"), language("de_DE"), language("pt_BR"), language("zh_CN"), language("sr@latin")
    ('en', 'de', 'pt-BR', 'zh-Hans', 'sr-Latn')
    """
    plain, _, variant = name.partition("@")
    plain = plain.replace("_", "-").lower()
    if plain in _NAMES:
        return _NAMES[plain]
    code = normalise(f"{plain}-{_VARIANTS[variant]}" if variant in _VARIANTS else plain)
    return code if code in _TELLING or variant else code.partition("-")[0]


def translations(scratch: Path) -> list[str]:
    """Return the names of the languages that the archives' indexes of translated descriptions are in, sorted.

    Args:
        scratch: a folder for apt's lists, so that those of the system stay as they are.

    Raises:
        DataError: there is no apt here, or no archive answers.
    """
    lists = _update(scratch, [])
    releases = (decode(path.read_bytes(), path.name) for path in lists.glob("*Release"))
    return sorted({name for text in releases for name in _TRANSLATION.findall(text)})


def indexes(languages: Sequence[str], scratch: Path) -> dict[str, list[Path]]:
    """Download the indexes of translated descriptions, checked by apt against the archives' signatures.

    Args:
        languages: names as `translations` gives them.
        scratch: a folder for apt's lists.

    Returns:
        The files of each language, to be read with `lines_of_index`; a language may have none.

    Raises:
        DataError: there is no apt here, or a download fails.
    """
    lists = _update(scratch, languages)
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(lists.glob("*_i18n_Translation-*")):
        # apt writes the underscore of `pt_BR` as `%5f`.
        found[unquote(path.name.rpartition("Translation-")[2].partition(".")[0])].append(path)
    return {name: found[name] for name in languages}


def lines_of_index(path: Path) -> Iterator[str]:
    """Yield the lines of an index, which apt may keep compressed.

    Raises:
        DataError: it cannot be read or decompressed, or is not UTF-8.
    """
    helper = _HELPER if Path(_HELPER).is_file() else "cat"
    command = [helper, "cat-file", str(path)] if helper == _HELPER else [helper, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for number, line in enumerate(process.stdout, 1):
            yield decode(line, f"{path.name}:{number}").rstrip("\n")
        message = process.stderr.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        reason = message[0].removeprefix("E: ") if message else f"exit status {process.returncode}"
        raise DataError(f"{path}: cannot be read: {reason}; run 'apt-get update' as root")


def _update(scratch: Path, languages: Sequence[str]) -> Path:
    """Let apt fetch its release files, and the translations into some languages, and return the folder they are in."""
    lists = scratch / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    settings = [
        f"Dir::State::lists={lists}",
        f"Dir::Cache={scratch}",
        "Acquire::IndexTargets::deb::Packages::DefaultEnabled=false",
        # An empty list would mean the user's own language.
        f"Acquire::Languages={','.join(languages) or 'none'}",
    ]
    _run(["apt-get", "update", "--quiet=2", "--error-on=any", *(part for item in settings for part in ("-o", item))])
    return lists


def _run(command: list[str], folder: Path | None = None) -> str:
    if shutil.which(command[0]) is None:
        raise DataError(
            f"the command '{command[0]}' is not on this machine: building from Debian packages needs Debian or one of "
            "its relatives; build there and copy the cache folder here"
        )
    environment = os.environ | {"LC_ALL": "C"}  # since the messages are read below
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode == 0:
        return done.stdout.decode(errors="replace")
    errors = [line for line in done.stderr.decode(errors="replace").splitlines() if line and not line.startswith("W:")]
    reason = errors[0].removeprefix("E: ") if errors else f"exit status {done.returncode}"
    if reason.startswith(("Unable to locate package", "No packages found", "Can't find a source")):
        reason += "; run 'apt-get update' as root, or check the name"
    raise DataError(f"{command[0]} failed: {reason}")
