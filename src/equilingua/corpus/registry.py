"""The named sets: what each is, under which licence, and where its files come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from equilingua.corpus.lareqa import MLQA_R, XQUAD_R
from equilingua.corpus.remote import RemoteFile
from equilingua.errors import unknown_name

__all__ = ["RemoteFile", "SetInfo", "find", "sets"]


@dataclass(frozen=True, slots=True)
class SetInfo:
    """A set that is loaded by name.

    Attributes:
        name: what to call it by.
        kind: a corpus is trained on, a benchmark is measured on.
        version: of the text; for a set that is built here, of what it is built from.
        licence: SPDX identifier of the text.
        description: one line.
        origin: where the text comes from.
        files: what is downloaded; empty for a set that is shipped or built.
        splits: names that `load_corpus(split=…)` takes.
    """

    name: str
    kind: Literal["corpus", "benchmark", "both"]
    version: str
    licence: str
    description: str
    origin: str
    files: tuple[RemoteFile, ...] = ()
    splits: tuple[str, ...] = ()

    @property
    def provision(self) -> Literal["shipped", "fetched", "built"]:
        """How the text gets to this machine."""
        if self.files:
            return "fetched"
        return "shipped" if self.splits else "built"


_SETS = (
    SetInfo(
        name="starter",
        kind="both",
        version="1",
        licence="CC0-1.0",
        description="questions and passages in 12 languages and 7 scripts, three easily confused ones a topic",
        origin="written for this project and shipped with it",
        splits=("train", "validation", "test"),
    ),
    SetInfo(
        name="xquad-r",
        kind="benchmark",
        version="lareqa@5405d2a",
        licence="CC-BY-SA-4.0",
        description="LAReQA: 1,190 questions in 11 languages over 13,014 sentences",
        origin="https://github.com/google-research-datasets/lareqa",
        files=XQUAD_R,
    ),
    SetInfo(
        name="mlqa-r",
        kind="benchmark",
        version="lareqa@354d67d",
        licence="CC-BY-NC-4.0",
        description="LAReQA: 1,148 questions in 2 to 4 of 7 languages over 20,534 sentences",
        origin="https://github.com/google-research-datasets/lareqa",
        files=MLQA_R,
    ),
    SetInfo(
        name="libreoffice-help",
        kind="corpus",
        version="of the Debian packages at hand, recorded when built",
        licence="MPL-2.0",
        description="headings and their sections of the LibreOffice help in over 30 languages",
        origin="Debian packages libreoffice-help-*",
    ),
)


def sets() -> dict[str, SetInfo]:
    """Return every named set, by name."""
    return {info.name: info for info in _SETS}


def find(name: str) -> SetInfo:
    """Return the set of that name.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    known = sets()
    if name not in known:
        raise unknown_name("set", name, known)
    return known[name]
