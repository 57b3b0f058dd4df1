"""The named sets: what each is, under which licence, and where its files come from.

A set that is built has a module in `corpus/sources/`, named in `MODULES`, with

    INFO = SetInfo(name="…", …)                        # or a tuple of several; imports nothing heavy
    QUALITY = Quality(…)                               # optional, from corpus.quality: which filters apply
    def pairs(inputs: Inputs) -> Iterator[Pair]: …     # streams; Inputs is in corpus.build

and is then listed, built, cached and loaded by name. Heavy libraries (`lxml`, `pyarrow`, and `corpus.schema`, which
imports it) are imported inside functions, for every set's `INFO` is read whenever sets are listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from equilingua.corpus.lareqa import MLQA_R, XQUAD_R
from equilingua.corpus.remote import RemoteFile
from equilingua.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

__all__ = ["MODULES", "RemoteFile", "SetInfo", "find", "module_of", "sets"]

# The modules of `corpus/sources/` that build sets, in the order in which sets are listed.
MODULES: tuple[str, ...] = (
    "libreoffice_help",
    "gnome_help",
    "debian_faq",
    "installation_guide",
    "debian_handbook",
    "apt_descriptions",
    "canada_acts",
    "udhr",
    "tico_19",
    "medquad",
    "dream",
    "c3",
    "afriqa",
    "jaquad",
    "exams",
    "tatoeba",
    "mmarco",
    "mr_tydi",
    "miracl",
    "mfaq",
    "mkqa",
    "hub_parallel",
)


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
        large: too much to build in all languages unasked; the languages asked for are built, each choice for itself.
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
    large: bool = False


_SETS = (
    SetInfo(
        name="starter",
        kind="both",
        version="1",
        licence="CC0-1.0",
        description="questions and passages in 12 languages and 7 scripts, three easily confused ones a topic",
        origin="written for this project and shipped with it",
        splits=("train", "validation", "test"),
        provision="shipped",
    ),
    SetInfo(
        name="xquad-r",
        kind="benchmark",
        version="lareqa@5405d2a",
        licence="CC-BY-SA-4.0",
        description="LAReQA: 1,190 questions in 11 languages over 13,014 sentences",
        origin="https://github.com/google-research-datasets/lareqa",
        files=XQUAD_R,
        provision="fetched",
    ),
    SetInfo(
        name="mlqa-r",
        kind="benchmark",
        version="lareqa@354d67d",
        licence="CC-BY-NC-4.0",
        description="LAReQA: 1,148 questions in 2 to 4 of 7 languages over 20,534 sentences",
        origin="https://github.com/google-research-datasets/lareqa",
        files=MLQA_R,
        provision="fetched",
    ),
)


def sets() -> dict[str, SetInfo]:
    """Return every named set, by name."""
    return {info.name: info for info in _SETS} | {info.name: info for info, _ in _built().values()}


def find(name: str) -> SetInfo:
    """Return the set of that name.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    known = sets()
    if name not in known:
        raise UsageError(f"{unknown_name('set', name, known)}; nor is there a file or folder of that name")
    return known[name]


def module_of(name: str) -> ModuleType:
    """Return the module that builds a set whose provision is `built`.

    Raises:
        UsageError: there is no such set.
    """
    built = _built()
    if name not in built:
        raise unknown_name("set that is built", name, built)
    return built[name][1]


@cache
def _built() -> dict[str, tuple[SetInfo, ModuleType]]:
    found: dict[str, tuple[SetInfo, ModuleType]] = {}
    for name in MODULES:
        module = import_module(f"equilingua.corpus.sources.{name}")
        infos = module.INFO if isinstance(module.INFO, tuple) else (module.INFO,)
        found |= {info.name: (info, module) for info in infos}
    return found
