"""The translation directions that Apertium has on this machine, by BCP-47 codes."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus.augment.engines import EngineError
from equilingua.errors import UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

_INSTALL = "apt-get install apertium apertium-eng-spa (apt-cache search apertium lists the pairs)"
# What a mode leaves open: whether the generator marks unknown words, which it shall not, and an option of the tagger.
_ARGUMENTS: dict[str, list[str]] = {"$1": ["-n"], "$2": []}


def data_folder() -> Path:
    """Return the folder of Apertium's language data: `APERTIUM_DATADIR`, or the one that belongs to the command.

    Raises:
        EngineError: Apertium is not installed.
    """
    command = shutil.which("apertium")
    if command is None:
        raise EngineError(f"the command 'apertium' is not on this machine: {_INSTALL}")
    chosen = os.environ.get("APERTIUM_DATADIR")
    return Path(chosen) if chosen else Path(command).resolve().parent.parent / "share" / "apertium"


def directions(folder: Path) -> dict[tuple[str, str], Path]:
    """Return the mode file of each direction, by the codes of its two languages.

    Left out are modes whose name says more than two languages, which are variants for developers, and languages that
    have no BCP-47 code.
    """
    found: dict[tuple[str, str], Path] = {}
    # The shortest name first, then by the alphabet: where a direction has two modes, the choice is always the same.
    for path in sorted((folder / "modes").glob("*.mode"), key=lambda path: (len(path.stem), path.stem)):
        names = path.stem.split("-")
        if len(names) != 2:
            continue
        try:
            source, target = map(_language, names)
        except UsageError:
            continue
        found.setdefault((source, target), path)
    return found


def _language(name: str) -> str:
    """Return the BCP-47 code of one of Apertium's names.

    Raises:
        UsageError: it has none.
    """
    # Aran is a valley to Apertium, and the name of a script to everybody else.
    if name.partition("_")[2] == "aran":
        raise UsageError(f"'{name}' has no BCP-47 code")
    return normalise(name)


def find(folder: Path, source: str, target: str) -> Path:
    """Return the mode file of a direction.

    Raises:
        UsageError: it is not installed; the message names those that are.
    """
    known = directions(folder)
    if (source, target) not in known:
        near = sorted(end for start, end in known if start == source)
        there = f"from {source} there are {', '.join(near)}" if near else f"nothing translates from {source}"
        raise UsageError(f"Apertium does not translate {source} → {target} here: {there}; install the pair: {_INSTALL}")
    return known[source, target]


def pipeline(mode: Path) -> list[list[str]]:
    """Return the programs of a mode with their arguments, each set to answer after every null.

    Raises:
        EngineError: Apertium is too old, or the mode is no plain pipeline.
    """
    text = _output(["apertium-wblank-mode", "-z", str(mode)], "Apertium 3.7 or newer is needed")
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = ""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        elif set(word) <= set("();<>|&"):
            raise EngineError(f"{mode}: is no plain pipeline: it has '{word}'")
        elif word in _ARGUMENTS:
            commands[-1] += _ARGUMENTS[word]
        else:
            commands[-1].append(word)
    if not all(commands):
        raise EngineError(f"{mode}: is no plain pipeline: a program is missing")
    return commands


def version() -> str:
    """Return Apertium's version, such as 3.8.3."""
    return _output(["apertium", "-V"], _INSTALL).split()[-1]


def package(mode: Path) -> str:
    """Return the name and version of the Debian package that a mode belongs to; empty where it belongs to none."""
    dpkg = shutil.which("dpkg-query")
    if dpkg is None:
        return ""
    owner = subprocess.run([dpkg, "--search", str(mode)], capture_output=True, text=True, check=False)
    name = owner.stdout.partition(":")[0].strip()
    if owner.returncode or not name:
        return ""
    shown = subprocess.run([dpkg, "--show", name], capture_output=True, text=True, check=False)
    return " ".join(shown.stdout.split())


def data_digest(commands: Sequence[Sequence[str]]) -> str:
    """Return a digest of a pipeline and of the files it names, which changes with any of them."""
    digest = hashlib.blake2b(repr(commands).encode(), digest_size=8)
    for path in (Path(word) for command in commands for word in command[1:] if os.sep in word):
        if path.is_file():
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _output(command: list[str], advice: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise EngineError(f"the command '{command[0]}' is not on this machine: {advice}") from None
    except subprocess.CalledProcessError as error:
        raise EngineError(f"{command[0]} failed: {(error.stderr or '').strip().splitlines()[-1:]}; {advice}") from error
    return done.stdout
