"""Corpora told by a format and a place: `FORMAT:PLACE?option=value&…`, such as `beir:my/collection?language=de`.

| spec | what it loads |
|---|---|
| `squad:PATH?language=` | a SQuAD file, or a folder of them, one a language |
| `beir:PATH?language=&split=&parallel=yes` | a folder with corpus.jsonl, queries.jsonl and qrels/, or one a language |
| `bitext:PATH?languages=en,de` | lines with a text in each language between tabs |
| `jsonl:PATH` | all JSONL, CSV and Parquet files of pairs in a folder |
| `hub:NAME?query=&passage=&language=…` | a set of the Hugging Face hub; see `sources.hub_columns.Columns` |

Every format but `hub` also takes `source`, the name that the pairs' source and groups get; by default the place's. A
question mark belongs to the place unless options follow the last one; percent signs in values are decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from equilingua.corpus.schema import Pair, ParallelCorpus

# The options of each format; those of the hub are checked where they are used.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "beir": ("language", "split", "parallel", "source"),
    "bitext": ("languages", "source"),
    "hub": (),
    "jsonl": ("source",),
    "squad": ("language", "source"),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A corpus told by format and place.

    Attributes:
        format: a key of the table above.
        place: a path, or for `hub` the name of a set.
        options: what else was chosen.
    """

    format: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)


def is_spec(text: object) -> bool:
    """Tell whether a text begins with a known format and a colon.

    >>> is_spec("beir:my/collection"), is_spec("starter"), is_spec("C:/pairs.jsonl")
    (True, False, False)
    """
    return isinstance(text, str) and text.partition(":")[0] in _OPTIONS and ":" in text


def parse(text: str) -> Spec:
    """Take a spec apart.

    Raises:
        UsageError: an unknown format or option, an option without a value or given twice, or no place.

    >>> parse("beir:my/collection?language=de")
    Spec(format='beir', place='my/collection', options={'language': 'de'})
    """
    form, colon, rest = text.partition(":")
    if not colon or form not in _OPTIONS:
        raise unknown_name("format", form, _OPTIONS)
    place, mark, query = rest.rpartition("?") if "=" in rest.rpartition("?")[2] else (rest.removesuffix("?"), "", "")
    if not place:
        raise UsageError(f"{text}: names no {'set' if form == 'hub' else 'path'}: {form}:PLACE")
    if form == "hub" and "?" in place:
        raise UsageError(f"{text}: after the question mark come options such as query=COLUMN&passage=COLUMN")
    try:
        found = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if mark else []
    except ValueError as error:
        raise UsageError(f"{text}: after the question mark come options such as key=value&key=value") from error
    options: dict[str, str] = {}
    for key, value in found:
        if form != "hub" and key not in _OPTIONS[form]:
            raise unknown_name(f"option of {form}:", key, _OPTIONS[form])
        if key in options or not value:
            raise UsageError(f"{text}: option {key} is {'given twice' if key in options else 'empty'}")
        options[key] = value
    return Spec(form, place, options)


def load(text: str, *, split: str | None = None, languages: Iterable[str] | None = None) -> ParallelCorpus:
    """Load the corpus of a spec.

    Args:
        text: the spec.
        split: must be None: a split is chosen by an option of the spec, where the format has splits.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: the spec is malformed, or asks for a split, language or option that there is not.
        DataError: a file is missing or malformed, or there are no pairs; the message names the file and line or key.
        MissingExtraError: `hub:` without the package `datasets`.
    """
    from equilingua.corpus.schema import ParallelCorpus

    spec = parse(text)
    if split is not None:
        raise UsageError(f"{text}: choose the split in the spec, as in {spec.format}:{spec.place}?split={split}")
    wanted = None if languages is None else list(languages)
    corpus = ParallelCorpus.from_pairs(pairs(spec, wanted))
    if not len(corpus):
        raise DataError(f"{text}: there are no pairs")
    return corpus.where(languages=wanted)


def pairs(spec: Spec, languages: Iterable[str] | None = None) -> Iterator[Pair]:
    """Yield the pairs of a spec as they are read; languages matter to `hub` alone, which then reads no others.

    Raises:
        UsageError, DataError, MissingExtraError: as for `load`.
    """
    path, options = Path(spec.place).expanduser(), spec.options
    if spec.format == "hub":
        from equilingua.corpus.sources import hub_columns

        return hub_columns.pairs(hub_columns.columns(spec.place, options), languages)
    if spec.format == "beir":
        from equilingua.corpus.sources import beir

        parallel = beir.yes_or_no(options.get("parallel", "no"), f"beir:{spec.place}: parallel")
        return beir.pairs(path, *(options.get(key) for key in ("language", "split", "source")), parallel=parallel)
    if spec.format == "squad":
        from equilingua.corpus.sources import squad_folder

        return squad_folder.pairs(path, options.get("language"), options.get("source"))
    if spec.format == "bitext":
        from equilingua.corpus.sources import bitext

        return bitext.pairs(path, options.get("languages"), options.get("source"))
    from equilingua.corpus.sources import jsonl_folder

    return jsonl_folder.pairs(path, options.get("source"))
