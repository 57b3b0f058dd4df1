"""Sets built on this machine: a source's pairs, filtered, counted, and written to the cache whole or not at all."""

from __future__ import annotations

import json
import logging
import re
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua import digests, durable
from equilingua.corpus import registry
from equilingua.corpus.inputs import SPLIT, Inputs, unheard
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.languages import normalise
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from equilingua.corpus.inputs import Progress
    from equilingua.corpus.quality import Quality
    from equilingua.corpus.registry import SetInfo
    from equilingua.corpus.schema import Pair, ParallelCorpus

__all__ = ["BuildReport", "Inputs", "build", "corpus_path", "load"]

_log = logging.getLogger(__name__)
_CHUNK = 8192
_LONGEST_NAME = 100
_WAITING = "another process is building %s: waiting for it"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read, dropped and kept.

    Attributes:
        name: of the set.
        licence: of its text.
        options: what was chosen.
        packages: version of each Debian package that was read.
        languages: for each language the items found, the number dropped for each reason, and the pairs left.
        pairs: in all.
        groups: distinct ones.
        groups_by_languages: how many groups have exactly so many languages.
        seconds: that the build took.
        peak_mebibytes: the most memory that the process has used; None where the system does not tell.
    """

    name: str
    licence: str
    options: dict[str, str]
    packages: dict[str, str]
    languages: dict[str, dict[str, int]]
    pairs: int
    groups: int
    groups_by_languages: dict[int, int]
    seconds: float
    peak_mebibytes: int | None


@dataclass(frozen=True, slots=True)
class _Request:
    """One build of a set: which languages (None is all) and which options."""

    info: SetInfo
    languages: frozenset[str] | None
    options: dict[str, str]

    @property
    def path(self) -> Path:
        """Where the Parquet file lies; builds of some languages or of other options lie beside the whole."""
        parts = ["+".join(_said(key, value) for key, value in self.options.items()) or "whole"]
        if self.languages is not None:
            parts.append("+".join(sorted(self.languages)))
        plain = ".".join(parts)
        name = re.sub(r"[^\w.+=-]", "_", plain)[:_LONGEST_NAME]
        if name != plain:
            name += "-" + digests.of_text(plain, 4).hex()
        return cache_folder() / self.info.name / f"{name}.parquet"


def load(
    name: str,
    *,
    split: str | None = None,
    languages: Iterable[str] | None = None,
    options: Mapping[str, str] | None = None,
) -> ParallelCorpus:
    """Load a set that is built; build it if the cache does not hold it.

    Args:
        name: of the set.
        split: one of its splits; None means all of it.
        languages: to keep; None means all.
        options: of those that the set has; the others get their defaults.

    Raises:
        UsageError: a language or an option that the set does not have.
        DataError: what it is built from cannot be had, or the cache cannot be read or written.
    """
    from equilingua.corpus.schema import ParallelCorpus

    options = {**(options or {}), **({} if split is None else {SPLIT: split})}
    wanted = None if languages is None else [normalise(code) for code in languages]
    request = _request(name, wanted if registry.find(name).large else None, options)
    if request.path.is_file():
        try:
            corpus = ParallelCorpus.read_parquet(request.path)
        except DataError as error:
            raise DataError(f"{error}; equilingua data build {name} makes it anew") from error
    else:
        _log.warning("%s is not in the cache: building it from %s", name, request.info.origin)
        corpus, _ = build(name, request.languages, options, _logged)
    return corpus.where(languages=wanted)


def corpus_path(name: str, languages: Iterable[str] | None = None, options: Mapping[str, str] | None = None) -> Path:
    """Return where a build lies, or would; its report is beside it, with the suffix `.json`.

    Raises:
        UsageError: an unknown set, language code or option, or a set that is not built.
    """
    return _request(name, languages, options).path


def build(
    name: str,
    languages: Iterable[str] | None = None,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[ParallelCorpus, BuildReport]:
    """Build a set and write it as Parquet, with the report as JSON beside it, into the cache.

    If another process is building the same, this waits for it and takes what it wrote.

    Args:
        name: a set whose provision is `built`.
        languages: BCP-47 codes to build; None means all that there are.
        options: of those that the set has; the others get their defaults.
        progress: told a stage's name, how much of it is done, and how much there is (0 if nobody knows).

    Raises:
        UsageError: a set that is not built, or an unknown language or option.
        DataError: what it is built from cannot be had or used, or the disk is full. What an earlier build wrote is
            then as it was.
    """
    from equilingua.corpus.schema import ParallelCorpus

    request = _request(name, languages, options)
    try:
        with durable.locked(request.path, on_wait=lambda: _log.warning(_WAITING, request.path)) as waited:
            if waited and request.path.is_file():
                return ParallelCorpus.read_parquet(request.path), _read_report(request.path.with_suffix(".json"))
            corpus, report = _built(request, progress)
            # The report is on the disk before the corpus takes its place.
            with durable.replacing(request.path.with_suffix(".json")) as beside:
                durable.write_json(beside, asdict(report))
                corpus.write_parquet(request.path)
    except OSError as error:
        where = error.filename or tempfile.gettempdir()
        raise DataError(f"{name}: cannot be built: {where}: {error.strerror or error}") from error
    return corpus, report


def _said(key: str, value: str) -> str:
    """Name an option in a file's name; a number alone would not say what was chosen."""
    return value if any(character.isalpha() for character in value) else f"{key}={value}"


