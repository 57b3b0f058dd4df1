"""Sets and users' files by name or path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from equilingua.corpus import registry, specs
from equilingua.errors import UsageError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.corpus.sources.squad import SquadParagraph

    Records: TypeAlias = Sequence[Mapping[str, Any]] | pd.DataFrame

SUFFIXES = (".jsonl", ".csv", ".parquet")


def load_corpus(
    source: str | Path | Records, *, split: str | None = None, languages: Iterable[str] | None = None
) -> ParallelCorpus:
    """Load parallel pairs.

    Args:
        source: a registered set, a `FORMAT:PLACE` (see `equilingua.corpus.specs`), or the path of a JSONL, CSV or
            Parquet file with the columns group, language, query, passage and, if wanted, passage_id, negatives and
            source.
        split: of a set that has splits; None means all of it.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: an unknown set, split or language.
        DataError: the file cannot be read, is malformed or is empty.
    """
    wanted = None if languages is None else [normalise(code) for code in languages]
    if not isinstance(source, str | Path):
        return _from_records(source).where(languages=wanted)
    if specs.is_spec(source):
        return specs.load(str(source), split=split, languages=wanted)
    if is_path(source):
        if split is not None:
            raise UsageError(f"{source}: a file has no splits, so split '{split}' cannot be chosen")
        from equilingua.corpus.sources import files

        return files.read(Path(source)).where(languages=wanted)
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


def _from_records(records: Records) -> ParallelCorpus:
    import pyarrow as pa

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.corpus.sources.files import pair_from

    # A data frame of any library, where what is missing may be a NaN.
    rows = pa.table(records).to_pylist() if hasattr(records, "columns") else list(records)
    corpus = ParallelCorpus.from_pairs(pair_from(row, f"row {number}", "pairs") for number, row in enumerate(rows))
    if not len(corpus):
        raise UsageError("there are no pairs: give records with the keys group, language, query and passage")
    return corpus


def is_path(name_or_path: str | Path) -> bool:
    """Tell whether a user's file is meant rather than a registered set."""
    text = str(name_or_path)
    is_file = isinstance(name_or_path, Path) or os.sep in text or Path(text).suffix.lower() in SUFFIXES
    return is_file or specs.is_spec(name_or_path)


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
    from equilingua.corpus.sources import squad

    info = registry.find(name)
    if info.provision != "fetched":
        raise UsageError(f"set '{name}' is a corpus of parallel pairs, not of documents with questions")
    files = {Path(file.path).stem: file for file in info.files}
    chosen = list(files) if languages is None else [normalise(code) for code in languages]
    for code in chosen:
        if code not in files:
            raise unknown_name(f"language of {name}", code, files)
    return {code: squad.read(fetch.local_path(files[code])) for code in chosen}
