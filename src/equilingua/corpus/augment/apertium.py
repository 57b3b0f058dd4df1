"""Translation by Apertium: rules and dictionaries from Debian packages, offline, one pipeline for all texts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus.augment.null_flush import NullFlushPipeline
from equilingua.errors import EngineError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INSTALL = "apt-get install apertium apertium-eng-spa (apt-cache search apertium lists the pairs)"
# What a mode leaves open: whether the generator marks unknown words, which it shall not, and an option of the tagger.
_ARGUMENTS: dict[str, list[str]] = {"$1": ["-n"], "$2": []}
# To be counted up with every change of what comes out of here, for translations are kept.
_FORMAT = 1

_RESERVED = re.compile(r"[\[\]{}^$/\\@<>]")
# Control characters would end a message or vanish; a single space is text, any other spacing is not.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACING = re.compile(r"\s{2,}|[^\S ]")
_ENDED = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f\u0964\u06d4\u061f]\W*$")
_LAST_BLANK = re.compile(r"\[(\d*)\]\s*$")
_ADDED_STOP = re.compile(r"\s*\.$")
# An escaped character; what is in brackets; and the spaces on both sides of a word that a rule has left out.
_PIECES = re.compile(r"\\(.)|\[((?:[^\]\\]|\\.)*)\]|( ) +", re.DOTALL)


class Apertium:
    """One direction of Apertium, run as a long-lived pipeline; see `engines.Engine`."""

    def __init__(self, source: str, target: str, *, seconds: float = 60.0) -> None:
        """Find the direction; the pipeline starts with the first text.

        Args:
            source: BCP-47 code.
            target: BCP-47 code.
            seconds: for how long the pipeline may be silent before it is taken to hang.

        Raises:
            UsageError: the direction is not installed.
            EngineError: Apertium is not installed.
        """
        mode = find_mode(data_folder(), source, target)
        commands = pipeline(mode)
        version = _version()
        digest = data_digest(commands)
        self.name = f"apertium-{version}"
        self.fingerprint = f"{self.name}:{mode.stem}:{digest}:{_FORMAT}"
        self.details = {
            "engine": "apertium",
            "version": version,
            "direction": mode.stem,
            "data": _package(mode) or digest,
        }
        self._asked = 0
        self._pipeline = NullFlushPipeline(
            commands,
            name=f"Apertium {mode.stem}",
            seconds=seconds,
            environment=os.environ | {"LC_ALL": "C.UTF-8"},
        )

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text; see `engines.Engine`."""
        numbers = range(self._asked, self._asked + len(texts))
        self._asked += len(texts)
        messages = [escape(text, number) for text, number in zip(texts, numbers, strict=True)]
        for text, number, answer in zip(texts, numbers, self._pipeline.answers(messages), strict=True):
            translated = unescape(answer, text, number)
            if translated is None:
                fault = self._pipeline.fault()
                self.close()
                raise fault
            yield translated

    def close(self) -> None:
        """End the pipeline."""
        self._pipeline.close()


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


def find_mode(folder: Path, source: str, target: str) -> Path:
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


def _version() -> str:
    """Return Apertium's version, such as 3.8.3."""
    return _output(["apertium", "-V"], _INSTALL).split()[-1]


def _package(mode: Path) -> str:
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
    paths = (Path(word) for command in commands for word in command[1:] if os.sep in word)
    contents = (bytes.fromhex(digests.remembered(path)) for path in paths if path.is_file())
    return digests.of_parts([repr(commands), *contents], size=8)


def _output(command: list[str], advice: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise EngineError(f"the command '{command[0]}' is not on this machine: {advice}") from None
    except subprocess.CalledProcessError as error:
        raise EngineError(f"{command[0]} failed: {(error.stderr or '').strip().splitlines()[-1:]}; {advice}") from error
    return done.stdout


def escape(text: str, number: int) -> bytes:
    r"""Return a text as one message, in UTF-8 and without nulls.

    A heading has no full stop, without which the tagger does not see that it ends: it gets one that `unescape` takes
    away, as Apertium's own converter does. In brackets behind it stands a number, by which the answer is known.

    >>> escape("Insert [Ctrl]  now", 7)
    b'Insert \\[Ctrl\\][  ]now.[7]'
    """
    text = _CONTROL.sub(" ", text).strip()
    escaped = _RESERVED.sub(lambda found: "\\" + found[0], text)
    escaped = _SPACING.sub(lambda found: f"[{found[0]}]", escaped)
    return (escaped + ("" if _ENDED.search(text) else ".") + f"[{number}]").encode("utf-8", "replace")


def unescape(answer: bytes, text: str, number: int) -> str | None:
    r"""Return the translation of `text` that an answer holds, or None if it is the answer to another message.

    >>> unescape(b"Inserir \\[Ctrl\\][  ]agora.[7]", "Insert [Ctrl]  now", 7)
    'Inserir [Ctrl]  agora'
    """
    translated = answer.decode("utf-8", "replace")
    last = _LAST_BLANK.search(translated)
    if last is None or last[1] != str(number):
        return None
    translated = translated[: last.start()]
    if not _ENDED.search(text.strip()):
        translated = _ADDED_STOP.sub("", translated)
    return _PIECES.sub(lambda found: found[1] or found[3] or _unescaped(found[2]), translated).strip()


def _unescaped(blank: str) -> str:
    return re.sub(r"\\(.)", r"\1", blank)