def _request(name: str, languages: Iterable[str] | None, options: Mapping[str, str] | None) -> _Request:
    info = registry.find(name)
    if info.provision != "built":
        raise UsageError(f"set '{name}' is {info.provision}, not built: equilingua data fetch {name}")
    chosen = dict(info.options)
    for key, value in (options or {}).items():
        if key == SPLIT and info.splits:
            if value not in info.splits:
                raise unknown_name(f"split of {name}", value, info.splits)
        elif key not in info.options:
            raise unknown_name(f"option of {name}", key, [*info.options, *([SPLIT] if info.splits else [])])
        elif value not in info.choices.get(key, (value,)):
            raise unknown_name(f"{key} of {name}", value, info.choices[key])
        chosen[key] = value
    return _Request(info, None if languages is None else frozenset(map(normalise, languages)), chosen)


def _built(request: _Request, progress: Progress | None) -> tuple[ParallelCorpus, BuildReport]:
    from equilingua.corpus import quality as filters

    start = time.monotonic()
    module = registry.format_of(request.info)
    quality = filters.of(request.info)
    with tempfile.TemporaryDirectory(prefix="equilingua-") as scratch:
        inputs = Inputs(
            info=request.info,
            scratch=Path(scratch),
            languages=request.languages,
            options=request.options,
            progress=progress or unheard,
            reference=quality.reference,
        )
        corpus = _collected(module.pairs(inputs), inputs, quality)
    return corpus, _report(request, corpus, inputs, time.monotonic() - start)


def _collected(pairs: Iterable[Pair], inputs: Inputs, quality: Quality) -> ParallelCorpus:
    """Filter the pairs as they come, then as a whole, and keep the languages that are asked for."""
    from equilingua.corpus import quality as filters
    from equilingua.corpus.schema import ParallelCorpus

    kept = filters.each(pairs, quality, inputs.drop)
    corpus = ParallelCorpus.concat([ParallelCorpus.from_pairs(chunk) for chunk in _chunks(kept)])
    corpus = filters.together(corpus, quality, inputs.drop)
    wanted = inputs.languages
    if wanted is not None:
        found = {*corpus.languages, *inputs.counts}
        for language in sorted(wanted):
            if language not in found:
                raise unknown_name(f"language of {inputs.info.name}", language, sorted(found))
        corpus = corpus.where(languages=[language for language in corpus.languages if language in wanted])
    if not len(corpus):
        raise DataError(f"{inputs.info.name}: no pair is left of {_found(inputs)} items; the reasons: {_why(inputs)}")
    return corpus


def _chunks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    stream = iter(pairs)
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def _report(request: _Request, corpus: ParallelCorpus, inputs: Inputs, seconds: float) -> BuildReport:
    import numpy as np

    kept = dict.fromkeys(inputs.counts, 0) | {code: len(corpus.rows_of_language(code)) for code in corpus.languages}
    languages = {}
    for language in sorted(kept):
        if request.languages is None or language in request.languages:
            dropped = {reason: number for reason, number in inputs.counts[language].items() if number}
            found = kept[language] + sum(dropped.values())
            languages[language] = {"found": found, **dropped, "pairs": kept[language]}
    pairs = np.unique(np.stack([corpus.group_codes, corpus.language_codes]), axis=1)
    spread = np.bincount(np.bincount(pairs[0]))
    return BuildReport(
        name=request.info.name,
        licence=request.info.licence,
        options=request.options,
        packages=inputs.versions,
        languages=languages,
        pairs=len(corpus),
        groups=len(corpus.groups),
        groups_by_languages={count: int(groups) for count, groups in enumerate(spread) if groups},
        seconds=round(seconds, 1),
        peak_mebibytes=_peak_mebibytes(),
    )


def _read_report(path: Path) -> BuildReport:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    record["groups_by_languages"] = {int(count): groups for count, groups in record["groups_by_languages"].items()}
    return BuildReport(**record)


def _peak_mebibytes() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (2**20 if sys.platform == "darwin" else 2**10))


def _found(inputs: Inputs) -> int:
    return sum(sum(reasons.values()) for reasons in inputs.counts.values())


def _why(inputs: Inputs) -> str:
    reasons = sorted({reason for dropped in inputs.counts.values() for reason in dropped})
    return ", ".join(reasons).replace("_", " ") or "the source had none"


def _logged(stage: str, done: int, whole: int) -> None:
    _log.info("%s (%d of %d)", stage, done, whole)
