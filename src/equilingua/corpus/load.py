"""Sets and users' files by name or path."""

from __future__ import annotations

import logging
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from equilingua.corpus import identity, registry, specs
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from equilingua.corpus.formats.squad import SquadParagraph
    from equilingua.corpus.schema import ParallelCorpus

    Records: TypeAlias = Sequence[Mapping[str, Any]] | pd.DataFrame

# No name of a set has one.
_SUFFIX = re.compile(r"\.[A-Za-z]\w*($|\?)")
_log = logging.getLogger(__name__)


def load_corpus(
    source: str | Path | Records, *, split: str | None = None, languages: Iterable[str] | None = None
) -> ParallelCorpus:
    """Load parallel pairs.

    Args:
        source: a registered set, a `FORMAT:PLACE`, or the path of a file or folder of pairs (see
            `equilingua.corpus.specs`).
        split: of a set that has splits; None means all of it.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: an unknown set, split or language.
        DataError: the file cannot be read, is malformed, contradicts itself or is empty.
    """
    wanted = None if languages is None else [normalise(code) for code in languages]
    if not isinstance(source, str | Path):
        return _remarked("records", _from_records(source)).where(languages=wanted)
    if is_path(source):
        return _remarked(source, specs.load(str(source), split=split, languages=wanted))
    info = registry.find(str(source))
    if info.provision == "fetched":
        raise UsageError(f"set '{info.name}' is a benchmark of documents, not a corpus of parallel pairs")
    if split is not None and split not in info.splits:
        if not info.splits:
            raise UsageError(f"set '{info.name}' has no splits, so split '{split}' cannot be chosen")
        raise unknown_name("split", split, info.splits)
    if info.provision == "built":
        from equilingua.corpus import build

        return build.load(info.name, split=split, languages=wanted)
    from equilingua.corpus.sources import starter

    return starter.load(split).where(languages=wanted)


def _remarked(name: str | Path, corpus: ParallelCorpus) -> ParallelCorpus:
    for remark in identity.remarks(corpus):
        warn_once(f"{name}: {remark}")
    return corpus


@lru_cache(maxsize=1024)
def warn_once(message: str) -> None:
    """Log a warning about data that one command may read several times."""
    _log.warning("%s", message)


def _from_records(records: Records) -> ParallelCorpus:
    import pyarrow as pa

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.corpus.sources.files import from_records

    # A data frame of any library, where what is missing may be a NaN.
    try:
        rows = pa.table(records).to_pylist() if hasattr(records, "columns") else list(records)
    except (ValueError, pa.ArrowException) as error:
        raise DataError(f"the data frame cannot be read: {str(error).splitlines()[0]}") from error
    placed = ((f"row {number}", row) for number, row in enumerate(rows))
    corpus = ParallelCorpus.from_pairs(from_records(placed, "pairs"))
    if not len(corpus):
        raise UsageError("there are no pairs: give records with the keys group, language, query and passage")
    return corpus


def is_path(name_or_path: str | Path) -> bool:
    """Tell whether a user's file or folder, or a `FORMAT:PLACE`, is meant rather than a registered set."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or specs.is_spec(text) or os.sep in text or _SUFFIX.search(text):
        return True
    return os.path.exists(text) and text not in registry.sets()  # noqa: PTH110  (no error for whatever text)


def splits(name: str) -> tuple[str, ...]:
    """Return the splits that `load_corpus` takes for a set or a path.

    Raises:
        UsageError: there is no such set.
        DataError: a folder with splits is malformed.
    """
    return specs.splits(name) if is_path(name) else registry.find(name).splits


def training_split(name: str) -> str | None:
    """Return the split that is trained on, `train`; None for all of a set without it.

    Raises:
        UsageError, DataError: as for `splits`.
    """
    return _chosen(name, ("train",), "trained")


def measured_split(name: str) -> str | None:
    """Return the split that is measured on: the first of test, dev and validation; None for all of a set without them.

    Raises:
        UsageError, DataError: as for `splits`.
    """
    return _chosen(name, ("test", "dev", "validation"), "measured")


def _chosen(name: str, wanted: tuple[str, ...], verb: str) -> str | None:
    known = splits(name)
    chosen = next((split for split in wanted if split in known), None)
    if is_path(name) and len(known) == 1 and known[0] != wanted[0]:
        _log.warning("%s: its only split is '%s', which is %s", name, known[0], verb)
    elif is_path(name) and len(known) > 1:
        part = f"'{chosen}'" if chosen else "all"
        _log.warning("%s: of its splits %s, %s is %s; ?split= chooses", name, ", ".join(known), part, verb)
    return chosen


def load_documents(name: str, languages: Iterable[str] | None = None) -> dict[str, list[SquadParagraph]]:
    """Load the paragraphs of a set of documents with questions, by language.

    Args:
        name: `xquad-r` or `mlqa-r`.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: an unknown set, or a language that it does not have.
        DataError: a file cannot be had, differs from the registered one, or is malformed.
    """
    from equilingua.corpus import fetch
    from equilingua.corpus.formats import squad

    info = registry.find(name)
    if info.provision != "fetched":
        raise UsageError(f"set '{name}' is a corpus of parallel pairs, not of documents with questions")
    files = {Path(file.path).stem: file for file in sorted(info.files, key=lambda file: file.path)}
    chosen = list(files) if languages is None else [normalise(code) for code in languages]
    for code in chosen:
        if code not in files:
            raise unknown_name(f"language of {name}", code, files)
    return {code: squad.read(fetch.local_path(files[code])) for code in chosen}
